"""A job run's engine on Sail, in a separate process with the job's packages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from alur.deployment.job_contents import CATALOG
from alur.runtime.engines.sail import SAIL_SETTINGS
from alur.sandbox.server.jobs.child_process import PythonProcess
from alur.sandbox.server.jobs.engines.job_engine import EngineContext


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
            Path(__file__).with_name("sail_main.py"),
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
