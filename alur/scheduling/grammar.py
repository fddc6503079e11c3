"""Parses the two forms of EventBridge's schedule expressions: ``cron(...)`` and ``rate(...)``."""

from __future__ import annotations

from typing import Literal, NamedTuple

from alur.errors import ScheduleError
from alur.scheduling.cron import Cron, parse_cron
from alur.scheduling.rate import Rate, parse_rate

_MAX_LENGTH = 256
"""PutRule's limit (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html)."""

ExpressionKind = Literal["cron", "rate"]


class Expression(NamedTuple):
    """A parsed expression.

    Attributes:
        text: the expression as written, without spaces around it.
        canonical: the expression as AWS documents it.
    """

    text: str
    kind: ExpressionKind
    meaning: Cron | Rate
    canonical: str


def parse(text: str) -> Expression:
    """Return the meaning of an expression.

    Raises:
        ScheduleError: EventBridge would refuse it, or it would never fire. An error about the form of the whole text has
            no remedy; :mod:`alur.scheduling.mistakes` suggests one.

    >>> parse(" rate(5 minutes) ")
    Expression(text='rate(5 minutes)', kind='rate', meaning=Rate(minutes=5), canonical='rate(5 minutes)')
    """
    text = _checked(text)
    kind, _, rest = text.partition("(")
    if kind not in ("cron", "rate") or not rest.endswith(")"):
        raise ScheduleError(f"'{text}': neither cron(...) nor rate(...)")
    try:
        expression = (
            Expression(text, "cron", *parse_cron(rest[:-1]))
            if kind == "cron"
            else Expression(text, "rate", *parse_rate(rest[:-1]))
        )
    except ScheduleError as error:
        raise error.about(text) from None
    if len(expression.canonical) > _MAX_LENGTH:
        raise _too_long(expression.canonical)
    return expression


def _checked(text: str) -> str:
    """Return the text without spaces around it, if it may be an expression."""
    if not isinstance(text, str):
        raise ScheduleError(f"an expression is a str, not {text!r}", remedy="write it in quotes")
    if not text.isascii():
        # Upper-casing would turn other letters, such as a dotless i, into those of a name.
        foreign = next(character for character in text if not character.isascii())
        raise ScheduleError(
            f"{text!r}: {foreign!r} is not an ASCII character",
            remedy="write it with ASCII characters",
        )
    stripped = text.strip()
    if len(stripped) > _MAX_LENGTH:
        raise _too_long(stripped)
    return stripped


def _too_long(text: str) -> ScheduleError:
    return ScheduleError(
        f"{text[:40]}...: the expression has {len(text)} characters; EventBridge takes {_MAX_LENGTH}",
        remedy="shorten it, with ranges or steps in place of lists",
    )
