"""The environment that a test hands to a process of its own."""

from __future__ import annotations

import os


def child_environment(**variables: str) -> dict[str, str]:
    """Return this process's variables with some more, and without those of a Spark session that is open in it.

    PySpark in the child would look for that session's server.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
    return kept | variables
