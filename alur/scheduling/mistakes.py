"""Suggests corrections for invalid expressions; imported only to write an error."""

from __future__ import annotations

from alur.errors import ScheduleError
from alur.scheduling.grammar import parse

_FORMS = (
    "write cron(minutes hours day-of-month month day-of-week year) or rate(value unit), "
    "as in cron(0 2 * * ? *) or rate(1 hour)"
)
_MACROS = {
    "@yearly": "cron(0 0 1 1 ? *)",
    "@annually": "cron(0 0 1 1 ? *)",
    "@monthly": "cron(0 0 1 * ? *)",
    "@weekly": "cron(0 0 ? * SUN *)",
    "@daily": "cron(0 0 * * ? *)",
    "@midnight": "cron(0 0 * * ? *)",
    "@hourly": "cron(0 * * * ? *)",
}
# crontab(5) has Sunday twice.
_UNIX_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def corrected(error: ScheduleError, text: str) -> ScheduleError:
    """Return an error about the form of an expression with a remedy: the expression probably meant.

    Args:
        text: the whole expression.

    >>> print(corrected(ScheduleError("'@daily': neither cron(...) nor rate(...)"), "@daily"))
    '@daily': neither cron(...) nor rate(...)
      fix: write cron(0 0 * * ? *)
    """
    keyword, parenthesis, rest = text.partition("(")
    if keyword in ("cron", "rate") and rest.endswith(")"):
        return ScheduleError(error.message, remedy=_from_fields(rest[:-1]))
    if not text:
        return ScheduleError("the expression is empty", remedy=_FORMS)
    if text.lower() in _MACROS:
        return ScheduleError(error.message, remedy=f"write {_MACROS[text.lower()]}")
    keyword = keyword.lower()
    if keyword == "at" and parenthesis:
        message = f"'{text}': at(...) belongs to EventBridge Scheduler; rules do not support it"
        return ScheduleError(message, remedy="name the year: cron(0 2 24 12 ? 2030)")
    if keyword.strip() in ("cron", "rate") and parenthesis:
        remedy = _suggestion(f"{keyword.strip()}({rest.strip(' )')})")
        message = f"'{text}': it must be in lower case up to '(' and end with ')'"
        return ScheduleError(message, remedy=remedy)
    remedy = _FORMS if parenthesis else _from_words(text.split())
    return ScheduleError(error.message, remedy=remedy)


def _from_fields(body: str) -> str:
    """Return a remedy for a text within ``cron(...)`` without exactly six fields."""
    if "(" in body:
        inner = body.strip()
        return _suggestion(inner if inner.endswith(")") else f"{inner})")
    return _from_words(body.split())


def _from_words(words: list[str]) -> str:
    match len(words):
        case 2:
            return _suggestion(f"rate({' '.join(words)})")
        case 5:
            return _from_unix(*words)
        case 6:
            return _suggestion(f"cron({' '.join(words)})")
        case 7:
            # Quartz writes the seconds before the rest.
            return _suggestion(f"cron({' '.join(words[1:])})")
        case _:
            return _FORMS


def _from_unix(minute: str, hour: str, day: str, month: str, weekday: str) -> str:
    by_date = f"cron({minute} {hour} {day} {month} ? *)"
    by_weekday = f"cron({minute} {hour} ? {month} {_from_unix_weekday(weekday)} *)"
    if weekday in {"*", "?"}:
        return _suggestion(by_date)
    if day in {"*", "?"}:
        return _suggestion(by_weekday)
    if _accepted(by_date) and _accepted(by_weekday):
        return (
            f"a Unix crontab fires on either day: write two schedules, {by_date} and {by_weekday}"
        )
    return _FORMS


def _from_unix_weekday(text: str) -> str:
    return ",".join(_from_unix_weekday_item(item) for item in text.split(","))


def _from_unix_weekday_item(item: str) -> str:
    span, slash, step = item.partition("/")
    first, dash, last = ("0", "-", "6") if span == "*" else span.partition("-")
    if slash:
        numbered = all(_is_unix_day(word) for word in (first, last, step)) and step != "0"
        return ",".join(_UNIX_DAYS[int(first) : int(last) + 1 : int(step)]) if numbered else item
    if first == "0" and last == "7":
        return "SUN-SAT"
    if not dash and _is_unix_day(item[:1]):
        # The suffix after the day is empty, L or #: 5L is the last Friday, 1#2 the second Monday.
        return _UNIX_DAYS[int(item[0])] + item[1:]
    return dash.join(
        _UNIX_DAYS[int(word)] if _is_unix_day(word) else word for word in (first, last)
    )


def _is_unix_day(word: str) -> bool:
    return len(word) == 1 and word in "01234567"


def _suggestion(candidate: str) -> str:
    return f"write {candidate}" if _accepted(candidate) else _FORMS


def _accepted(text: str) -> bool:
    try:
        parse(text)
    except ScheduleError:
        return False
    return True
