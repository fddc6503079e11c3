"""Delivers events of job runs to topics and queues, as far as their policies allow it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.events.models import Rule
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from alur.sandbox.protocol import Delivery
from alur.sandbox.server.account_region import AccountRegion
from alur.sandbox.server.events.events import Event
from alur.sandbox.server.events.target_inputs import target_input
from alur.sandbox.server.iam.policies import lets_service

_SERVICE = "events.amazonaws.com"


class Undeliverable(Exception):
    """A target refuses an event."""


class MessageTargets:
    """The topics and queues of an account as targets of rules."""

    def __init__(self, account_region: AccountRegion) -> None:
        self._region, self._account_id = account_region

    def deliver(self, rule: Rule, target: Mapping[str, Any], event: Event) -> Delivery:
        """Deliver an event to a target, or to its dead-letter queue, and return the outcome.

        Args:
            target: EventBridge's description.
        """
        message = target_input(target, event)
        delivery = event["time"], rule.name, target["Arn"], message
        try:
            return Delivery(*delivery, mailed=self._send(rule, target["Arn"], message))
        except Undeliverable as error:
            problem = f"{error}{self._send_to_dead_letters(rule, target, event)}"
            return Delivery(*delivery, problem=problem)

    def _send(self, rule: Rule, arn: str, message: str) -> tuple[str, ...]:
        """Send a message to a target, and return the addresses it is mailed to."""
        service = arn.split(":")[2]
        if service == "sns":
            return self._subscribers(arn)
        if service == "sqs":
            self._send_to_queue(rule, arn, message)
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
        addresses = tuple(one.endpoint for one in subscriptions if one.topic_arn == arn)
        if not addresses:
            raise Undeliverable("nobody has subscribed to the topic")
        return addresses

    def _send_to_queue(self, rule: Rule, arn: str, message: str) -> None:
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

    def _send_to_dead_letters(self, rule: Rule, target: Mapping[str, Any], event: Event) -> str:
        """Send an undelivered event to the target's dead-letter queue, and return the outcome for the report."""
        queue = target.get("DeadLetterConfig", {}).get("Arn")
        if queue is None:
            return ""
        try:
            self._send_to_queue(rule, queue, json.dumps(event))
        except Undeliverable as error:
            return f"; the dead-letter queue does not take it, either: {error}"
        return f"; the event is in the dead-letter queue {queue.rpartition(':')[2]}"
