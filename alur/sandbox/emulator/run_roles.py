"""What job runs may do: what their jobs' roles allow, and nothing else."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend

from alur.sandbox.emulator.api_calls import Call
from alur.sandbox.jobs.process import LaunchFailed
from alur.sandbox.policies import allows, trusts


class RunRoles:
    """The access keys of the runs that go on, each with the role that it stands for.

    Args:
        iam: moto's account.
    """

    def __init__(self, iam: IAMBackend, account_id: str) -> None:
        self._iam = iam
        self._account_id = account_id
        self._roles: dict[str, tuple[str, Callable[[str], None]]] = {}

    @contextmanager
    def taken(self, role_arn: str, told: Callable[[str], None]) -> Iterator[str]:
        """Takes a role for a run; its access key, which is worth nothing afterwards.

        Args:
            told: hears what the run may not do; clients do not hand on all that AWS says.

        Raises:
            LaunchFailed: Glue may not take it.
        """
        name = role_arn.rpartition("/")[2]
        trust = _document(self._role(name).assume_role_policy_document)
        if not trusts(trust, "glue.amazonaws.com", self._account_id):
            raise LaunchFailed(
                f"Role {role_arn} should be given assume role permissions for Glue Service"
            )
        key = f"ASIA{secrets.token_hex(8).upper()}"
        self._roles[key] = name, told
        try:
            yield key
        finally:
            del self._roles[key]

    def knows(self, access_key: str) -> bool:
        """Whether that is the key of a run that goes on."""
        return access_key in self._roles

    def may(self, access_key: str, call: Call) -> bool:
        """Return whether a run may do something, without its being reported."""
        name, _ = self._roles[access_key]
        return _granted(self._policies(name), call)

    def refusal(self, access_key: str, calls: list[Call]) -> str | None:
        """Why a run may not do something, in AWS's words; None if it may."""
        name, told = self._roles[access_key]
        policies = self._policies(name)
        for call in calls:
            if not _granted(policies, call):
                message = (
                    f"User: arn:aws:sts::{self._account_id}:assumed-role/{name}/GlueJobRunnerSession is not "
                    f"authorized to perform: {call.action} on resource: {call.resource}"
                )
                told(message)
                return message
        return None

    def _policies(self, name: str) -> list[dict[str, Any]]:
        try:
            return [_document(text) for text in self._role(name).policies.values()]
        except LaunchFailed:
            # It has been destroyed while the run goes on.
            return []

    def _role(self, name: str) -> Any:
        try:
            return self._iam.get_role(name)
        except NotFoundException:
            raise LaunchFailed(f"there is no role {name}") from None


def _granted(policies: list[dict[str, Any]], call: Call) -> bool:
    # No permission is needed for it (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
    if call.action == "sts:GetCallerIdentity":
        return True
    return allows(policies, call.action, call.resource, call.context)


def _document(found: Any) -> dict[str, Any]:
    if isinstance(found, dict):
        return found
    text = found if found.lstrip().startswith("{") else unquote(found)
    document: dict[str, Any] = json.loads(text)
    return document
