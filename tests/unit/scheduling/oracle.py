"""The grammar again, slow and plain: does this date match, does this minute match?"""

from datetime import datetime, timedelta, timezone

from tests.unit.scheduling.generated import MONTHS, WEEKDAYS

DAY = timedelta(days=1)


def fits(value, text, low, high, names=()):
    """Return whether a field's text includes a value."""
    return any(value in spelled_out(item, low, high, names) for item in text.split(","))


def spelled_out(item, low, high, names):
    span, _, step = item.partition("/")
    first, dash, last = span.partition("-")
    begin = low if span == "*" else number(first, low, names)
    open_end = high if step or span == "*" else begin
    end = number(last, low, names) if dash else open_end
    walked, at = [begin], begin
    while at != end:
        at = low if at == high else at + 1
        walked.append(at)
    return walked[:: int(step or 1)]


def number(word, low, names):
    return names.index(word) + low if word in names else int(word)


def date_fits(date, expression):
    _, _, of_month, month, of_week, year = fields(expression)
    return (
        fits(date.year, year, 1970, 2199)
        and fits(date.month, month, 1, 12, MONTHS)
        and (of_month_fits(date, of_month) if of_week == "?" else of_week_fits(date, of_week))
    )


def of_month_fits(date, text):
    if text == "L":
        return (date + DAY).month != date.month
    if text.endswith("W"):
        return date.isoweekday() <= 5 and is_nearest(date, int(text[:-1]))
    return fits(date.day, text, 1, 31)


def is_nearest(date, day):
    """Return whether a date is the month's weekday nearest to a day, which the month must have."""
    month = [date + timedelta(days=n) for n in range(-30, 31)]
    month = [other for other in month if other.month == date.month]
    weekdays = [other for other in month if other.isoweekday() <= 5]
    return day <= len(month) and date == min(weekdays, key=lambda other: abs(other.day - day))


def of_week_fits(date, text):
    day = date.isoweekday() % 7 + 1
    if text == "L":
        return day == 7
    if "#" in text:
        wanted, nth = text.split("#")
        return day == number(wanted, 1, WEEKDAYS) and (date.day - 1) // 7 + 1 == int(nth)
    if text.endswith("L"):
        last = (date + 7 * DAY).month != date.month
        return last and day == number(text[:-1], 1, WEEKDAYS)
    return fits(day, text, 1, 7, WEEKDAYS)


def fields(expression):
    return expression.removeprefix("cron(").removesuffix(")").upper().split()


def fire_times(expression, start, end):
    """Yield every fire time of a cron expression, from ``start`` and before ``end``."""
    minutes, hours = fields(expression)[:2]
    clock = [
        (hour, minute)
        for hour in range(24)
        if fits(hour, hours, 0, 23)
        for minute in range(60)
        if fits(minute, minutes, 0, 59)
    ]
    date = start.date()
    while date <= end.date():
        if date_fits(date, expression):
            for hour, minute in clock:
                fire = datetime(date.year, date.month, date.day, hour, minute, tzinfo=timezone.utc)
                if start <= fire < end:
                    yield fire
        date += DAY
