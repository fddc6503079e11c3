"""Measures the load of a project's definitions in Dagster, against minimal ones written by hand."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.generated import write_project
from benchmarks.measuring import Cost, Row, run

_IMPORTS = "import dagster as dg, time, resource\n"

# Builds the definitions, resolves them, and creates a code server's snapshot for the web UI.
_LOAD = (
    "from dagster._core.remote_representation.external_data import RepositorySnap\n"
    "repository = defs.get_repository_def()\n"
    "repository.load_all_definitions()\n"
    "RepositorySnap.from_def(repository)\n"
    "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
    "print(time.perf_counter() - began, peak)\n"
)

# Imports the user's modules before the clock starts: the hand-written yardstick has none.
_ALUR = (
    "from alur import Project\n"
    "from alur_dagster import build_definitions\n"
    "project = Project.load()\n"
    "began = time.perf_counter()\n"
    "defs = build_definitions(project)\n"
)

_BY_HAND = (
    "def asset(n):\n"
    "    deps = [dg.AssetKey(f'table{n - 1}')] if n % 5 else []\n"
    "    @dg.asset(name=f'table{n}', deps=deps)\n"
    "    def make(): ...\n"
    "    return make\n"
    "began = time.perf_counter()\n"
    "assets = [asset(n) for n in range(COUNT)]\n"
    "schedules = [\n"
    "    dg.ScheduleDefinition(\n"
    "        name=f'schedule{n}', cron_schedule=f'{n % 60} {n % 24} * * *', target=assets[n]\n"
    "    )\n"
    "    for n in range(COUNT)\n"
    "]\n"
    "defs = dg.Definitions(assets=assets, schedules=schedules)\n"
)


_ROUNDS = 5


def rows() -> Iterator[Row]:
    """Yield 1,000 pipelines with checks and schedules against 1,000 bare assets, and 2,000 against 1,000."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        small, large, by_hand = _best(
            (_ALUR, write_project(root / "p1000", 1_000)),
            (_ALUR, write_project(root / "p2000", 2_000)),
            (_BY_HAND.replace("COUNT", "1000"), root),
        )
    yield _row("Dagster definitions, 1,000 pipelines / 1,000 assets by hand", small, by_hand, 0.5)
    yield _row("Dagster definitions, 2,000 pipelines / 1,000 pipelines", large, small, 2.2)


def _best(*loads: tuple[str, Path]) -> list[Cost]:
    """Return the quickest of several rounds for each; rounds alternate, so a busy machine affects all alike."""
    rounds = [[_load(build, folder) for build, folder in loads] for _ in range(_ROUNDS)]
    return [min(costs, key=lambda cost: cost.seconds) for costs in zip(*rounds, strict=True)]


def _load(build: str, folder: Path) -> Cost:
    """Return the cost of one load in a separate process."""
    output = run([sys.executable, "-W", "ignore", "-c", _IMPORTS + build + _LOAD], folder).output
    seconds, peak = output.split()[-2:]
    return Cost(float(seconds), float(peak))


def _row(name: str, ours: Cost, theirs: Cost, bound: float) -> Row:
    return Row(
        name,
        ours.seconds,
        theirs.seconds,
        bound,
        peak_mib=ours.peak_mib,
        yardstick_peak_mib=theirs.peak_mib,
    )
