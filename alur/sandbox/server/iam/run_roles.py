"""Restricts each job run to the permissions of its job's role."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend

from alur.sandbox.policies import allows, trusts
from alur.sandbox.server.iam.api_calls import Call
from alur.sandbox.server.jobs.process import LaunchFailed


class RunRoles:
    """The access keys of the current runs, each with its role.

    Args:
        iam: moto's account.
    """

    def __init__(self, iam: IAMBackend, account_id: str) -> None:
        self._iam = iam
        self._account_id = account_id
        self._roles: dict[str, tuple[str, Callable[[str], None]]] = {}

    @contextmanager
    def taken(self, role_arn: str, told: Callable[[str], None]) -> Iterator[str]:
        """Assume a role for a run, and yield its access key, which is invalid afterwards.

        Args:
            told: receives each refusal; clients do not show all of AWS's message.

        Raises:
            LaunchFailed: Glue may not assume the role.
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
        """Return whether a current run has this key."""
        return access_key in self._roles

    def may(self, access_key: str, call: Call) -> bool:
        """Return whether a run may make a call, without reporting a refusal."""
        name, _ = self._roles[access_key]
        return _granted(self._policies(name), call)

    def refusal(self, access_key: str, calls: list[Call]) -> str | None:
        """Report and return AWS's message for the first call that a run may not make; None if it may make all."""
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
            # The role was destroyed during the run.
            return []

    def _role(self, name: str) -> Any:
        try:
            return self._iam.get_role(name)
        except NotFoundException:
            raise LaunchFailed(f"there is no role {name}") from None


def _granted(policies: list[dict[str, Any]], call: Call) -> bool:
    # It needs no permission (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
    if call.action == "sts:GetCallerIdentity":
        return True
    return allows(policies, call.action, call.resource, call.context)


def _document(found: Any) -> dict[str, Any]:
    if isinstance(found, dict):
        return found
    text = found if found.lstrip().startswith("{") else unquote(found)
    document: dict[str, Any] = json.loads(text)
    return document
