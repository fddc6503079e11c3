"""The requests to the sandbox's server outside AWS's API: their paths, and the types of their responses."""

from __future__ import annotations

from dataclasses import dataclass

NOTIFY = "/_alur/notify-event"
"""The path for delivering a rule's event to a workflow, which only EventBridge can do in AWS."""

DELIVERIES = "/_alur/deliveries"
"""The path for reading the deliveries of job runs' events."""


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
