"""Expressions described in plain English."""

from itertools import product

import pytest

from alur.scheduling.expression import AwsSchedule

WORDS = """
cron(* * * * ? *)              every minute
cron(0 * * * ? *)              every hour
cron(5 * * * ? *)              at minute 5 of every hour
cron(*/15 * * * ? *)           every 15 minutes
cron(5/15 * * * ? *)           at minutes 5, 20, 35 and 50 of every hour
cron(10-20 * * * ? *)          at minutes 10 to 20 of every hour
cron(0 2 * * ? *)              at 02:00 UTC every day
cron(30 2,14 * * ? *)          at 02:30 and 14:30 UTC every day
cron(0 0/2 * * ? *)            every 2 hours
cron(15 0/2 * * ? *)           at minute 15 of every 2nd hour from 00:00 UTC every day
cron(0 0/5 * * ? *)            at 00:00, 05:00, 10:00, 15:00 and 20:00 UTC every day
cron(0 9-17 * * ? *)           every hour from 09:00 through 17:00 UTC every day
cron(30 9-17 ? * MON-FRI *)    every hour from 09:30 through 17:30 UTC Monday through Friday
cron(0/30 20-2 ? * MON-FRI *)  every 30 minutes from 00:00 through 02:59 and from 20:00 through 23:59 UTC Monday through Friday
cron(5,7 1,5,9,12,13 * * ? *)  at minutes 5 and 7 past the hour from 01:00 through 01:59, from 05:00 through 05:59, from 09:00 through 09:59 and from 12:00 through 13:59 UTC every day
cron(0/15 9 * * ? *)           at 09:00, 09:15, 09:30 and 09:45 UTC every day
cron(0/10 9 * * ? *)           every 10 minutes from 09:00 through 09:59 UTC every day
cron(*/15 0/2 * * ? *)         every 15 minutes of every 2nd hour from 00:00 UTC every day
cron(* 5 * * ? *)              every minute from 05:00 through 05:59 UTC every day
cron(0 9 ? * MON *)            at 09:00 UTC on Monday
cron(0 9 ? * MON-FRI *)        at 09:00 UTC Monday through Friday
cron(0 9 ? * 2,4,6 *)          at 09:00 UTC on Monday, Wednesday and Friday
cron(0 9 ? * FRI-MON *)        at 09:00 UTC Friday through Monday
cron(0 9 ? * SAT,SUN *)        at 09:00 UTC on Saturday and Sunday
cron(0 9 ? * L *)              at 09:00 UTC on Saturday
cron(0 0 1 * ? *)              at 00:00 UTC on day 1 of the month
cron(0 0 1,15 * ? *)           at 00:00 UTC on days 1 and 15 of the month
cron(0 0 1-5,10 * ? *)         at 00:00 UTC on days 1 to 5 and 10 of the month
cron(0 0 L * ? *)              at 00:00 UTC on the last day of the month
cron(0 0 L 2 ? *)              at 00:00 UTC on the last day of February
cron(0 0 15W * ? *)            at 00:00 UTC on the weekday nearest day 15 of the month
cron(0 0 1W JAN ? *)           at 00:00 UTC on the weekday nearest day 1 of January
cron(0 0 ? * 6L *)             at 00:00 UTC on the last Friday of the month
cron(0 0 ? * FRIL *)           at 00:00 UTC on the last Friday of the month
cron(0 2 ? * 2#1 *)            at 02:00 UTC on the first Monday of the month
cron(0 2 ? * TUE#2 *)          at 02:00 UTC on the second Tuesday of the month
cron(0 0 ? JAN,JUL 2#5 *)      at 00:00 UTC on the fifth Monday of January and July
cron(0 0 1 1 ? *)              at 00:00 UTC on day 1 of January
cron(0 0 29 2 ? *)             at 00:00 UTC on day 29 of February
cron(0 0 * JUN-AUG ? *)        at 00:00 UTC every day in June through August
cron(0 0 * 1 ? 2027)           at 00:00 UTC every day in January in 2027
cron(0 0 1 1/3 ? *)            at 00:00 UTC on day 1 of January, April, July and October
cron(*/15 * ? * MON-FRI *)     every 15 minutes Monday through Friday (UTC)
cron(*/15 * * 1 ? *)           every 15 minutes in January (UTC)
cron(0 * 1 * ? 2027-2030)      every hour on day 1 of the month in 2027 to 2030 (UTC)
cron(0 0 1 1 ? */2)            at 00:00 UTC on day 1 of January every 2nd year from 1970 to 2198
cron(0 12 ? NOV-FEB SUN *)     at 12:00 UTC on Sunday in November through February
cron(0 0 1 1 ? 2026,2028)      at 00:00 UTC on day 1 of January in 2026 and 2028
cron(* * * * ? 2027)           every minute in 2027 (UTC)
rate(1 minute)                 every minute
rate(5 minutes)                every 5 minutes
rate(60 minutes)               every hour
rate(90 minutes)               every 90 minutes
rate(1 hour)                   every hour
rate(12 hours)                 every 12 hours
rate(1 day)                    every day
rate(7 days)                   every 7 days
"""
TABLE = [line.split("  ", 1) for line in WORDS.strip().splitlines()]


@pytest.mark.parametrize(("text", "words"), TABLE)
def test_in_words(text, words):
    assert AwsSchedule(text).describe() == words.strip()


def test_the_words_say_everything():
    """Expressions with the same description are equal."""
    said = {}
    for minute, hour, days, month, year in product(
        ("0", "5", "*", "0/15", "5/15", "15,45", "10-20", "0/7"),
        ("0", "9", "*", "0/2", "1/2", "0/12", "9-17", "20-2", "1,5,9,12,13", "0/5"),
        (
            "* {} ?",
            "1 {} ?",
            "1-5 {} ?",
            "L {} ?",
            "15W {} ?",
            "? {} 2",
            "? {} 2-6",
            "? {} 6L",
            "? {} 6#4",
        ),
        ("*", "2", "6-8", "11-2"),
        ("*", "2027", "2027-2030", "2027/2"),
    ):
        schedule = AwsSchedule(f"cron({minute} {hour} {days.format(month)} {year})")
        assert said.setdefault(schedule.describe(), schedule) == schedule
