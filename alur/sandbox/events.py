"""Events in EventBridge's form.

(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html)
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any


def event(
    source: str,
    kind: str,
    instant: datetime,
    place: tuple[str, str],
    resources: Sequence[str] = (),
    detail: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return an event.

    Args:
        source: the service, such as ``aws.glue``.
        kind: its detail type.
        place: region and account.
        resources: ARNs.
    """
    region, account_id = place
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": kind,
        "source": source,
        "account": account_id,
        "time": instant.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [*resources],
        "detail": dict(detail or {}),
    }
