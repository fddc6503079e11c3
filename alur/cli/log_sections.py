"""The parts of a log: what a job prints while it runs one of its pipelines, and what it prints about failures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alur.aws.logs import LogLine

_DRIVER = "[Alur Driver] "
_PIPELINE = re.compile(rf"{re.escape(_DRIVER)}Pipeline: (\w+)")
"""The driver prints this before it runs a pipeline."""

_FAILURE = "[Alur] Pipeline failed"
"""The driver prints this before the error of a failed pipeline."""


def of_pipeline(lines: Iterable[LogLine], pipeline: str | None) -> Iterator[LogLine]:
    """Yield the lines that a job with several pipelines prints while it runs one of them; all lines for None.

    Args:
        lines: of the job's output and of Spark, in the order of time.

    >>> from datetime import datetime
    >>> from alur.aws.logs import LogLine
    >>> texts = ["[Alur Driver] Pipeline: load (1 of 2)", "loading", "[Alur Driver] Pipeline: clean (2 of 2)", "cleaning"]
    >>> lines = [LogLine(datetime(2026, 11, 27), text, text) for text in texts]
    >>> [line.text for line in of_pipeline(lines, "clean")]
    ['[Alur Driver] Pipeline: clean (2 of 2)', 'cleaning']
    """
    is_its_own = pipeline is None
    for line in lines:
        if pipeline is not None and _DRIVER in line.text:
            begun = _PIPELINE.search(line.text)
            is_its_own = begun is not None and begun[1] == pipeline
        if is_its_own:
            yield line


def failures(lines: Iterable[LogLine]) -> Iterator[LogLine]:
    """Yield the lines about the errors of failed pipelines, each error with all that follows until the next pipeline.

    >>> from datetime import datetime
    >>> from alur.aws.logs import LogLine
    >>> texts = ["[Alur] Pipeline failed", "it broke", "[Alur Driver] Pipeline: clean (2 of 2)", "cleaning"]
    >>> lines = [LogLine(datetime(2026, 11, 27), text, text) for text in texts]
    >>> [line.text for line in failures(lines)]
    ['[Alur] Pipeline failed', 'it broke']
    """
    is_failure = False
    for line in lines:
        if _FAILURE in line.text:
            is_failure = True
        elif _DRIVER in line.text:
            is_failure = False
        if is_failure:
            yield line
