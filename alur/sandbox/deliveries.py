"""What became of the events of job runs: mails that AWS would have sent, and what it could not deliver."""

from __future__ import annotations

from dataclasses import dataclass

from alur.sandbox.door import ask
from alur.sandbox.state import DELIVERIES, SandboxState

MAIL_SUBJECT = "AWS Notification Message"
"""SNS's, where the publisher names none, as EventBridge does not."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a rule brought, or could not bring, to one of its targets.

    Attributes:
        time: when, in ISO 8601 and UTC.
        target: an ARN.
        message: what the target gets.
        mailed: the addresses that a topic sends it to.
        problem: why nobody gets it; empty if somebody does.
    """

    time: str
    rule: str
    target: str
    message: str
    mailed: tuple[str, ...] = ()
    problem: str = ""


def read_deliveries(state: SandboxState) -> list[Delivery]:
    """Return all deliveries since the sandbox came up, in order.

    Raises:
        SandboxError: the sandbox does not answer.
    """
    _, found = ask(state, DELIVERIES)
    return [Delivery(**one | {"mailed": tuple(one["mailed"])}) for one in found]
