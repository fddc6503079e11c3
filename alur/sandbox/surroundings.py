"""The variables that lead AWS's libraries and tools to a sandbox, and to nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from alur.aws_clients import SANDBOX_VARIABLE
from alur.sandbox.state import SandboxState

_HOST = "127.0.0.1"

NO_SETTINGS = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
"""What keeps AWS's libraries from the settings in this user's home, and of the machine."""

SECRET_KEY = "none"  # noqa: S105 - signatures are not looked at, only whose they are
"""The secret key of every access key."""


def environment(state: SandboxState) -> dict[str, str]:
    """What this user reaches a sandbox with."""
    return {
        "AWS_ENDPOINT_URL": state.address,
        SANDBOX_VARIABLE: state.address,
        "AWS_ACCESS_KEY_ID": state.access_key,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        **NO_SETTINGS,
        **no_proxy(),
    }


def without_aws() -> dict[str, str]:
    """This process's variables but for those that lead AWS's libraries somewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def user_cache() -> Path:
    """Return the folder for what depends on neither project nor code (https://specifications.freedesktop.org/basedir-spec/)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "alur" / "spark"


def no_proxy() -> dict[str, str]:
    """What keeps requests to this machine from the proxy, if there is one for the world outside."""
    found = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    # Python heeds an asterisk only where it stands alone.
    if found != "*" and _HOST not in found.split(","):
        found = ",".join(filter(None, (found, _HOST)))
    return {"NO_PROXY": found, "no_proxy": found}
