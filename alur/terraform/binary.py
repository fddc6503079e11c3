"""Runs the ``terraform`` program."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alur.errors import TerraformError
from alur.terraform.changes import Plan

_OLDEST = (1, 10)
"""The first release whose S3 backend locks with a file (https://developer.hashicorp.com/terraform/language/backend/s3)."""

_PLAN_FILE = "alur.tfplan"

Report = Callable[[dict[str, Any]], None]
"""A function that receives each event of a run: https://developer.hashicorp.com/terraform/internals/machine-readable-ui."""


@dataclass(frozen=True)
class Terraform:
    """The program, run in one folder."""

    folder: Path
    report: Report = field(default=lambda event: None)

    def initialise(self) -> None:
        """Install the provider and open the state.

        Raises:
            TerraformError: the program is missing or too old, or it failed; with its reason.
        """
        _check_version()
        command = ["init", "-input=false", "-no-color"]
        # A folder with the provider, for machines without access to the registry.
        mirror = os.environ.get("ALUR_TF_PLUGIN_DIR")
        if mirror:
            command.append(f"-plugin-dir={mirror}")
        done = _captured(*command, folder=self.folder)
        if done.returncode:
            raise _failure("terraform init", done.stderr or done.stdout)

    def instances(self, address: str) -> set[str]:
        """Return the keys of a resource's instances in the state; an empty set if it has none.

        Raises:
            TerraformError: the state cannot be read.
        """
        done = _captured("state", "list", address, folder=self.folder)
        if done.returncode and "No state file was found" not in done.stderr:
            raise _failure("terraform state list", done.stderr)
        return set(re.findall(rf'^{re.escape(address)}\["(.+)"\]$', done.stdout, re.MULTILINE))

    def plan(self, *, destroy: bool = False) -> Plan:
        """Plan to apply the folder, or to destroy everything; return the plan.

        Raises:
            TerraformError: Terraform failed; with its reason.
        """
        mode = ["-destroy"] if destroy else []
        self._run("plan", "-input=false", "-json", f"-out={_PLAN_FILE}", *mode)
        done = _captured("show", "-json", _PLAN_FILE, folder=self.folder)
        if done.returncode:
            raise _failure("terraform show", done.stderr)
        return Plan.of(json.loads(done.stdout))

    def apply(self) -> None:
        """Apply the last plan; changes applied before a failure stay in the state.

        Raises:
            TerraformError: a change failed; with Terraform's reason.
        """
        try:
            self._run("apply", "-input=false", "-json", _PLAN_FILE)
        finally:
            (self.folder / _PLAN_FILE).unlink(missing_ok=True)

    def _run(self, command: str, *arguments: str) -> None:
        """Run a command with one event per line of output."""
        errors: list[str] = []
        other: list[str] = []
        with subprocess.Popen(
            ["terraform", command, *arguments],
            cwd=self.folder,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                for line in process.stdout or ():
                    self._receive(line, errors, other)
            except KeyboardInterrupt:
                # Terraform has received the signal, too: let it finish its current changes and write its state.
                process.wait()
                raise TerraformError(
                    f"terraform {command} was interrupted",
                    remedy="run the command again: it resumes where it stopped",
                ) from None
        if process.returncode:
            raise _failure(f"terraform {command}", "\n".join(errors or other))

    def _receive(self, line: str, errors: list[str], other: list[str]) -> None:
        """Report an event, and keep the text of an error; keep other lines, the only trace of a crash."""
        try:
            event = json.loads(line)
        except ValueError:
            other.append(line.rstrip())
            return
        self.report(event)
        diagnostic = event.get("diagnostic", {})
        if diagnostic.get("severity") == "error":
            address = diagnostic.get("address")
            place = f"{address}: " if address else ""
            detail = diagnostic.get("detail")
            errors.append(f"{place}{diagnostic['summary']}" + (f"\n{detail}" if detail else ""))


def _captured(*command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command with little output, and return its result with the output."""
    return subprocess.run(
        ["terraform", *command],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def _environment() -> dict[str, str]:
    """Return this process's variables, without those that change Terraform's output or questions."""
    changed = {
        name: value for name, value in os.environ.items() if not name.startswith("TF_CLI_ARGS")
    }
    return changed | {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}


def _check_version() -> None:
    if shutil.which("terraform") is None:
        raise TerraformError(
            "terraform is not on the PATH",
            remedy="install Terraform 1.10 or later: https://developer.hashicorp.com/terraform/install",
        )
    done = _captured("version", "-json")
    version = re.search(r'"terraform_version": "((\d+)\.(\d+)[^"]*)"', done.stdout)
    if version is None:
        raise _failure("terraform version", done.stderr or done.stdout)
    if (int(version[2]), int(version[3])) < _OLDEST:
        raise TerraformError(
            f"terraform {version[1]} is too old",
            remedy="install Terraform 1.10 or later: https://developer.hashicorp.com/terraform/install",
        )


_REMEDIES = {
    r"No valid credential sources|failed to refresh cached credentials|no EC2 IMDS role": (
        "provide credentials: set AWS_PROFILE, or run aws configure or aws sso login"
    ),
    r"ExpiredToken|token included in the request is expired": "get new credentials, for example with aws sso login",
    r"AWS account ID not allowed": "use the credentials of the account that alur.toml names",
    r"Error acquiring the state lock": (
        "wait until the other run has ended; if it was killed, remove its lock with terraform force-unlock"
    ),
    r"Backend configuration changed|Backend initialization required": (
        "move the state: terraform init -migrate-state in that folder, then run the command again"
    ),
    r"Failed to query available provider packages|could not connect to registry": (
        "check that this machine can reach registry.terraform.io, or set ALUR_TF_PLUGIN_DIR to a folder with the provider"
    ),
    r"NoSuchBucket|S3 bucket .* does not exist": "create the bucket that state_bucket in alur.toml names",
    r"BucketAlreadyExists|BucketAlreadyOwnedByYou": (
        "bucket names are unique in all of AWS: set account_id, or the bucket's own name, in alur.toml"
    ),
    r"AccessDenied|UnauthorizedOperation|not authorized to perform": (
        "grant these credentials what the message names"
    ),
}
"""Remedies for known messages of Terraform, its backend and its provider."""


def _failure(command: str, output: str) -> TerraformError:
    text = output.strip() or "no reason is given"
    flat = " ".join(text.split())
    known = (remedy for pattern, remedy in _REMEDIES.items() if re.search(pattern, flat))
    otherwise = "correct what it reports, and run the command again: it resumes where it stopped"
    return TerraformError(f"{command} failed:\n{text}", remedy=next(known, otherwise))
