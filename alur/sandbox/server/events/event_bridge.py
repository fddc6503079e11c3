"""Plays EventBridge: fires scheduled rules, and matches the events of job runs with rules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from moto.events.models import Rule, events_backends

from alur.errors import Problems, SandboxError
from alur.sandbox.protocol import Delivery, StartedWorkflow
from alur.sandbox.server.account_region import AccountRegion
from alur.sandbox.server.events.due import due
from alur.sandbox.server.events.events import job_event, scheduled_event
from alur.sandbox.server.events.message_targets import MessageTargets
from alur.sandbox.server.events.workflow_targets import WorkflowTargets
from alur.sandbox.server.jobs.job_run import EmulatedJobRun

_REMEDY = "alur deploy --env sandbox"


class EventBridge:
    """EventBridge of an account, with the rules of moto's default event bus.

    Attributes:
        deliveries: the deliveries of job runs' events to topics and queues, in order.
    """

    def __init__(self, account_region: AccountRegion, workflows: WorkflowTargets) -> None:
        self._account_region = account_region
        self._workflows = workflows
        self._messages = MessageTargets(account_region)
        self.deliveries: list[Delivery] = []

    def due(
        self, names: Iterable[str], begin: datetime, end: datetime
    ) -> list[tuple[datetime, list[str]]]:
        """Return the instants from ``begin`` to just before ``end`` at which rules fire, in order, each with its rules.

        The instants depend on the rules' expressions alone, not on their states.

        Raises:
            SandboxError: a rule is not deployed, or fires too often in that period.
        """
        return due(
            {name: self._rule(name).scheduled_expression or "" for name in names}, begin, end
        )

    def fire(
        self, name: str, instant: datetime, *, even_if_disabled: bool = False
    ) -> list[StartedWorkflow]:
        """Start the workflows that a scheduled rule targets, and return their runs.

        AWS delivers to each target regardless of the others. Here nothing starts unless all targets can, so that no
        run remains unnoticed behind an error.

        Args:
            instant: the time of the event.
            even_if_disabled: whether to fire a disabled rule, too.

        Raises:
            SandboxError: the rule is not deployed, is disabled, or has no target, or a target refuses the event; AWS
                would send it to the dead-letter queue.
        """
        rule = self._rule(name)
        if rule.state != "ENABLED" and not even_if_disabled:
            raise SandboxError(
                f"the rule {name} is disabled",
                remedy=f"{_REMEDY}, or alur sandbox fire --even-if-disabled",
            )
        targets = list(rule.targets)
        if not targets:
            raise SandboxError(f"the rule {name} has no target", remedy=_REMEDY)
        problems = Problems()
        for target in targets:
            with problems.caught():
                self._workflows.check(name, target)
        problems.raise_any()
        event = scheduled_event(rule.arn, instant, self._account_region)
        return [self._workflows.deliver(target, event) for target in targets]

    def job_ended(self, run: EmulatedJobRun) -> None:
        """Deliver the event of a run's end to the targets of all rules that match it."""
        event = job_event(run, self._account_region)
        self.deliveries += [
            self._messages.deliver(rule, target, event)
            for rule in self._rules().values()
            if _matches(rule, event)
            for target in list(rule.targets)
        ]

    def _rule(self, name: str) -> Rule:
        rule = self._rules().get(name)
        if rule is None:
            raise SandboxError(f"the rule {name} is not deployed", remedy=_REMEDY)
        return rule

    def _rules(self) -> dict[str, Rule]:
        backend = events_backends[self._account_region.account_id][self._account_region.region]
        return dict(backend.event_buses["default"].rules)


def _matches(rule: Rule, event: Any) -> bool:
    """Return whether an enabled rule's pattern matches an event; rules of schedules have no pattern."""
    pattern = rule.event_pattern
    return bool(rule.state == "ENABLED" and pattern.get_pattern() and pattern.matches_event(event))
