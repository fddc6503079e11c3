"""Restricts each job run to the permissions of its job's role."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alur.sandbox.server.iam.account_roles import AccountRoles, Policy, UnknownRole
from alur.sandbox.server.iam.api_calls import Call
from alur.sandbox.server.iam.policies import allows, trusts
from alur.sandbox.server.jobs.process import LaunchFailed

_SERVICE = "glue.amazonaws.com"


@dataclass(frozen=True, slots=True)
class _Session:
    role: str
    run_id: str
    report: Callable[[str], None]


class RunRoles:
    """The access keys of the current runs, each with its role."""

    def __init__(self, roles: AccountRoles) -> None:
        self._roles = roles
        self._sessions: dict[str, _Session] = {}

    @contextmanager
    def assumed(self, role_arn: str, run_id: str, report: Callable[[str], None]) -> Iterator[str]:
        """Assume a role for a run, and yield its access key, which is invalid afterwards.

        Args:
            report: receives each refusal; clients do not show all of AWS's message.

        Raises:
            LaunchFailed: Glue may not assume the role.
        """
        name = role_arn.rpartition("/")[2]
        try:
            trust = self._roles.trust_policy(name)
        except UnknownRole:
            raise LaunchFailed(f"there is no role {name}") from None
        if not trusts(trust, _SERVICE, self._roles.account_id):
            raise LaunchFailed(
                f"Role {role_arn} should be given assume role permissions for Glue Service"
            )
        access_key = f"ASIA{secrets.token_hex(8).upper()}"
        self._sessions[access_key] = _Session(name, run_id, report)
        try:
            yield access_key
        finally:
            del self._sessions[access_key]

    def __contains__(self, access_key: str) -> bool:
        """Return whether a current run has this key."""
        return access_key in self._sessions

    def may(self, access_key: str, call: Call) -> bool:
        """Return whether a run may make a call, without reporting a refusal."""
        return _granted(self._policies(self._sessions[access_key].role), call)

    def run_of(self, access_key: str) -> str:
        """Return the id of the run with a key."""
        return self._sessions[access_key].run_id

    def refusal(self, access_key: str, calls: Iterable[Call]) -> str | None:
        """Report and return AWS's message for the first call that a run may not make; None if it may make all."""
        session = self._sessions[access_key]
        policies = self._policies(session.role)
        for call in calls:
            if not _granted(policies, call):
                user = f"arn:aws:sts::{self._roles.account_id}:assumed-role/{session.role}/GlueJobRunnerSession"
                message = (
                    f"User: {user} is not authorized to perform: {call.action} "
                    f"on resource: {call.resource}"
                )
                session.report(message)
                return message
        return None

    def _policies(self, name: str) -> list[Policy]:
        try:
            return self._roles.policies(name)
        except UnknownRole:
            # The role was destroyed during the run.
            return []


def _granted(policies: list[Policy], call: Call) -> bool:
    # It needs no permission (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
    if call.action == "sts:GetCallerIdentity":
        return True
    return allows(policies, call.action, call.resource, call.context)
