"""A job run's engine, in a separate process with the job's packages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from alur.deployment.job_contents import CATALOG
from alur.runtime.engines.sail import SAIL_SETTINGS
from alur.sandbox.server.jobs.child_process import Heard, PythonProcess


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The environment that an engine shares with its job.

    The engine runs the job's Python functions, so their output is treated as the job's own.

    Attributes:
        address: of the emulated AWS.
        region: the region of the Glue catalog.
        packages: the folders of the job's packages.
        environment: the job's variables.
        folder: the job's working directory.
        printed, complained: receive each line of output.
    """

    address: str
    region: str
    packages: tuple[Path, ...]
    environment: Mapping[str, str]
    folder: Path
    printed: Heard
    complained: Heard


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

    def __init__(self, surroundings: Surroundings, packages: Iterable[Path]) -> None:
        self._hear_output = surroundings.printed
        self._port: int | None = None
        address, region = surroundings.address, surroundings.region
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
            [*surroundings.packages, *packages],
            {**surroundings.environment, **settings},
            surroundings.folder,
            self._hear,
            surroundings.complained,
        )

    @property
    def variables(self) -> Mapping[str, str] | None:
        """The variables that lead Spark Connect to it; None while it starts."""
        return None if self._port is None else {"SPARK_REMOTE": f"sc://127.0.0.1:{self._port}"}

    def _hear(self, line: str) -> None:
        if self._port is None and line.strip().isdigit():
            self._port = int(line)
        else:
            self._hear_output(line)
