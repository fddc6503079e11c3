"""EventBridge's schedule expressions as values."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import TYPE_CHECKING

from alur.errors import AlurError, ScheduleError
from alur.scheduling.cron import Cron
from alur.scheduling.grammar import ExpressionKind, parse
from alur.scheduling.rate import END, EPOCH, Rate

if TYPE_CHECKING:
    from alur.scheduling.five_field import FiveField

_INSTANT = timedelta(microseconds=1)


class AwsSchedule:
    """A ``cron(...)`` or ``rate(...)`` expression, and the instants (UTC) at which EventBridge fires it.

    The grammar is [EventBridge's](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html).
    Two expressions are equal if they are of one kind and each of their fields, however written, stands for the same
    values. Instants may be in any time zone, but must name one; returned instants are in UTC. A rate counts from
    1970-01-01T00:00Z, where AWS counts from the rule's creation.

    Attributes:
        text: the expression as written, without spaces around it.
        canonical: the expression for Terraform: upper case, single spaces, and only documented forms.
        kind: ``cron`` or ``rate``.

    Raises:
        ScheduleError: EventBridge would refuse the expression, or it never fires.

    >>> from datetime import datetime, timezone
    >>> from alur.scheduling import AwsSchedule
    >>> weekdays = AwsSchedule("cron(0 9 ? * mon-fri *)")
    >>> weekdays.canonical, weekdays.describe()
    ('cron(0 9 ? * MON-FRI *)', 'at 09:00 UTC Monday through Friday')
    >>> weekdays.next(datetime(2026, 11, 27, 12, tzinfo=timezone.utc))
    [datetime.datetime(2026, 11, 30, 9, 0, tzinfo=datetime.timezone.utc)]
    >>> AwsSchedule("cron(*/15 * * * ? *)") == AwsSchedule("cron(0/15 * * * ? *)")
    True
    """

    __slots__ = ("_meaning", "canonical", "kind", "text")

    text: str
    canonical: str
    kind: ExpressionKind

    def __init__(self, text: str) -> None:
        try:
            self.text, self.kind, self._meaning, self.canonical = parse(text)
        except ScheduleError as error:
            if error.remedy:
                raise
            from alur.scheduling.mistakes import corrected

            raise corrected(error, text.strip()) from None

    def matches(self, instant: datetime) -> bool:
        """Return whether the expression fires within the minute of an instant.

        Raises:
            AlurError: the instant names no time zone.
        """
        return self._meaning.matches(_utc(instant))

    def next(self, after: datetime, n: int = 1) -> list[datetime]:
        """Return the next ``n`` fire times strictly after an instant; fewer if its years end, in 2199 at the latest.

        Raises:
            AlurError: the instant names no time zone.
        """
        return list(islice(self._meaning.after(_utc(after)), n))

    def previous(self, before: datetime, n: int = 1) -> list[datetime]:
        """Return the last ``n`` fire times strictly before an instant, the nearest first; none is before 1970.

        Raises:
            AlurError: the instant names no time zone.
        """
        return list(islice(self._meaning.before(_utc(before)), n))

    def count(self, year: int, month: int) -> int:
        """Return the number of fire times within a calendar month, in UTC; 0 outside the years 1970 to 2199.

        >>> AwsSchedule("cron(0 2 ? * MON-FRI *)").count(2026, 11)
        21
        """
        return self._meaning.count(year, month) if EPOCH.year <= year < END.year else 0

    def describe(self) -> str:
        """Return the fire times in plain English."""
        from alur.scheduling import description

        if isinstance(self._meaning, Cron):
            return description.describe_cron(self._meaning)
        return description.describe_rate(self._meaning)

    @property
    def five_field(self) -> FiveField:
        """The nearest five-field cron that covers all fire times."""
        from alur.scheduling import five_field

        if isinstance(self._meaning, Cron):
            return five_field.of_cron(self._meaning)
        return five_field.of_rate(self._meaning)

    @property
    def meaning(self) -> Cron | Rate:
        """The values of each field, or the period."""
        return self._meaning

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AwsSchedule) and self._meaning == other._meaning

    def __hash__(self) -> int:
        return hash(self._meaning)

    def __repr__(self) -> str:
        return f"AwsSchedule({self.text!r})"

    def __str__(self) -> str:
        return self.canonical


def _utc(instant: datetime) -> datetime:
    """Return the instant in UTC; one outside EventBridge's years becomes their edge, where nothing fires either."""
    if instant.utcoffset() is None:
        raise AlurError(
            f"{instant.isoformat()} names no time zone",
            remedy="use datetime(..., tzinfo=timezone.utc)",
        )
    return min(max(instant, EPOCH - _INSTANT), END).astimezone(timezone.utc)
