"""Bucket policies as moto can tell of them."""

from __future__ import annotations

import json

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket


def extend() -> None:
    """Teaches moto, for as long as this process lives."""
    FakeBucket.get_permission = _permission_over_tls  # type: ignore[method-assign]


def _permission_over_tls(self: FakeBucket, action: str, resource: str) -> PermissionResult:
    """The bucket's policy, as it is for requests over TLS: moto passes over all conditions, and would deny everything."""
    if self.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(self.policy)
    unencrypted = {"Bool": {"aws:SecureTransport": "false"}}
    policy["Statement"] = [s for s in policy["Statement"] if s.get("Condition") != unencrypted]
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)
