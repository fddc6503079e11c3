"""EventBridge's schedule expressions as values."""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import islice
from typing import Literal

from alur.errors import ScheduleError
from alur.scheduling import five_field, words
from alur.scheduling.cron import Cron, from_unix, parse_cron
from alur.scheduling.five_field import FiveField
from alur.scheduling.rate import Rate, parse_rate

_MAX_LENGTH = 256
"""PutRule's limit (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html)."""


class AwsSchedule:
    """A ``cron(...)`` or ``rate(...)`` expression, and the instants (UTC) at which EventBridge fires it.

    Two are equal if they fire at the same instants.

    Attributes:
        text: the expression as it was written, without spaces around it.
        canonical: upper case, single spaces, and nothing that AWS does not document; what goes to Terraform.
        kind: ``cron`` or ``rate``.

    Raises:
        ScheduleError: EventBridge would refuse it, or it would never fire.

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
    kind: Literal["cron", "rate"]

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self._meaning: Cron | Rate
        if len(self.text) > _MAX_LENGTH:
            raise ScheduleError(
                f"the expression has {len(self.text)} characters; EventBridge takes {_MAX_LENGTH}",
                remedy="shorten it, with ranges or steps in place of lists",
            )
        kind, _, rest = self.text.partition("(")
        if kind not in ("cron", "rate") or not rest.endswith(")"):
            raise _neither(self.text)
        try:
            if kind == "cron":
                self.kind = "cron"
                self._meaning, self.canonical = parse_cron(rest[:-1])
            else:
                self.kind = "rate"
                self._meaning, self.canonical = parse_rate(rest[:-1])
        except ScheduleError as error:
            message = f"{self.text}: {error.message}"
            raise ScheduleError(message, remedy=error.remedy) from None

    def matches(self, instant: datetime) -> bool:
        """Whether it fires within the minute of an instant.

        Raises:
            ScheduleError: the instant names no time zone.
        """
        return self._meaning.matches(_utc(instant))

    def next(self, after: datetime, n: int = 1) -> list[datetime]:
        """The next ``n`` fire times strictly after an instant; fewer where the years (to 2199) end before.

        Raises:
            ScheduleError: the instant names no time zone.
        """
        return list(islice(self._meaning.after(_utc(after)), n))

    def previous(self, before: datetime, n: int = 1) -> list[datetime]:
        """The last ``n`` fire times strictly before an instant, the nearest first; fewer where 1970 comes before.

        Raises:
            ScheduleError: the instant names no time zone.
        """
        return list(islice(self._meaning.before(_utc(before)), n))

    def describe(self) -> str:
        """When it fires, in plain English."""
        if isinstance(self._meaning, Cron):
            return words.describe_cron(self._meaning)
        return words.describe_rate(self._meaning)

    @property
    def five_field(self) -> FiveField:
        """The nearest five-field cron that fires whenever this does."""
        if isinstance(self._meaning, Cron):
            return five_field.of_cron(self._meaning)
        return five_field.of_rate(self._meaning)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AwsSchedule) and self._meaning == other._meaning

    def __hash__(self) -> int:
        return hash(self._meaning)

    def __repr__(self) -> str:
        return f"AwsSchedule({self.text!r})"

    def __str__(self) -> str:
        return self.canonical


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ScheduleError(
            f"{instant.isoformat()} names no time zone",
            remedy="use datetime(..., tzinfo=timezone.utc)",
        )
    return instant.astimezone(timezone.utc)


def _neither(text: str) -> ScheduleError:
    fields = text.split()
    remedy = "write cron(0 2 * * ? *) or rate(5 minutes)"
    if len(fields) == 5 and "(" not in text:
        remedy = from_unix(fields)
    elif len(fields) == 6 and "(" not in text:
        remedy = f"write cron({text})"
    return ScheduleError(f"{text!r} is neither cron(...) nor rate(...)", remedy=remedy)
