"""Delivers events of scheduled rules to Glue workflows, as far as the rules' roles allow it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alur.errors import SandboxError
from alur.sandbox.protocol import StartedWorkflow
from alur.sandbox.server.events.events import Event
from alur.sandbox.server.iam.account_roles import AccountRoles, UnknownRole
from alur.sandbox.server.iam.policies import allows, trusts
from alur.sandbox.server.workflows.workflow_definition import NoStartTrigger, UnknownWorkflow
from alur.sandbox.server.workflows.workflow_runs import WorkflowRuns

_SERVICE = "events.amazonaws.com"
_ACTION = "glue:notifyEvent"
_REMEDY = "alur deploy --env sandbox"


class WorkflowTargets:
    """The workflows of an account as targets of rules.

    (https://docs.aws.amazon.com/glue/latest/dg/starting-workflow-eventbridge.html)
    """

    def __init__(self, roles: AccountRoles, workflows: WorkflowRuns) -> None:
        self._roles = roles
        self._workflows = workflows

    def check(self, rule: str, target: Mapping[str, Any]) -> None:
        """Raise an error if a rule cannot start its target.

        Args:
            rule: its name.
            target: EventBridge's description.

        Raises:
            SandboxError: the target is not a workflow, its role does not let EventBridge start it, or events cannot
                start it.
        """
        arn = target["Arn"]
        workflow = _workflow(arn)
        if workflow is None:
            raise SandboxError(f"the sandbox brings events to Glue workflows only, not to {arn}")
        refusal = self._refusal(target.get("RoleArn", ""), arn)
        if refusal:
            raise SandboxError(
                f"the rule {rule} cannot start {workflow}: {refusal}", remedy=_REMEDY
            )
        try:
            self._workflows.start_trigger(workflow)
        except UnknownWorkflow:
            raise _undeliverable(f"no workflow {workflow}") from None
        except NoStartTrigger:
            message = f"no trigger of the workflow {workflow} waits for events"
            raise _undeliverable(message) from None

    def deliver(self, target: Mapping[str, Any], event: Event) -> StartedWorkflow:
        """Start a checked target, and return its run."""
        workflow = _workflow(target["Arn"]) or ""
        return StartedWorkflow(workflow, self._workflows.notify(workflow, event).id)

    def _refusal(self, role_arn: str, target: str) -> str | None:
        """Return why a role does not let EventBridge start a target; None if it does."""
        name = role_arn.rpartition("/")[2]
        if not name:
            return "its target names no role"
        try:
            trust, policies = self._roles.trust_policy(name), self._roles.policies(name)
        except UnknownRole:
            return f"there is no role {name}"
        if not trusts(trust, _SERVICE, self._roles.account_id):
            return f"the role {name} does not trust {_SERVICE}"
        if not allows(policies, _ACTION, target):
            return f"the role {name} does not allow {_ACTION} on {target}"
        return None


def _workflow(arn: str) -> str | None:
    """Return the name of the workflow with an ARN; None if the ARN is not a workflow's."""
    service, _, name = arn.partition(":workflow/")
    return name if name and ":glue:" in service else None


def _undeliverable(reason: str) -> SandboxError:
    return SandboxError(f"the event cannot be delivered: {reason}", remedy=_REMEDY)
