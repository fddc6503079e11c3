"""Uses EventBridge in the sandbox: reads rules, finds when they are due, and fires them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from alur.aws_clients import Clients, aws_errors
from alur.errors import SandboxError
from alur.sandbox.client.requests import send
from alur.sandbox.protocol import DUE, FIRE, StartedWorkflow
from alur.sandbox.state_file import SandboxState


@dataclass(frozen=True, slots=True)
class ScheduleRule:
    """A deployed rule of a schedule."""

    name: str
    expression: str
    enabled: bool


class EventBridge:
    """EventBridge in a running sandbox, which judges rules and starts workflows."""

    def __init__(self, clients: Clients, state: SandboxState) -> None:
        self._clients = clients
        self._state = state

    def rule(self, name: str) -> ScheduleRule:
        """Return a rule.

        Raises:
            SandboxError: the rule is not deployed.
        """
        events = self._clients("events")
        with aws_errors(f"the rule {name} cannot be read"):
            try:
                description = events.describe_rule(Name=name)
            except events.exceptions.ResourceNotFoundException:
                raise SandboxError(
                    f"the rule {name} is not deployed", remedy="alur deploy --env sandbox"
                ) from None
        return ScheduleRule(
            name=name,
            expression=description.get("ScheduleExpression", ""),
            enabled=description["State"] == "ENABLED",
        )

    def due(
        self, rules: Iterable[ScheduleRule], begin: datetime, end: datetime
    ) -> list[tuple[datetime, list[ScheduleRule]]]:
        """Return the instants from ``begin`` to just before ``end`` at which rules fire, in order, each with its rules.

        Rates count from ``begin``; AWS counts from the rule's creation. Disabled rules count like others.

        Raises:
            SandboxError: a rule is not deployed, or fires too often in that period.
        """
        by_name = {rule.name: rule for rule in rules}
        period = {"begin": begin.isoformat(), "end": end.isoformat()}
        firings = send(self._state, DUE, {"rules": [*by_name], **period})
        return [
            (datetime.fromisoformat(instant), [by_name[name] for name in names])
            for instant, names in firings
        ]

    def fire(
        self, name: str, instant: datetime, *, even_if_disabled: bool = False
    ) -> list[StartedWorkflow]:
        """Fire a rule, and return the workflows that it started.

        Args:
            instant: the time of the event.
            even_if_disabled: whether to fire a disabled rule, too.

        Raises:
            SandboxError: the rule is not deployed, is disabled, or has no target, or a target refuses the event.
        """
        request = {
            "rule": name,
            "instant": instant.isoformat(),
            "even_if_disabled": even_if_disabled,
        }
        return [StartedWorkflow(*started) for started in send(self._state, FIRE, request)]
