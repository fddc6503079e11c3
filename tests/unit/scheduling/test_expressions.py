"""Equal expressions, different ones, and invalid ones."""

import copy
import pickle
import random
from datetime import datetime, timezone
from pathlib import Path

import pytest

from alur.errors import ScheduleError
from alur.scheduling.expression import AwsSchedule

PAGE = Path(__file__).parents[3] / "docs/reference/schedules.md"


def table(heading):
    """Return the rows of the table below a heading of the documentation, without back-ticks."""
    section = PAGE.read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return [tuple(cell.strip().strip("`") for cell in row) for row in rows]


@pytest.mark.parametrize(("text", "problem", "remedy"), table("What is refused"))
def test_refused_with_what_is_wrong_and_what_to_do(text, problem, remedy):
    with pytest.raises(ScheduleError) as refused:
        AwsSchedule(text)
    assert refused.value.message.removeprefix(f"{text}: ").removeprefix(f"'{text}': ") == problem
    assert refused.value.remedy == remedy


@pytest.mark.parametrize(("text", "words", "soon", "five"), table("Worked expressions"))
def test_the_documented_examples(text, words, soon, five):
    schedule = AwsSchedule(text)
    (fire,) = schedule.next(datetime(2026, 11, 23, 12, tzinfo=timezone.utc))
    assert (words, soon) == (schedule.describe(), f"{fire:%Y-%m-%d %H:%M}")
    assert five.split("`")[0] == schedule.five_field.cron
    assert ("superset" in five) == (not schedule.five_field.exact)


NOWHERE = "99 100 -1 1,99 foo 0/0 5- -5 1,,2 , / */ /5 1/ 1-2-3 1/2/3 1_0 +5 ٣ ² 1.5 *,5 5,* 1,L L-3 LW 1#6"


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("field", NOWHERE.split())
def test_no_field_takes_what_no_field_may_hold(field, place):
    fields = ["0", "0", "1", "1", "?", "2030"]
    if place == 4:
        fields[2] = "?"
    fields[place] = field
    with pytest.raises(ScheduleError):
        AwsSchedule(f"cron({' '.join(fields)})")


@pytest.mark.parametrize(
    "text",
    [
        "cron(*/60 * * * ? *)",
        "cron(1/60 * * * ? *)",
        "cron(0 */24 * * ? *)",
        "cron(0 0 ? * 3#6 *)",
        "cron(0 0 ? * 3#0 *)",
        "cron(0 0 ? * 3#1,6#3 *)",
        "cron(0 0 ? * 0 *)",
        "cron(0 0 ? * 8 *)",
        "cron(0 0 ? * 6L,2L *)",
        "cron(0 0 ? * 2/2 *)",
        "cron(0 0 1W,15W * ? *)",
        "cron(0 0 1-5W * ? *)",
        "cron(0 0 32W * ? *)",
        "cron(0 0 1 1 ? 1969)",
        "cron(0 0 1 1 ? 2200)",
        "cron(0 0 31 2 ? *)",
        "cron(0 0 29 2 ? 2027)",
        "cron(0 0 29 2 ? 2100)",
        "cron(0 0 31 4,6,9,11 ? *)",
        "cron(0 0 30W 2 ? *)",
        "cron(0 0 ? 2 1#5 2027)",
        "rate(-5 minutes)",
        "rate(1.5 hours)",
        "rate(5)",
        "rate(5 5 minutes)",
        "rate(5 Minutes)",
        "rate(999999999999 days)",
    ],
)
def test_refused(text):
    with pytest.raises(ScheduleError):
        AwsSchedule(text)


@pytest.mark.parametrize("text", [None, 5, b"rate(1 day)"])
def test_only_text_is_an_expression(text):
    with pytest.raises(ScheduleError, match="an expression is a str"):
        AwsSchedule(text)


@pytest.mark.parametrize(
    "text", ["cron(0 2 ? * ſun *)", "cron(0 2 ? * frı *)", "cron(0\u00a02 * * ? *)"]
)
def test_letters_that_only_become_ascii_are_refused(text):
    with pytest.raises(ScheduleError, match="is not an ASCII character"):
        AwsSchedule(text)


def test_256_characters_are_taken_and_257_are_not():
    text = "cron(0 0 1 1 ? 2030)"
    assert AwsSchedule(text.replace(" 0 ", f" {'0' * 237} ")).canonical == text
    with pytest.raises(ScheduleError, match="257 characters; EventBridge takes 256"):
        AwsSchedule(text.replace(" 0 ", f" {'0' * 238} "))


def test_what_aws_gets_is_no_longer_than_that_either():
    steps = ",".join(f"*/{step}" for step in range(2, 58))
    with pytest.raises(ScheduleError, match="EventBridge takes 256"):
        AwsSchedule(f"cron(0 0 1 1 ? {steps})")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("  cron(0   2 * *  ?  *)\n", "cron(0 2 * * ? *)"),
        ("cron(*/15 * * * ? *)", "cron(0/15 * * * ? *)"),
        ("cron(00 02 01 01 ? 2030)", "cron(0 2 1 1 ? 2030)"),
        ("cron(0 0 ? jan,Jul mon-fri *)", "cron(0 0 ? JAN,JUL MON-FRI *)"),
        ("cron(0 0 ? NOV-FEB FRI-MON *)", "cron(0 0 ? 11,12,1,2 6,7,1,2 *)"),
        ("cron(0/30 20-2 ? * MON-FRI *)", "cron(0/30 20-2 ? * MON-FRI *)"),
        ("cron(50-10 * 30-1 * ? *)", "cron(50-59,0-10 * 30-31,1 * ? *)"),
        ("cron(0 20-2/3 * * ? *)", "cron(0 20,23,2 * * ? *)"),
        ("cron(0-15/05 5-5 * JAN-JUN/2 ? */2)", "cron(0-15/5 5 * 1-6/2 ? 1970/2)"),
        ("cron(0 0 015w * ? *)", "cron(0 0 15W * ? *)"),
        ("cron(0 0 l * ? *)", "cron(0 0 L * ? *)"),
        ("cron(0 0 ? * fril *)", "cron(0 0 ? * 6L *)"),
        ("cron(0 0 ? * tue#2 *)", "cron(0 0 ? * 3#2 *)"),
        ("rate( 5  minutes )", "rate(5 minutes)"),
        ("rate(01 hour)", "rate(1 hour)"),
    ],
)
def test_canonical(text, canonical):
    schedule = AwsSchedule(text)
    assert schedule.canonical == str(schedule) == canonical
    assert schedule.text == text.strip()
    assert schedule.kind == canonical[:4]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cron(*/15 * * * ? *)", "cron(0,15,30,45 * * * ? *)"),
        ("cron(0 0 * * ? *)", "cron(0 0 ? * * *)"),
        ("cron(0 0 1-31 * ? *)", "cron(0 0 ? * SUN-SAT *)"),
        ("cron(0 0 ? * L *)", "cron(0 0 ? * 7 *)"),
        ("cron(0 0 ? 1 FRIL *)", "cron(0 0 ? JAN 6L *)"),
        ("rate(60 minutes)", "rate(1 hour)"),
    ],
)
def test_equal(one, other):
    assert AwsSchedule(one) == AwsSchedule(other)
    assert len({AwsSchedule(one), AwsSchedule(other)}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cron(0 0 6 * ? *)", "cron(0 0 ? * 6 *)"),
        ("cron(0 0 6W * ? *)", "cron(0 0 ? * 6L *)"),
        ("cron(0 * * * ? *)", "rate(1 hour)"),
        ("rate(1 day)", "rate(25 hours)"),
    ],
)
def test_not_equal(one, other):
    assert AwsSchedule(one) != AwsSchedule(other)


def test_copies_are_equal():
    schedule = AwsSchedule("cron(0 0 ? * 3#2 *)")
    assert copy.deepcopy(schedule) == schedule
    assert pickle.loads(pickle.dumps(schedule)) == schedule
    assert repr(schedule) == "AwsSchedule('cron(0 0 ? * 3#2 *)')"


VALID = [
    "cron(0/30 20-2 ? * MON-FRI *)",
    "cron(0 0 15W JAN ? 2030-2040)",
    "cron(5,10 8-18/2 L 2 ? *)",
    "cron(0 0 ? * 3#2 *)",
    "rate(15 minutes)",
    "0 2 * * 1-5",
    "@daily",
]
GRAMMAR = "0123456789,-*/?LW# ()cronateMFAISUd\t²٣ſı"


def mutated(text, dice):
    characters = list(text)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(characters) + 1)
        characters[at : at + dice.randint(0, 2)] = dice.choices(GRAMMAR, k=dice.randint(0, 2))
    return "".join(characters)


def test_no_text_raises_anything_else():
    dice = random.Random(20261123)
    remedies = set()
    for round_ in range(100_000):
        if round_ % 3:
            text = mutated(dice.choice(VALID), dice)
        else:
            text = "".join(dice.choices(GRAMMAR, k=dice.randint(0, 40)))
            text = f"cron({text})" if round_ % 2 else text
        try:
            AwsSchedule(text)
        except ScheduleError as error:
            remedies.add(error.remedy)
    assert remedies
    assert None not in remedies
