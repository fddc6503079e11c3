"""Plays EventBridge for the ends of job runs: matches rules, and delivers the events to their targets.

(https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-glue.html)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from moto.events.models import Rule, events_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from alur.sandbox.events import event
from alur.sandbox.policies import lets_service
from alur.sandbox.protocol import Delivery
from alur.sandbox.server.events.target_inputs import target_input
from alur.sandbox.server.jobs.runs import JobRun

_SERVICE = "events.amazonaws.com"
_SEVERITIES = {"FAILED": "ERROR", "ERROR": "ERROR", "TIMEOUT": "WARN"}
_MESSAGES = {
    "SUCCEEDED": "Job run succeeded",
    "TIMEOUT": "Job run timed out",
    "STOPPED": "Job run stopped",
}


class Undeliverable(Exception):
    """A target refuses an event."""


class JobEvents:
    """The events of an account's job runs, and their deliveries.

    Args:
        place: region and account.
    """

    def __init__(self, place: tuple[str, str]) -> None:
        self._region, self._account_id = place
        self.deliveries: list[Delivery] = []

    def job_ended(self, run: JobRun) -> None:
        """Deliver the event of a run's end to the targets of all matching rules."""
        ended = self._event(run)
        bus = events_backends[self._account_id][self._region].event_buses["default"]
        for rule in list(bus.rules.values()):
            # A rule without a pattern belongs to a schedule.
            if rule.state != "ENABLED" or not rule.event_pattern.get_pattern():
                continue
            if rule.event_pattern.matches_event(ended):
                self.deliveries += [self._deliver(rule, one, ended) for one in list(rule.targets)]

    def _event(self, run: JobRun) -> Any:
        detail = {
            "jobName": run.job,
            "severity": _SEVERITIES.get(run.state, "INFO"),
            "state": run.state,
            "jobRunId": run.id,
            "message": _MESSAGES.get(run.state, run.message),
        }
        place, now = (self._region, self._account_id), datetime.now(timezone.utc)
        return event("aws.glue", "Glue Job State Change", now, place, detail=detail)

    def _deliver(self, rule: Rule, target: Mapping[str, Any], event: Mapping[str, Any]) -> Delivery:
        message = target_input(target, event)
        place = event["time"], rule.name, target["Arn"], message
        try:
            return Delivery(*place, mailed=self._bring(rule, target["Arn"], message))
        except Undeliverable as error:
            problem = f"{error}{self._keep(rule, target, event)}"
            return Delivery(*place, problem=problem)

    def _bring(self, rule: Rule, target: str, message: str) -> tuple[str, ...]:
        """Deliver a message to a target, and return the addresses it is mailed to."""
        service = target.split(":")[2]
        if service == "sns":
            return self._subscribers(target)
        if service == "sqs":
            self._send(rule, target, message)
            return ()
        raise Undeliverable("the sandbox brings events of jobs to topics and queues only")

    def _subscribers(self, arn: str) -> tuple[str, ...]:
        """Return the addresses subscribed to a topic."""
        topic = sns_backends[self._account_id][self._region].topics.get(arn)
        if topic is None:
            raise Undeliverable("there is no such topic")
        policy = json.loads(topic.policy)
        # EventBridge supports no conditions in the policies of topics
        # (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html).
        if not lets_service(policy, _SERVICE, "sns:Publish", arn):
            raise Undeliverable(
                f"no statement without conditions in the topic's policy lets {_SERVICE} sns:Publish"
            )
        subscriptions = list(topic.sns_backend.subscriptions.values())
        mailed = tuple(one.endpoint for one in subscriptions if one.topic_arn == arn)
        if not mailed:
            raise Undeliverable("nobody has subscribed to the topic")
        return mailed

    def _send(self, rule: Rule, arn: str, message: str) -> None:
        backend = sqs_backends[self._account_id][self._region]
        name = arn.rpartition(":")[2]
        queue = backend.queues.get(name)
        if queue is None:
            raise Undeliverable("there is no such queue")
        context = {"aws:SourceArn": rule.arn, "aws:SourceAccount": self._account_id}
        policy = json.loads(queue.policy or "{}")
        if not lets_service(policy, _SERVICE, "sqs:SendMessage", arn, context):
            raise Undeliverable(
                f"the policy of the queue {name} does not let {_SERVICE} sqs:SendMessage for {rule.arn}"
            )
        backend.send_message(name, message)

    def _keep(self, rule: Rule, target: Mapping[str, Any], event: Mapping[str, Any]) -> str:
        """Send an undelivered event to the target's dead-letter queue, and return the outcome for the report."""
        queue = target.get("DeadLetterConfig", {}).get("Arn")
        if queue is None:
            return ""
        try:
            self._send(rule, queue, json.dumps(event))
        except Undeliverable as error:
            return f"; the dead-letter queue does not take it, either: {error}"
        return f"; the event is in the dead-letter queue {queue.rpartition(':')[2]}"
