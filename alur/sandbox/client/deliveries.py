"""Reads the deliveries of job runs' events: mails that AWS would have sent, and events it could not deliver."""

from __future__ import annotations

from alur.sandbox.client.requests import send
from alur.sandbox.protocol import DELIVERIES, Delivery
from alur.sandbox.state_file import SandboxState

MAIL_SUBJECT = "AWS Notification Message"
"""SNS's default subject, because EventBridge sets none."""


def read_deliveries(state: SandboxState) -> list[Delivery]:
    """Return all deliveries since the sandbox started, in order.

    Raises:
        SandboxError: the sandbox does not answer.
    """
    deliveries = send(state, DELIVERIES)
    return [Delivery(**one | {"mailed": tuple(one["mailed"])}) for one in deliveries]
