"""The engine of a job run, as its process uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from alur.sandbox.server.jobs.child_process import LineReceiver


@dataclass(frozen=True, slots=True)
class EngineContext:
    """The parts of a run that an engine shares with its job.

    The engine runs the job's Python functions, so their output is treated as the job's own.

    Attributes:
        address: of the emulated AWS.
        region: the region of the Glue catalog.
        packages: the folders of the job's packages.
        environment: the job's variables.
        folder: the job's working directory.
        on_output, on_error: receive each line of standard output and of standard error.
    """

    address: str
    region: str
    packages: tuple[Path, ...]
    environment: Mapping[str, str]
    folder: Path
    on_output: LineReceiver
    on_error: LineReceiver


@dataclass(frozen=True, slots=True)
class StandIn:
    """A script in place of a run's own, for what the engine cannot do.

    Attributes:
        packages: the folders of further packages.
    """

    script: Path
    packages: tuple[Path, ...]


class JobEngine(Protocol):
    """The engine of one run, which ends with its context."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""

    @property
    def variables(self) -> Mapping[str, str] | None:
        """The variables that lead the job's PySpark to it; None while it starts."""
