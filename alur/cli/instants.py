"""Parses instants and periods on the command line."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import click


class Instant(click.ParamType[datetime]):
    """An ISO 8601 date or time; UTC if it has no zone."""

    name = "instant"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        """Return the instant, with its zone."""
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not an ISO 8601 time such as 2026-12-01T02:00Z", param, ctx)
        return instant if instant.tzinfo else instant.replace(tzinfo=timezone.utc)


class Period(click.ParamType[tuple[datetime, datetime]]):
    """Two instants, such as ``2026-12-01T02:00Z..2026-12-08``: from the first to just before the second."""

    name = "from..to"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[datetime, datetime]:
        """Return both instants."""
        begin, dots, end = value.partition("..")
        if not dots:
            self.fail(
                f"{value!r} is not a period such as 2026-12-01T02:00Z..2026-12-08", param, ctx
            )
        first, last = (Instant().convert(text, param, ctx) for text in (begin, end))
        if first >= last:
            self.fail(f"{value!r} ends before it begins", param, ctx)
        return first, last
