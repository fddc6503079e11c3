"""Converts EventBridge's expressions to five-field crons, the form accepted by Dagster.

Five fields cannot express the nearest weekday, years, or periods that do not divide the hour or the day. Such an expression
becomes a cron that fires at all of its instants and at some others, which the expression itself then rejects.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

from alur.scheduling.cron import Cron
from alur.scheduling.days import DayRule
from alur.scheduling.fields import DAYS_OF_MONTH, HOURS, MINUTES, MONTHS, YEARS, FieldKind
from alur.scheduling.rate import Rate

_DAY = 1440


@dataclass(frozen=True, slots=True)
class FiveField:
    """A five-field cron in UTC.

    Attributes:
        cron: the five fields.
        exact: whether it fires exactly when the expression does; otherwise it also fires at other times.
        note: the difference on a laptop, for people; None if there is none.
    """

    cron: str
    exact: bool
    note: str | None = None


def of_cron(cron: Cron) -> FiveField:
    """Return the five-field form of a cron expression."""
    of_month, of_week = _days(cron.days)
    fields = (
        _values(cron.minutes, MINUTES),
        _values(cron.hours, HOURS),
        of_month,
        # For a cron that ends in "29 2 *", Dagster counts 28 February and adds a day, so it skips a leap day whenever it
        # starts on the day before. It does not recognise the month by its name.
        "FEB" if cron.months == (2,) else _values(cron.months, MONTHS),
        of_week,
    )
    all_years = len(cron.years) == YEARS.size
    exact = all_years and cron.days.kind != "nearest"
    note = (
        None
        if exact
        else "ticks more often here, and skips the instants that the expression excludes"
    )
    return FiveField(" ".join(fields), exact, note)


def of_rate(rate: Rate) -> FiveField:
    """Return the five-field form of a rate, counted from 1970.

    >>> of_rate(Rate(90)).cron, of_rate(Rate(90)).exact
    ('*/30 * * * *', False)
    """
    note = "counts from 1970-01-01 00:00 UTC here; AWS counts from the rule's creation"
    # Within a day the fire times are multiples of the greatest common divisor of the period and the day.
    step = gcd(rate.minutes, _DAY)
    if step == _DAY:
        cron = "0 0 * * *"
    elif step % 60 == 0:
        cron = "0 * * * *" if step == 60 else f"0 */{step // 60} * * *"
    else:
        step = gcd(step, 60)
        cron = "* * * * *" if step == 1 else f"*/{step} * * * *"
    return FiveField(cron, exact=step == rate.minutes, note=note)


def _days(rule: DayRule) -> tuple[str, str]:
    match rule.kind:
        case "every":
            return "*", "*"
        case "month":
            return _values(rule.values, DAYS_OF_MONTH), "*"
        case "last":
            return "L", "*"
        case "nearest":
            day = rule.values[0]
            return f"{max(day - 2, 1)}-{min(day + 2, 31)}", "*"
        case "week":
            # Five-field crons count from Sunday as 0.
            days = ",".join(str(day - 1) for day in rule.values)
            return "*", days
        case "last_weekday":
            return "*", f"L{rule.values[0] - 1}"
        case "nth_weekday":
            return "*", f"{rule.values[0] - 1}#{rule.nth}"


def _values(values: tuple[int, ...], kind: FieldKind) -> str:
    """Return a field's values as ``*``, as a step from the field's beginning, or as a list."""
    if len(values) == kind.size:
        return "*"
    if len(values) > 2:
        step = values[1] - values[0]
        if values == tuple(range(values[0], values[-1] + 1, step)):
            span = f"{values[0]}-{values[-1]}"
            return span if step == 1 else f"{span}/{step}"
    return ",".join(map(str, values))
