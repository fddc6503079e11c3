"""Measures the whole proof for the example, from nothing to the comparison, with its parts."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Row, run

_ROOT = Path(__file__).parents[1]
_PARTS = {
    "[1/5]": "the sandbox starts",
    "[2/5]": "deploys by Terraform",
    "[3/5]": "fires 3 rules, which run 7 jobs",
    "[4/5]": "runs the same here",
    "[5/5]": "compares",
}


def rows() -> Iterator[Row]:
    """Yield the second run of ``alur sandbox verify``: the first one has built all that depends on code alone."""
    alur = Path(sys.executable).with_name("alur")
    command = [alur, "sandbox", "verify"]
    with tempfile.TemporaryDirectory() as folder:
        example = Path(folder) / "example_repo"
        ignored = shutil.ignore_patterns(".alur", "__pycache__")
        shutil.copytree(_ROOT / "example_repo", example, ignore=ignored)
        run(command, example)
        cost = run(command, example)
        local = run([alur, "run", "--all", "--env", "local"], example)
    yield Row(
        "alur sandbox verify, the example, end to end (s)",
        cost.seconds,
        None,
        60.0,
        peak_mib=cost.peak_mib,
    )
    yield Row("  the same / alur run --all", cost.seconds, local.seconds)
    took = re.findall(r"^(\[\d/5\]).*\n  ✓ (\d+\.\d) s", cost.output, re.MULTILINE)
    for part, seconds in took:
        yield Row(f"  {_PARTS[part]} / the whole", float(seconds), cost.seconds)
