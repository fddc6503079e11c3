"""Reads the deliveries of job runs' events: mails that AWS would have sent, and events it could not deliver."""

from __future__ import annotations

from dataclasses import dataclass

from alur.sandbox.door import ask
from alur.sandbox.state import DELIVERIES, SandboxState

MAIL_SUBJECT = "AWS Notification Message"
"""SNS's default subject, because EventBridge sets none."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The delivery, or failed delivery, of an event to one of a rule's targets.

    Attributes:
        time: the event's, in ISO 8601 and UTC.
        target: an ARN.
        message: the text for the target.
        mailed: the recipients of the topic's mail.
        problem: why the delivery failed; empty otherwise.
    """

    time: str
    rule: str
    target: str
    message: str
    mailed: tuple[str, ...] = ()
    problem: str = ""


def read_deliveries(state: SandboxState) -> list[Delivery]:
    """Return all deliveries since the sandbox started, in order.

    Raises:
        SandboxError: the sandbox does not answer.
    """
    _, found = ask(state, DELIVERIES)
    return [Delivery(**one | {"mailed": tuple(one["mailed"])}) for one in found]
