"""Rules of schedules in the sandbox's server: when they are due, what they start, and what refuses their events."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from alur.aws_clients import Clients
from alur.errors import SandboxError
from alur.sandbox.client.event_bridge import EventBridge, ScheduleRule
from tests.gateway import ACCOUNT_ID, REGION

INSTANT = datetime(2026, 12, 1, 2, tzinfo=timezone.utc)
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/start"
WORKFLOW = f"arn:aws:glue:{REGION}:{ACCOUNT_ID}:workflow/nightly"
TRUST = {
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Principal": {"Service": "events.amazonaws.com"},
}
MAY_START = {"Effect": "Allow", "Action": "glue:notifyEvent", "Resource": WORKFLOW}


class Nightly:
    """A rule whose role may start a workflow of one job."""

    def __init__(self, account):
        self.stage = account.stage
        self.events, self.glue = account.client("events"), account.client("glue")
        self.iam = account.client("iam")
        clients = Clients(REGION)
        clients._clients["events"] = self.events
        self.event_bridge = EventBridge(clients, account.state)
        self.iam.create_role(RoleName="start", AssumeRolePolicyDocument=document(TRUST))
        self.permit(MAY_START)
        self.workflow("EVENT")
        self.events.put_rule(Name="nightly", ScheduleExpression="cron(0 2 * * ? *)")
        self.target()

    def permit(self, *statements):
        self.iam.put_role_policy(
            RoleName="start", PolicyName="start", PolicyDocument=document(*statements)
        )

    def workflow(self, trigger_type):
        self.glue.create_workflow(Name="nightly")
        self.glue.create_trigger(
            Name="first", WorkflowName="nightly", Type=trigger_type, Actions=[{"JobName": "load"}]
        )

    def target(self, arn=WORKFLOW, target_id="workflow", role=ROLE):
        described = {"Id": target_id, "Arn": arn} | ({"RoleArn": role} if role else {})
        answer = self.events.put_targets(Rule="nightly", Targets=[described])
        assert answer["FailedEntryCount"] == 0

    def fire(self, **more):
        return self.event_bridge.fire("nightly", INSTANT, **more)

    def refusal(self, **more):
        """Fire, and return the error; no job may have started."""
        with pytest.raises(SandboxError) as error:
            self.fire(**more)
        assert self.stage.runs.of("load") == []
        return str(error.value)


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def nightly(account):
    return Nightly(account)


def test_a_rule_starts_its_workflow(nightly):
    assert nightly.event_bridge.rule("nightly") == ScheduleRule(
        "nightly", "cron(0 2 * * ? *)", True
    )
    ((workflow, run_id),) = nightly.fire()
    run = nightly.stage.wait_for_begin()
    assert (workflow, run.job) == ("nightly", "load")
    assert (run.started_by.trigger, run.started_by.workflow_run_id) == ("first", run_id)
    nightly.stage.end(run)


def test_rules_that_are_due(nightly):
    nightly.events.put_rule(Name="hourly", ScheduleExpression="rate(1 hour)", State="DISABLED")
    rules = [nightly.event_bridge.rule(name) for name in ("nightly", "hourly")]
    assert [rule.enabled for rule in rules] == [True, False]
    end = INSTANT + timedelta(hours=2)
    assert nightly.event_bridge.due(rules, INSTANT, end) == [
        (INSTANT, [rules[0]]),
        (INSTANT + timedelta(hours=1), [rules[1]]),
    ]
    nightly.events.put_rule(Name="often", ScheduleExpression="rate(1 minute)")
    often = nightly.event_bridge.rule("often")
    with pytest.raises(SandboxError, match="often fires more than 1,000 times in that period"):
        nightly.event_bridge.due([often], INSTANT, INSTANT + timedelta(days=1))


def test_unknown_rules(nightly):
    not_deployed = "the rule unknown is not deployed\n  fix: alur deploy --env sandbox"
    unknown = ScheduleRule("unknown", "rate(1 hour)", True)
    for ask in (
        lambda: nightly.event_bridge.rule("unknown"),
        lambda: nightly.event_bridge.fire("unknown", INSTANT),
        lambda: nightly.event_bridge.due([unknown], INSTANT, INSTANT),
    ):
        with pytest.raises(SandboxError) as error:
            ask()
        assert str(error.value) == not_deployed


def test_a_disabled_rule_fires_only_on_demand(nightly):
    nightly.events.disable_rule(Name="nightly")
    assert nightly.refusal().startswith("the rule nightly is disabled\n")
    assert [started.workflow for started in nightly.fire(even_if_disabled=True)] == ["nightly"]
    nightly.stage.end(nightly.stage.wait_for_begin())


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            MAY_START | {"Action": "glue:StartWorkflowRun"},
            f"the role start does not allow glue:notifyEvent on {WORKFLOW}",
        ),
        (
            MAY_START | {"Resource": f"{WORKFLOW}-2"},
            f"the role start does not allow glue:notifyEvent on {WORKFLOW}",
        ),
        (
            MAY_START | {"Effect": "Deny"},
            f"the role start does not allow glue:notifyEvent on {WORKFLOW}",
        ),
    ],
)
def test_a_role_without_the_permission(nightly, statement, reason):
    nightly.permit(statement)
    assert nightly.refusal() == (
        f"the rule nightly cannot start nightly: {reason}\n  fix: alur deploy --env sandbox"
    )


def test_roles_that_eventbridge_cannot_assume(nightly):
    other = TRUST | {"Principal": {"Service": "glue.amazonaws.com"}}
    nightly.iam.update_assume_role_policy(RoleName="start", PolicyDocument=document(other))
    assert "the role start does not trust events.amazonaws.com" in nightly.refusal()
    nightly.target(role=f"{ROLE}-2")
    assert "there is no role start-2" in nightly.refusal()
    nightly.target(role=None)
    assert "its target names no role" in nightly.refusal()


def test_targets_that_no_event_can_start(nightly):
    nightly.glue.delete_trigger(Name="first")
    assert nightly.refusal() == (
        "the event cannot be delivered: no trigger of the workflow nightly waits for events\n"
        "  fix: alur deploy --env sandbox"
    )
    nightly.glue.delete_workflow(Name="nightly")
    assert "the event cannot be delivered: no workflow nightly" in nightly.refusal()
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:nightly"
    nightly.target(function)
    assert nightly.refusal() == (
        f"the sandbox brings events to Glue workflows only, not to {function}"
    )
    nightly.events.remove_targets(Rule="nightly", Ids=["workflow"])
    assert "the rule nightly has no target" in nightly.refusal()


def test_nothing_starts_unless_every_target_can(nightly):
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:nightly"
    nightly.target(function, "function")
    nightly.target(f"{WORKFLOW}-2", "other")
    refusal = nightly.refusal()
    assert f"the sandbox brings events to Glue workflows only, not to {function}" in refusal
    assert f"does not allow glue:notifyEvent on {WORKFLOW}-2" in refusal
