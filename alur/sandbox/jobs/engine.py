"""A job run's engine: Sail with the emulated Glue catalog, in a process of its own that sees the job's packages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from alur.runtime.sail import SAIL_SETTINGS
from alur.sandbox.jobs.python_process import Heard, PythonProcess


class JobEngine(PythonProcess):
    """The engine of one run.

    Functions of the job that the engine calls run in it, so what they print counts as the job's own output.

    Args:
        catalog: the address and the region of the Glue catalog.
        packages: the engine's own among them.
        printed, complained: hear each line of its output.
    """

    def __init__(
        self,
        catalog: tuple[str, str],
        packages: Iterable[Path],
        environment: Mapping[str, str],
        folder: Path,
        printed: Heard,
        complained: Heard,
    ) -> None:
        self._hear_output = printed
        self._port: int | None = None
        address, region = catalog
        listed = f'type="glue", name="glue_catalog", region="{region}", endpoint_url="{address}"'
        settings = {
            "SAIL_CATALOG__LIST": f"[{{{listed}}}]",
            "SAIL_CATALOG__DEFAULT_CATALOG": "glue_catalog",
            "RUST_LOG": "warn",
            **SAIL_SETTINGS,
        }
        main = Path(__file__).with_name("engine_main.py")
        super().__init__(
            main, [], packages, {**environment, **settings}, folder, self._hear, complained
        )

    @property
    def address(self) -> str | None:
        """Where it is, for Spark Connect; None as long as it starts."""
        return None if self._port is None else f"sc://127.0.0.1:{self._port}"

    def _hear(self, line: str) -> None:
        if self._port is None and line.strip().isdigit():
            self._port = int(line)
        else:
            self._hear_output(line)
