"""Events of every operation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Activity:
    """What an operation waits for from now on; of use only to someone who watches.

    Attributes:
        text: in a few words; empty if the wait is over.
    """

    text: str = ""


@dataclass(frozen=True, slots=True)
class StageBegun:
    """One of an operation's numbered stages begins."""

    number: int
    total: int
    title: str


@dataclass(frozen=True, slots=True)
class StageEnded:
    """A stage has ended.

    Attributes:
        seconds: its duration.
    """

    number: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Connected:
    """AWS has accepted the credentials, and they belong to the environment's account."""

    environment: str
    region: str
