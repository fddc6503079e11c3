"""Temporary files are deleted with their process, even if it is killed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.child_process import child_environment

PROGRAM = """
from alur.runtime.engines.process_folder import process_folder
for _ in range(2):
    (process_folder() / "spilled").write_text("rows")
    print(process_folder(), flush=True)
    input()
"""


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a process with such a folder; return the process and its folder."""
    with ExitStack() as opened:

        def start() -> tuple[subprocess.Popen[str], Path]:
            process = opened.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", PROGRAM],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env=child_environment(TMPDIR=str(tmp_path)),
                )
            )
            opened.callback(process.kill)
            return process, Path(process.stdout.readline().rstrip())

        yield start


def test_a_process_deletes_its_folder_at_its_end(start, tmp_path):
    process, folder = start()
    assert (folder / "spilled").exists()
    process.communicate("\n\n")
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_a_process_replaces_a_folder_deleted_by_the_system(start, tmp_path):
    process, folder = start()
    shutil.rmtree(folder)
    process.stdin.write("\n")
    process.stdin.flush()
    again = Path(process.stdout.readline().rstrip())
    assert list(tmp_path.iterdir()) == [again] != [folder]
    process.communicate("\n")
    assert list(tmp_path.iterdir()) == []


def test_the_next_process_deletes_the_folders_of_killed_ones_alone(start, tmp_path):
    (tmp_path / "alur-clone").mkdir()
    (_, of_living), (killed, of_killed) = start(), start()
    killed.kill()
    killed.wait()
    assert (of_killed / "spilled").exists()
    _, of_next = start()
    assert set(tmp_path.iterdir()) == {tmp_path / "alur-clone", of_living, of_next}
    assert (of_living / "spilled").exists()
