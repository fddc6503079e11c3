"""The example in a fresh folder, and its whole graph in a cold process."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measuring import Cost, run

_ROOT = Path(__file__).parents[1]


@contextmanager
def fresh_example() -> Iterator[Path]:
    """Yield a copy of the example without tables; delete it after the ``with`` block."""
    with tempfile.TemporaryDirectory() as folder:
        example = Path(folder) / "example_repo"
        ignored = shutil.ignore_patterns(".alur", "__pycache__")
        shutil.copytree(_ROOT / "example_repo", example, ignore=ignored)
        yield example


def run_all(example: Path, **environment: str) -> Cost:
    """Measure ``alur run --all --env local``."""
    command = [Path(sys.executable).with_name("alur"), "run", "--all", "--env", "local"]
    return run(command, example, **environment)
