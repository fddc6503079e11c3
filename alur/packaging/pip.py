"""Runs pip to get wheels for Glue's platform, which may differ from this machine's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from alur.packaging.glue_libraries import ABI, PLATFORMS, PYTHON
from alur.packaging.pip_failures import failure
from alur.packaging.requirements import Pin


def download(pins: Sequence[Pin], folder: Path) -> None:
    """Download the wheels of pinned distributions for Glue's platform into a folder; build none from source.

    pip's own settings choose the index.

    Raises:
        PackagingError: pip failed; with pip's reason.
    """
    requirements = folder / "requirements.txt"
    requirements.write_text("".join(map(_line, pins)), encoding="utf-8")
    # Only the most verbose output shows why an index was not read.
    command = [sys.executable, "-m", "pip", "download", "-vv", "--no-input", "--no-color"]
    command += ["--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    command += ["--implementation=cp", f"--python-version={PYTHON}", f"--abi={ABI}"]
    command += [f"--platform={platform}" for platform in PLATFORMS]
    command += ["--require-hashes"] if any(pin.hashes for pin in pins) else []
    command += [f"--requirement={requirements.name}", "--dest=."]
    # Run in that folder, where no pip.py of the project can shadow pip.
    done = subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    requirements.unlink()
    if done.returncode:
        raise failure(done.stdout)


def _line(pin: Pin) -> str:
    return " ".join((str(pin), *(f"--hash={value}" for value in pin.hashes))) + "\n"
