"""The ends of job runs on EventBridge: matching alert rules, recipients of mail, and undeliverable events."""

from __future__ import annotations

import json
import re

import pytest

from alur.sandbox.client.deliveries import read_deliveries
from alur.sandbox.server.events.target_inputs import target_input
from tests.gateway import ACCOUNT_ID, REGION

PATTERN = {
    "source": ["aws.glue"],
    "detail-type": ["Glue Job State Change"],
    "detail": {"state": ["FAILED", "TIMEOUT", "STOPPED", "ERROR"], "jobName": ["load"]},
}
TRANSFORMER = {
    "InputPathsMap": {"job": "$.detail.jobName", "run": "$.detail.jobRunId"},
    "InputTemplate": '"<job> failed. See why: alur logs <run>"',
}
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:alerts"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:dead"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/alerts"
MAY_PUBLISH = {
    "Effect": "Allow",
    "Principal": {"Service": "events.amazonaws.com"},
    "Action": "sns:Publish",
    "Resource": TOPIC,
}
NOT_LET = (
    "no statement without conditions in the topic's policy lets events.amazonaws.com sns:Publish"
)


class Alerts:
    """A rule on the failed runs of a job, with a topic and one subscriber."""

    def __init__(self, account):
        self.account = account
        self.events, self.sns = account.client("events"), account.client("sns")
        self.events.put_rule(Name="alerts", EventPattern=json.dumps(PATTERN))
        self.target()
        self.sns.create_topic(Name="alerts")
        self.sns.subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="data@example.com")
        self.policy(MAY_PUBLISH)

    def target(self, arn=TOPIC, **more):
        described = {"Id": "alerts", "Arn": arn, "InputTransformer": TRANSFORMER} | more
        answer = self.events.put_targets(Rule="alerts", Targets=[described])
        assert answer["FailedEntryCount"] == 0

    def policy(self, *statements):
        text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self.sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=text)

    def queue(self, *statements):
        """Create the dead-letter queue; return a function that takes its messages."""
        sqs = self.account.client("sqs")
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        url = sqs.create_queue(QueueName="dead", Attributes={"Policy": policy})["QueueUrl"]
        self.target(DeadLetterConfig={"Arn": QUEUE})
        return lambda: [
            json.loads(one["Body"]) for one in sqs.receive_message(QueueUrl=url).get("Messages", [])
        ]

    def end(self, state="FAILED", message="no luck"):
        """End a run; return its id, and the deliveries of it and of all earlier runs."""
        run = self.account.stage.runs.start("load")
        self.account.stage.wait_for_begin()
        self.account.stage.end(run, state, message)
        return run.id, read_deliveries(self.account.state)


@pytest.fixture
def alerts(account):
    return Alerts(account)


def test_who_would_be_mailed(alerts):
    run_id, (delivery,) = alerts.end()
    assert delivery.mailed == ("data@example.com",)
    # A template in quotes is a JSON text, and the mail holds this text.
    assert delivery.message == f'"load failed. See why: alur logs {run_id}"'
    assert (delivery.rule, delivery.target, delivery.problem) == ("alerts", TOPIC, "")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", delivery.time)


def test_what_no_rule_is_for(alerts):
    assert alerts.end("SUCCEEDED", "")[1] == []
    alerts.events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    alerts.events.put_targets(Rule="nightly", Targets=[{"Id": "a", "Arn": TOPIC}])
    assert len(alerts.end("TIMEOUT")[1]) == 1
    alerts.events.disable_rule(Name="alerts")
    assert len(alerts.end()[1]) == 1
    others = PATTERN | {"detail": {"jobName": ["clean"]}}
    alerts.events.put_rule(Name="alerts", EventPattern=json.dumps(others), State="ENABLED")
    assert len(alerts.end()[1]) == 1


def test_a_run_that_was_stopped(alerts):
    runs = alerts.account.stage.runs
    run = runs.start("load")
    alerts.account.stage.wait_for_begin()
    runs.stop(run)
    assert alerts.account.stage.ended.acquire(timeout=5)
    (delivery,) = read_deliveries(alerts.account.state)
    assert run.id in delivery.message


# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
@pytest.mark.parametrize(
    "condition",
    [
        {"ArnEquals": {"aws:SourceArn": RULE}},
        {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}},
        {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    ],
)
def test_a_topic_s_policy_with_any_condition_keeps_eventbridge_out(alerts, condition):
    alerts.policy(MAY_PUBLISH | {"Condition": condition})
    _, (delivery,) = alerts.end()
    assert (delivery.mailed, delivery.problem) == ((), NOT_LET)
    # Another statement permits it.
    alerts.policy(MAY_PUBLISH | {"Condition": condition}, MAY_PUBLISH | {"Sid": "plain"})
    assert alerts.end()[1][-1].problem == ""


@pytest.mark.parametrize(
    "statement",
    [
        MAY_PUBLISH | {"Principal": {"Service": "cloudwatch.amazonaws.com"}},
        MAY_PUBLISH | {"Principal": {"AWS": ACCOUNT_ID}},
        MAY_PUBLISH | {"Action": "sns:Subscribe"},
        MAY_PUBLISH | {"Resource": f"{TOPIC}-2"},
    ],
)
def test_a_topic_s_policy_for_others(alerts, statement):
    alerts.policy(statement)
    assert alerts.end()[1][0].problem == NOT_LET


def test_a_topic_s_policy_for_everybody_and_what_it_denies(alerts):
    alerts.policy(MAY_PUBLISH | {"Principal": "*"})
    assert alerts.end()[1][-1].problem == ""
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    deny = MAY_PUBLISH | {"Effect": "Deny", "Principal": "*"}
    alerts.policy(MAY_PUBLISH, deny | {"Condition": insecure})
    assert alerts.end()[1][-1].problem == ""
    alerts.policy(MAY_PUBLISH, deny)
    assert alerts.end()[1][-1].problem == NOT_LET


def test_the_policy_that_a_new_topic_has(alerts):
    """AWS's default policy has a condition on the owner: the usual reason for missing alerts."""
    alerts.sns.delete_topic(TopicArn=TOPIC)
    assert alerts.end()[1][-1].problem == "there is no such topic"
    alerts.sns.create_topic(Name="alerts")
    assert alerts.end()[1][-1].problem == NOT_LET


def test_nobody_has_subscribed(alerts):
    (found,) = alerts.sns.list_subscriptions()["Subscriptions"]
    alerts.sns.unsubscribe(SubscriptionArn=found["SubscriptionArn"])
    assert alerts.end()[1][0].problem == "nobody has subscribed to the topic"


MAY_SEND = {
    "Effect": "Allow",
    "Principal": {"Service": "events.amazonaws.com"},
    "Action": "sqs:SendMessage",
    "Resource": QUEUE,
    "Condition": {"ArnEquals": {"aws:SourceArn": RULE}},
}


def test_the_dead_letter_queue(alerts):
    alerts.policy()
    taken = alerts.queue(MAY_SEND)
    run_id, (delivery,) = alerts.end()
    assert delivery.problem == f"{NOT_LET}; the event is in the dead-letter queue dead"
    (event,) = taken()
    assert (event["source"], event["detail-type"]) == ("aws.glue", "Glue Job State Change")
    assert event["detail"] == {
        "jobName": "load",
        "severity": "ERROR",
        "state": "FAILED",
        "jobRunId": run_id,
        "message": "no luck",
    }
    # Delivered events are not in the queue.
    alerts.policy(MAY_PUBLISH)
    assert alerts.end()[1][-1].problem == ""
    assert taken() == []


@pytest.mark.parametrize(
    "statements",
    [
        (),
        (MAY_SEND | {"Condition": {"ArnEquals": {"aws:SourceArn": f"{RULE}-2"}}},),
        (MAY_SEND | {"Resource": f"{QUEUE}-2"},),
    ],
)
def test_a_dead_letter_queue_that_does_not_take_it(alerts, statements):
    alerts.policy()
    taken = alerts.queue(*statements)
    _, (delivery,) = alerts.end()
    assert delivery.problem == (
        f"{NOT_LET}; the dead-letter queue does not take it, either: the policy of the queue dead does not let "
        f"events.amazonaws.com sqs:SendMessage for {RULE}"
    )
    assert taken() == []


def test_targets_of_other_services(alerts):
    alerts.target(f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:tell")
    assert alerts.end()[1][0].problem == (
        "the sandbox brings events of jobs to topics and queues only"
    )


EVENT = {"id": "1", "detail": {"state": "FAILED", "n": 5, "list": [1]}}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, json.dumps(EVENT)),
        ({"Input": '{"a": 1}'}, '{"a": 1}'),
        ({"InputPath": "$.detail.list"}, "[1]"),
        ({"InputPath": "$"}, json.dumps(EVENT)),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"s": "$.detail.state", "n": "$.detail.n", "x": "$.no.x"},
                    "InputTemplate": '{"s": "<s>", "n": <n>, "x": "<x>", "other": "<other>"}',
                }
            },
            '{"s": "FAILED", "n": 5, "x": "", "other": "<other>"}',
        ),
    ],
)
def test_what_a_target_gets(target, expected):
    assert target_input(target, EVENT) == expected
