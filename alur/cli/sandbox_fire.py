"""Fires rules in the sandbox, and shows the results in a terminal."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from alur.cli.spinner import Spinner
from alur.cli.terminal import CROSS, ERROR, OK, TICK, echo
from alur.errors import SandboxError
from alur.project.settings import SANDBOX
from alur.text import counted

if TYPE_CHECKING:
    from alur.project.project import Project
    from alur.sandbox.client.event_bridge import ScheduleRule
    from alur.sandbox.client.workflow_following import JobOutcome, WorkflowOutcome
    from alur.sandbox.state import SandboxState


class Firing:
    """Fires the rules of one pipeline or of all, and prints the results.

    Args:
        pipeline: the pipeline with the schedules; None for all pipelines.
        even_if_disabled: whether disabled rules fire, too.
    """

    def __init__(
        self,
        project: Project,
        state: SandboxState,
        pipeline: str | None,
        *,
        even_if_disabled: bool,
    ) -> None:
        from alur.aws_clients import Clients
        from alur.cli.deployments import bring_landing_files
        from alur.sandbox.client.event_bridge import EventBridge

        self._project = project
        self._names = project.environment(SANDBOX).names
        self._even_if_disabled = even_if_disabled
        self._clients = Clients(state.region)
        self._event_bridge = EventBridge(self._clients, state)
        self._rules = self._read(pipeline)
        bring_landing_files(project, self._clients)

    def now(self) -> bool:
        """Fire each rule, one after the other; return whether any fired and all went well."""
        off = [rule for rule in self._rules if not self._fires(rule)]
        for rule in off:
            echo(f"{rule.name} is disabled, and does not fire (--even-if-disabled fires it)")
        if len(off) == len(self._rules):
            return False
        instant = datetime.now(timezone.utc)
        firing = [rule for rule in self._rules if rule not in off]
        well = [self._fire([rule], instant) for rule in firing]
        return all(well)

    def during(self, begin: datetime, end: datetime) -> bool:
        """Fire the rules due in a period, on a simulated clock that stops while jobs run."""
        active = [rule for rule in self._rules if self._fires(rule)]
        firings = self._event_bridge.due(active, begin, end)
        for rule in self._rules:
            if not self._fires(rule):
                echo(f"{rule.name} is disabled, and does not fire")
        if not firings:
            echo(f"Nothing is due from {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC")
            return True
        well = [self._fire(rules, instant) for instant, rules in firings]
        word = OK if all(well) else ERROR
        count = counted(sum(len(rules) for _, rules in firings), "rule")
        echo(f"{word} {count} fired at {counted(len(firings), 'instant')}")
        return all(well)

    def _fires(self, rule: ScheduleRule) -> bool:
        return rule.enabled or self._even_if_disabled

    def _read(self, pipeline: str | None) -> list[ScheduleRule]:
        wanted = self._project.pipeline(pipeline) if pipeline else None
        names = [
            self._names.schedule(owner.name, position)
            for owner, position, _ in self._project.schedules
            if wanted in (None, owner)
        ]
        if not names:
            raise SandboxError(
                f"{pipeline or 'the project'} has no schedule",
                remedy=f"alur run {pipeline or '--all'} --env sandbox",
            )
        return [self._event_bridge.rule(name) for name in names]

    def _fire(self, rules: list[ScheduleRule], instant: datetime) -> bool:
        """Fire rules at the same instant, and wait until no job runs."""
        from alur.sandbox.client.workflow_following import follow_workflow

        started: list[tuple[str, str]] = []
        went_well = True
        for rule in rules:
            echo(f"{instant:%Y-%m-%d %H:%M} UTC  {rule.name} fires: {rule.expression}")
            try:
                started += self._event_bridge.fire(
                    rule.name, instant, even_if_disabled=self._even_if_disabled
                )
            except SandboxError as error:
                went_well = False
                echo(f"  {CROSS} not delivered: {error}", err=True)
        with Spinner("jobs run") as spinner:

            def told(job: JobOutcome) -> None:
                spinner.echo(self._line(job))

            outcomes = [follow_workflow(self._clients, *one, told) for one in started]
        for outcome in outcomes:
            went_well &= self._sum_up(outcome)
        echo()
        return went_well

    def _line(self, job: JobOutcome) -> str:
        ok = job.state == "SUCCEEDED"
        mark = TICK if ok else CROSS
        text = f"  {mark} {self._pipeline(job.job)} {job.state} in {job.seconds:.1f} s"
        if not ok:
            text += f": {job.message}\n      alur logs {job.run_id} --env sandbox"
        return text

    def _sum_up(self, outcome: WorkflowOutcome) -> bool:
        """Print which jobs a workflow did not start; return whether it succeeded."""
        if outcome.status == "ERROR":
            echo(f"  {CROSS} {outcome.message}", err=True)
        scope = self._scope(outcome.workflow)
        missing = scope - {self._pipeline(job.job) for job in outcome.jobs}
        for name in self._project.graph.order(missing):
            echo(f"  - {name} did not start")
        return outcome.went_well and not missing

    def _scope(self, workflow: str) -> set[str]:
        for pipeline, position, schedule in self._project.schedules:
            if self._names.schedule(pipeline.name, position) == workflow:
                return self._project.graph.scoped(pipeline.name, schedule.scope)
        return set()

    def _pipeline(self, job: str) -> str:
        return self._names.pipeline_of(job) or job
