"""The texts of all events and results."""

from alur.cli.event_text import (  # noqa: F401 - each adds its texts
    deploying,
    environments,
    firing,
    maintaining,
    running,
    status,
    verifying,
)
from alur.cli.event_text.dispatch import show

__all__ = ["show"]
