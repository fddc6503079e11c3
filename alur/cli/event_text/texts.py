"""The texts of all events and results."""

from alur.cli.event_text import deploying, firing, maintaining, running, status, verifying  # noqa: F401 - each adds its texts
from alur.cli.event_text.dispatch import show

__all__ = ["show"]
