"""Points in time on the command line."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import click


class Instant(click.ParamType[datetime]):
    """An ISO 8601 date or time; UTC where it names no zone."""

    name = "instant"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        """The instant that a text names."""
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not an ISO 8601 time such as 2026-12-01T02:00Z", param, ctx)
        return instant if instant.tzinfo else instant.replace(tzinfo=timezone.utc)


class Period(click.ParamType[tuple[datetime, datetime]]):
    """Two instants, such as ``2026-12-01T02:00Z..2026-12-08``: from the first to just before the second."""

    name = "from..to"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[datetime, datetime]:
        """The instants that a text names."""
        begin, dots, end = value.partition("..")
        if not dots:
            self.fail(
                f"{value!r} is not a period such as 2026-12-01T02:00Z..2026-12-08", param, ctx
            )
        first, last = (Instant().convert(text, param, ctx) for text in (begin, end))
        if first >= last:
            self.fail(f"{value!r} ends before it begins", param, ctx)
        return first, last
