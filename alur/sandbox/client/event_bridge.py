"""Plays EventBridge for schedules: finds when rules are due, checks their roles, and delivers their events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from alur.aws_clients import Clients, aws_errors
from alur.errors import SandboxError
from alur.sandbox.client.requests import ask
from alur.sandbox.events import event
from alur.sandbox.policies import allows, trusts
from alur.sandbox.protocol import NOTIFY
from alur.sandbox.state import SandboxState
from alur.scheduling.expression import AwsSchedule

_MOST_FIRINGS = 1_000
_ACTION = "glue:notifyEvent"


@dataclass(frozen=True, slots=True)
class Rule:
    """A deployed scheduled rule.

    Attributes:
        workflows: the ARNs of its targets, each with its role's ARN.
    """

    name: str
    arn: str
    expression: str
    enabled: bool
    workflows: tuple[tuple[str, str], ...]


def read_rule(clients: Clients, name: str) -> Rule:
    """Return a rule with its targets.

    Raises:
        SandboxError: the rule is not deployed.
    """
    events = clients("events")
    with aws_errors(f"the rule {name} cannot be read"):
        try:
            found = events.describe_rule(Name=name)
        except events.exceptions.ResourceNotFoundException:
            raise SandboxError(
                f"the rule {name} is not deployed", remedy="alur deploy --env sandbox"
            ) from None
        targets = events.list_targets_by_rule(Rule=name)["Targets"]
    return Rule(
        name=name,
        arn=found["Arn"],
        expression=found.get("ScheduleExpression", ""),
        enabled=found["State"] == "ENABLED",
        workflows=tuple((target["Arn"], target.get("RoleArn", "")) for target in targets),
    )


def due(rules: Iterable[Rule], begin: datetime, end: datetime) -> list[tuple[datetime, list[Rule]]]:
    """Return the instants from ``begin`` to just before ``end`` at which rules fire, in order, each with its rules.

    Rates count from ``begin``; AWS counts from the rule's creation.

    Raises:
        SandboxError: a rule fires too often in that period.
    """
    firings: dict[datetime, list[Rule]] = {}
    for rule in rules:
        for count, instant in enumerate(_instants(AwsSchedule(rule.expression), begin, end)):
            if count == _MOST_FIRINGS:
                raise SandboxError(
                    f"{rule.name} fires more than {_MOST_FIRINGS:,} times in that period",
                    remedy="choose a shorter one",
                )
            firings.setdefault(instant, []).append(rule)
    return sorted(firings.items(), key=lambda firing: firing[0])


def _instants(schedule: AwsSchedule, begin: datetime, end: datetime) -> Iterator[datetime]:
    if schedule.kind == "rate":
        first, second = schedule.next(begin, 2)
        instant = begin
        while (instant := instant + (second - first)) < end:
            yield instant
        return
    # A rule due exactly at the beginning fires.
    found = [begin] if schedule.matches(begin) and begin.second == begin.microsecond == 0 else []
    while True:
        yield from (instant for instant in found if instant < end)
        last = found[-1] if found else begin
        found = schedule.next(last, 100)
        if not found or found[0] >= end:
            return


def deliver(
    clients: Clients, state: SandboxState, rule: Rule, instant: datetime
) -> list[tuple[str, str]]:
    """Deliver a rule's event to its targets, and return each workflow with the id of the run it started.

    Raises:
        SandboxError: the event cannot be delivered; AWS would send it to the dead-letter queue.
    """
    if not rule.workflows:
        raise SandboxError(
            f"the rule {rule.name} has no target", remedy="alur deploy --env sandbox"
        )
    place = state.region, state.account_id
    scheduled = event("aws.events", "Scheduled Event", instant, place, [rule.arn])
    started = []
    for target, role in rule.workflows:
        service, _, name = target.partition(":workflow/")
        if not name or ":glue:" not in service:
            raise SandboxError(f"the sandbox brings events to Glue workflows only, not to {target}")
        refusal = _refusal(clients, role, target, state.account_id)
        if refusal:
            raise SandboxError(
                f"the rule {rule.name} cannot start {name}: {refusal}",
                remedy="alur deploy --env sandbox",
            )
        started.append((name, _notify(state, name, scheduled)))
    return started


def _notify(state: SandboxState, workflow: str, message: dict[str, Any]) -> str:
    status, found = ask(state, NOTIFY, {"workflow": workflow, "event": message})
    if status != HTTPStatus.OK:
        raise SandboxError(
            f"the event cannot be delivered: {found['error']}", remedy="alur deploy --env sandbox"
        )
    run_id: str = found["run"]
    return run_id


def _refusal(clients: Clients, role_arn: str, target: str, account_id: str) -> str | None:
    """Return why EventBridge may not notify a target; None if it may.

    (https://docs.aws.amazon.com/glue/latest/dg/starting-workflow-eventbridge.html)
    """
    name = role_arn.rpartition("/")[2]
    if not name:
        return "its target names no role"
    iam = clients("iam")
    with aws_errors(f"the role {name} cannot be read"):
        try:
            trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        except iam.exceptions.NoSuchEntityException:
            return f"there is no role {name}"
        names = iam.list_role_policies(RoleName=name)["PolicyNames"]
        policies = [
            iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in names
        ]
    if not trusts(trust, "events.amazonaws.com", account_id):
        return f"the role {name} does not trust events.amazonaws.com"
    if not allows(policies, _ACTION, target):
        return f"the role {name} does not allow {_ACTION} on {target}"
    return None
