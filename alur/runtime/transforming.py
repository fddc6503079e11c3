"""Calls a pipeline's function, and explains failures of the function or the engine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pyspark.errors import AnalysisException, PySparkException, PythonException

from alur.analysis.findings import Finding
from alur.analysis.limits import MARK
from alur.errors import EngineError, RunError, TransformError
from alur.pipelines.pipeline import Pipeline
from alur.project.loading import user_line
from alur.runtime.engines.errors import reason
from alur.runtime.engines.requests import Observer
from alur.runtime.engines.watching import NotCertified, Watch, watched
from alur.runtime.exits import ENDS, Interrupted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_STORAGE = re.compile("No space left|File too large|Read-only file system|Permission denied|quota")
"""Errors of the operating system in messages of engines."""
_DAMAGE = re.compile(
    r"(?i)corrupt|parquet|thrift|decompress|zstd|unexpected (eof|end)|is not a valid|page header"
    r"|invalid utf-8 sequence"
)
"""Engines' messages about damaged data files."""


class PlanCall(Observer, Protocol):
    """The call of a function whose plan is to be read."""

    def reading(self, root: Path) -> AbstractContextManager[None]:
        """Record the files that the function reads meanwhile."""

    def read(self, frames: Mapping[str, DataFrame], returned: DataFrame) -> None:
        """Read the plan of the returned frame; exceptions stay within."""


class PlanReader(Protocol):
    """Knows what the plans of pipelines mean."""

    def fingerprint(self, pipeline: Pipeline) -> str | None:
        """Return the fingerprint that a run of a pipeline records; None if it is not known yet."""

    def call_of(self, pipeline: Pipeline) -> PlanCall:
        """Return an observer for the call of a function."""


def transformed(
    pipeline: Pipeline,
    frames: Mapping[str, DataFrame],
    root: Path,
    *,
    only_certified: bool,
    plans: PlanReader | None,
) -> tuple[DataFrame, Sequence[Finding]]:
    """Return the frame of a pipeline's function, and the findings where rows may differ from Spark's.

    Args:
        root: the project's folder; errors point at its lines.
        only_certified: whether to stop at a finding.
        plans: reads the plan.

    Raises:
        TransformError: the function raised, did not return a DataFrame, or names a missing column.
        NotCertified: rows may differ from Spark's.
    """
    call = plans.call_of(pipeline) if plans else None
    reading = call.reading(root) if call else nullcontext()
    with watched(frames, root, stops=only_certified, also=call) as watch, reading:
        frame = called(pipeline, frames, root, watch)
    if call:
        call.read(frames, frame)
    return checked(frame, pipeline, watch), watch.findings


def called(
    pipeline: Pipeline, frames: Mapping[str, DataFrame], root: Path, watch: Watch
) -> DataFrame:
    """Return the frame of a pipeline's function, while a watch is on.

    Raises:
        TransformError: the function raised, did not return a DataFrame, or names a missing column.
        NotCertified: rows may differ from Spark's, and the watch stops there.
    """
    try:
        return _called(pipeline, frames, root)
    except TransformError as error:
        if isinstance(error.__cause__, AnalysisException) and watch.unresolved:
            raise _unresolved(pipeline, watch.unresolved) from error.__cause__
        if watch.stops and isinstance(error.__cause__, PySparkException):
            watch.refused(error.__cause__)
        raise


def checked(frame: DataFrame, pipeline: Pipeline, watch: Watch) -> DataFrame:
    """Return the frame to run in place of a function's, once the watch is over.

    Raises:
        TransformError: it names a missing column.
        NotCertified: rows may differ from Spark's, and the watch stops there.
    """
    try:
        return watch.check(frame)
    except AnalysisException as error:
        if watch.unresolved is None:
            raise
        raise _unresolved(pipeline, watch.unresolved) from error


def _unresolved(pipeline: Pipeline, finding: Finding) -> TransformError:
    return TransformError(
        f"{pipeline.name}: {finding.subject} {finding.reason}",
        where=finding.where or pipeline.location,
        remedy=finding.remedy,
    )


def _called(pipeline: Pipeline, frames: Mapping[str, DataFrame], root: Path) -> DataFrame:
    try:
        frame = pipeline(**frames)
    except Interrupted:
        raise
    except (Exception, *ENDS) as error:
        where = user_line(error, root) or pipeline.location
        raise TransformError(
            f"{pipeline.name} raised {_named(error)}",
            where=where,
            remedy="correct the line; alur --debug run shows the whole traceback",
        ) from error
    if not hasattr(frame, "sparkSession"):
        raise TransformError(
            f"{pipeline.name} returned {_kind(frame)}, not a Spark DataFrame",
            where=pipeline.location,
            remedy="return the target's rows as a DataFrame",
        )
    return frame


def stopped(pipeline: Pipeline, error: Exception) -> RunError:
    """Convert an error of an engine or a disk into a RunError."""
    if isinstance(error, OSError) or _STORAGE.search(str(error)):
        return EngineError(
            f"{pipeline.name}: files cannot be read or written: {reason(error)}",
            where=pipeline.location,
            remedy="check that the disk has space, and that the project's folder is writable",
        )
    if _is_damage(error):
        return EngineError(
            f"{pipeline.name}: data files cannot be read: {reason(error)}",
            where=pipeline.location,
            remedy="a file of a source may be damaged: restore it from a backup, or rebuild its table",
        )
    if MARK in str(error):
        return TransformError(
            f"{pipeline.name}: {reason(error)}",
            where=pipeline.location,
            remedy='run it on Spark: set engine = "auto" in alur.toml, or use --engine spark in the sandbox',
        )
    return TransformError(
        f"{pipeline.name}: {_kind_of(error)}: {reason(error)}",
        where=pipeline.location,
        remedy="correct the function's expressions; alur --debug run shows the engine's full message",
    )


def fails_on_sail(error: Exception) -> NotCertified | None:
    """Return why a certified plan must run on Spark after all; None if Spark would fail, too."""
    text = str(error)
    if isinstance(error, PySparkException) and MARK in text:
        return NotCertified([Finding("the run", reason(error))])
    users = isinstance(error, PythonException | AnalysisException)
    of_engine = isinstance(error, PySparkException) and not users
    if not of_engine or _STORAGE.search(text) or _is_damage(error) or "Traceback" in text:
        return None
    return NotCertified([Finding("the run", f"Sail fails: {reason(error)}")])


def _kind_of(error: Exception) -> str:
    if isinstance(error, PySparkException):
        return type(error).__name__
    # Spark's JVM wraps a Python function's exception once per stage.
    return "PythonException" if "PythonException: " in str(error) else "the engine failed"


def _named(error: BaseException) -> str:
    kind, text = type(error).__name__, reason(error)
    return kind if text == kind else f"{kind}: {text}"


def _is_damage(error: Exception) -> bool:
    """Return whether an engine could not read a file through no fault of the user's code or its plan."""
    text = str(error)
    users = isinstance(error, AnalysisException) or "Traceback (most recent call last)" in text
    return not users and bool(_DAMAGE.search(text))


def _kind(value: object) -> str:
    return "nothing (is there a return?)" if value is None else f"a {type(value).__name__}"
