"""What a run of a job with several pipelines leaves in its temporary location: how each of them ended, for people.

No run decides by it: a repeated run finds in the tables' commits what an earlier attempt has written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from alur.aws_clients import Clients, aws_errors
from alur.runtime.s3_location import S3Location

PipelineState = Literal["SUCCEEDED", "FAILED", "SKIPPED"]


@dataclass(frozen=True, slots=True)
class PipelineOutcome:
    """How one pipeline ended.

    Attributes:
        message: why it failed or was skipped, in one line; empty otherwise.
        because_of: the failed pipeline that a skipped one waits for; empty otherwise.
        started: when, in UTC; for a skipped one, when that was decided.
    """

    pipeline: str
    state: PipelineState
    message: str
    because_of: str
    started: datetime
    ended: datetime


def place_of_outcomes(temporary: S3Location, run_id: str) -> tuple[str, str]:
    """Return the bucket and the key of a run's outcomes.

    >>> place_of_outcomes(S3Location("bucket", "temp/"), "jr_1")
    ('bucket', 'temp/pipelines/jr_1.json')
    """
    return temporary.bucket, f"{temporary.below('pipelines').prefix}{run_id}.json"


def outcomes_text(outcomes: Iterable[PipelineOutcome]) -> str:
    """Return outcomes as JSON."""
    return json.dumps([asdict(outcome) for outcome in outcomes], default=datetime.isoformat)


def parsed_outcomes(text: str | bytes) -> tuple[PipelineOutcome, ...]:
    """Return outcomes from JSON.

    >>> from datetime import timezone
    >>> now = datetime(2026, 11, 27, 2, 0, tzinfo=timezone.utc)
    >>> outcome = PipelineOutcome("load", "SUCCEEDED", "", "", now, now)
    >>> parsed_outcomes(outcomes_text([outcome])) == (outcome,)
    True
    """
    return tuple(
        PipelineOutcome(
            pipeline=one["pipeline"],
            state=one["state"],
            message=one["message"],
            because_of=one["because_of"],
            started=datetime.fromisoformat(one["started"]),
            ended=datetime.fromisoformat(one["ended"]),
        )
        for one in json.loads(text)
    )


def read_outcomes(
    clients: Clients, temporary: S3Location, run_id: str
) -> tuple[PipelineOutcome, ...]:
    """Return how the pipelines of a run ended, in order; those that had not ended when the run was killed are left out.

    Raises:
        AwsError: AWS cannot be queried.
    """
    bucket, key = place_of_outcomes(temporary, run_id)
    s3 = clients("s3")
    with aws_errors(f"the outcomes s3://{bucket}/{key} cannot be read"):
        try:
            content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            return ()
    return parsed_outcomes(content)
