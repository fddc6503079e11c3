"""The requests to the sandbox's server outside AWS's API: their paths, and the types of their responses.

Requests and responses are JSON; instants are in ISO 8601. A refused request has the status 400, and a response of
problems, each a message with its remedy or null.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

DUE = "/_alur/due"
"""Answers ``{"rules", "begin", "end"}`` with the instants at which rules are due, each with the rules' names."""

FIRE = "/_alur/fire"
"""Answers ``{"rule", "instant", "even_if_disabled"}`` with the started workflows."""

DELIVERIES = "/_alur/deliveries"
"""Answers with the deliveries of job runs' events, in order."""

REQUESTS = "/_alur/requests"
"""Answers with the numbers of each job run's requests of S3, by the run's id."""


class StartedWorkflow(NamedTuple):
    """A workflow, and the id of the run that a rule started."""

    workflow: str
    run_id: str


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


@dataclass(slots=True)
class S3Requests:
    """The number of a job run's requests of S3, and the bytes of objects in them.

    Attributes:
        get: requests that read an object, or its size alone.
        put: requests that write an object, or a part of one.
        delete: requests that delete objects.
        list: requests that list objects.
    """

    get: int = 0
    put: int = 0
    delete: int = 0
    list: int = 0
    bytes_downloaded: int = 0
    bytes_uploaded: int = 0
