"""A job run's engine, in a process of its own that sees the job's packages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from alur.deployment.job_contents import CATALOG
from alur.runtime.engines.sail import SAIL_SETTINGS
from alur.sandbox.jobs.child_process import Heard, PythonProcess


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an engine shares with its job.

    Functions of the job that the engine calls run in it, so what they print is heard as the job's own output is.

    Attributes:
        address: where the emulated AWS is.
        region: the region of the Glue catalog.
        packages: the folders of the job's packages.
        environment: the job's variables.
        folder: where the job works.
        printed, complained: hear each line of output.
    """

    address: str
    region: str
    packages: tuple[Path, ...]
    environment: Mapping[str, str]
    folder: Path
    printed: Heard
    complained: Heard


class JobEngine(Protocol):
    """The engine of one run; as a context manager, it is gone at the end."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...

    @property
    def code(self) -> int | None:
        """Its exit code; None as long as it goes on."""

    @property
    def variables(self) -> Mapping[str, str] | None:
        """What leads the job's PySpark to it; None as long as it starts."""


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
        """What leads Spark Connect to it; None as long as it starts."""
        return None if self._port is None else {"SPARK_REMOTE": f"sc://127.0.0.1:{self._port}"}

    def _hear(self, line: str) -> None:
        if self._port is None and line.strip().isdigit():
            self._port = int(line)
        else:
            self._hear_output(line)
