"""The environment of a test's child process."""

from __future__ import annotations

import os


def child_environment(**variables: str) -> dict[str, str]:
    """Return this process's variables with some more, and without those of an open Spark session.

    With these, PySpark in the child would look for the session's server.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
    return kept | variables
