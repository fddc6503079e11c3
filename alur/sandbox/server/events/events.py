"""Builds events in EventBridge's form.

(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html)
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from alur.sandbox.server.account_region import AccountRegion
from alur.sandbox.server.jobs.job_run import EmulatedJobRun

Event = Mapping[str, Any]

_SEVERITIES = {"FAILED": "ERROR", "ERROR": "ERROR", "TIMEOUT": "WARN"}
_MESSAGES = {
    "SUCCEEDED": "Job run succeeded",
    "TIMEOUT": "Job run timed out",
    "STOPPED": "Job run stopped",
}


def scheduled_event(rule_arn: str, instant: datetime, account_region: AccountRegion) -> Event:
    """Return the event of a scheduled rule that is due."""
    return _event("aws.events", "Scheduled Event", instant, account_region, [rule_arn], {})


def job_event(run: EmulatedJobRun, account_region: AccountRegion) -> Event:
    """Return the event of the end of a job's run.

    (https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-glue.html)
    """
    detail = {
        "jobName": run.job,
        "severity": _SEVERITIES.get(run.state, "INFO"),
        "state": run.state,
        "jobRunId": run.id,
        "message": _MESSAGES.get(run.state, run.message),
    }
    now = datetime.now(timezone.utc)
    return _event("aws.glue", "Glue Job State Change", now, account_region, [], detail)


def _event(
    source: str,
    detail_type: str,
    instant: datetime,
    account_region: AccountRegion,
    resources: Sequence[str],
    detail: Mapping[str, Any],
) -> Event:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account_region.account_id,
        "time": instant.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": account_region.region,
        "resources": [*resources],
        "detail": detail,
    }
