"""Measures the generation of a project's Terraform files."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.generated import write_project
from benchmarks.measuring import Cost, Row, run

_ROUNDS = 3

# Imports the user's modules before the clock starts.
_GENERATE = """
import time, resource
from pathlib import Path
from alur import Project
project = Project.load()
began = time.perf_counter()
from alur.deployment.planning import plan
from alur.deployment.resources import Code
from alur.terraform.folder import TerraformFolder
from alur.terraform.rendering import render
deployment = plan(project, project.environment("dev"))
files = render(deployment.with_code(Code("code.gluewheels.zip", "abc")), "terraform.tfstate")
for name in TerraformFolder(Path("out")).write(files, {}):
    pass
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def rows() -> Iterator[Row]:
    """Yield the time from a loaded project to files: 1,000 pipelines in seconds, and 10,000 against 1,000."""
    with tempfile.TemporaryDirectory() as folder:
        projects = [write_project(Path(folder) / f"p{n}", n) for n in (1_000, 10_000)]
        small, large = _best(projects)
    yield Row(
        "Terraform files of 1,000 pipelines, beyond loading (s)",
        small.seconds,
        None,
        2.0,
        peak_mib=small.peak_mib,
    )
    yield Row(
        "Terraform files, 10,000 pipelines / 1,000 pipelines",
        large.seconds,
        small.seconds,
        11.0,
        peak_mib=large.peak_mib,
        yardstick_peak_mib=small.peak_mib,
    )


def _best(projects: Sequence[Path]) -> list[Cost]:
    """Return the quickest of several rounds for each; rounds alternate, so a busy machine affects all alike."""
    rounds = [[_generate(project) for project in projects] for _ in range(_ROUNDS)]
    return [min(costs, key=lambda cost: cost.seconds) for costs in zip(*rounds, strict=True)]


def _generate(project: Path) -> Cost:
    """Return the cost of one generation in a separate process."""
    seconds, peak = run([sys.executable, "-c", _GENERATE], project).output.split()
    return Cost(float(seconds), float(peak))
