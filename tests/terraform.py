"""The real Terraform with the real AWS provider, for tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

needs_terraform = pytest.mark.skipif(
    shutil.which("terraform") is None, reason="terraform is not on the PATH"
)

needs_provider = pytest.mark.skipif(
    shutil.which("terraform") is None or not os.environ.get("ALUR_TF_PLUGIN_DIR"),
    reason="terraform is not on the PATH, or ALUR_TF_PLUGIN_DIR names no folder with the AWS provider",
)


OVERRIDE = """\
provider "aws" {
  s3_use_path_style = true
  max_retries       = 10
}
"""
"""Settings for an emulated AWS in addition to its address: buckets have no host names. As in AWS, lost requests are
repeated."""


@pytest.fixture
def terraform(monkeypatch: pytest.MonkeyPatch):
    """Return a function that runs Terraform in a folder, and returns its output if it succeeds."""
    monkeypatch.setenv("CHECKPOINT_DISABLE", "1")
    monkeypatch.delenv("TF_CLI_CONFIG_FILE", raising=False)

    def run(folder: Path, *arguments: str) -> str:
        done = subprocess.run(
            ["terraform", *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
