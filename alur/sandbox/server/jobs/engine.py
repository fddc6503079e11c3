"""A job run's engine, in a separate process with the job's packages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from alur.deployment.job_contents import CATALOG
from alur.runtime.engines.sail import SAIL_SETTINGS
from alur.sandbox.server.jobs.child_process import LineReceiver, PythonProcess


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


class SailEngine(PythonProcess):
    """Sail with the emulated Glue catalog.

    Args:
        packages: the engine's own.
    """

    def __init__(self, context: EngineContext, packages: Iterable[Path]) -> None:
        self._on_output = context.on_output
        self._port: int | None = None
        address, region = context.address, context.region
        listed = f'type="glue", name="{CATALOG}", region="{region}", endpoint_url="{address}"'
        settings = {
            "SAIL_CATALOG__LIST": f"[{{{listed}}}]",
            "SAIL_CATALOG__DEFAULT_CATALOG": CATALOG,
            "RUST_LOG": "warn",
            **SAIL_SETTINGS,
        }
        super().__init__(
            Path(__file__).with_name("engine_main.py"),
            [],
            [*context.packages, *packages],
            {**context.environment, **settings},
            context.folder,
            self._receive,
            context.on_error,
        )

    @property
    def variables(self) -> Mapping[str, str] | None:
        """The variables that lead Spark Connect to it; None while it starts."""
        return None if self._port is None else {"SPARK_REMOTE": f"sc://127.0.0.1:{self._port}"}

    def _receive(self, line: str) -> None:
        if self._port is None and line.strip().isdigit():
            self._port = int(line)
        else:
            self._on_output(line)
