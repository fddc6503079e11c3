"""Bucket policies as far as moto can evaluate them."""

from __future__ import annotations

import json

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket


def extend() -> None:
    """Patch moto for the life of this process."""
    FakeBucket.get_permission = _permission_over_tls  # type: ignore[method-assign]


def _permission_over_tls(self: FakeBucket, action: str, resource: str) -> PermissionResult:
    """Return what the bucket's policy permits over TLS; moto ignores conditions, and would deny every request."""
    if self.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(self.policy)
    unencrypted = {"Bool": {"aws:SecureTransport": "false"}}
    policy["Statement"] = [s for s in policy["Statement"] if s.get("Condition") != unencrypted]
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)
