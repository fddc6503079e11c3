"""The definition of a Glue workflow at the start of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


class UnknownWorkflow(Exception):
    """No workflow has the requested name."""


class NoStartTrigger(Exception):
    """A workflow has no trigger for events."""


@dataclass(frozen=True, slots=True)
class Action:
    """A job started by a trigger."""

    job: str
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TriggerDefinition:
    """A trigger at the start of a workflow's run; later changes affect later runs only.

    Attributes:
        active: whether it is activated; a trigger for events need not be.
        logical: whether all conditions must hold, or any.
        conditions: jobs, each with the required final state.
    """

    name: str
    type: str
    active: bool
    actions: tuple[Action, ...]
    logical: Literal["AND", "ANY"] = "AND"
    conditions: tuple[tuple[str, str], ...] = ()

    def holds(self, states: Mapping[str, str]) -> bool:
        """Return whether the trigger fires, given the final state of each job.

        >>> both = TriggerDefinition("t", "CONDITIONAL", True, (), "AND", (("a", "SUCCEEDED"), ("b", "SUCCEEDED")))
        >>> both.holds({"a": "SUCCEEDED"}), both.holds({"a": "SUCCEEDED", "b": "SUCCEEDED"})
        (False, True)
        """
        met = [states.get(job) == state for job, state in self.conditions]
        return bool(met) and (all(met) if self.logical == "AND" else any(met))


@dataclass(frozen=True, slots=True)
class WorkflowDefinition:
    """A workflow at the start of a run.

    Attributes:
        max_concurrent_runs: the most runs at once; None for no limit.
    """

    name: str
    max_concurrent_runs: int | None
    properties: Mapping[str, str]
    triggers: tuple[TriggerDefinition, ...]

    @property
    def start_trigger(self) -> TriggerDefinition:
        """The trigger for events.

        Raises:
            NoStartTrigger: the workflow has no such trigger.
        """
        for trigger in self.triggers:
            if trigger.type == "EVENT":
                return trigger
        raise NoStartTrigger(self.name)
