"""The variables that lead AWS's libraries and tools to a sandbox alone."""

from __future__ import annotations

import os
from pathlib import Path

from alur.aws_clients import SANDBOX_VARIABLE
from alur.sandbox.state_file import SandboxState

_HOST = "127.0.0.1"

NO_SETTINGS = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
"""The variables that keep AWS's libraries from the settings of this user and this machine."""

SECRET_KEY = "none"  # noqa: S105 - only the access key of a signature is read
"""The secret key of every access key."""


def environment(state: SandboxState) -> dict[str, str]:
    """Return the variables with which this user reaches a sandbox."""
    return {
        "AWS_ENDPOINT_URL": state.address,
        SANDBOX_VARIABLE: state.address,
        "AWS_ACCESS_KEY_ID": state.access_key,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        **NO_SETTINGS,
        **no_proxy(),
    }


def without_aws() -> dict[str, str]:
    """Return this process's variables without those for AWS's libraries."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def user_cache() -> Path:
    """Return the folder for files independent of project and code.

    (https://specifications.freedesktop.org/basedir-spec/)
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "alur" / "spark"


def no_proxy() -> dict[str, str]:
    """Return variables that exempt this machine from any proxy, and keep the user's own exemptions."""
    hosts = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    # Python recognizes an asterisk only on its own.
    if hosts != "*" and _HOST not in hosts.split(","):
        hosts = ",".join(filter(None, (hosts, _HOST)))
    return {"NO_PROXY": hosts, "no_proxy": hosts}
