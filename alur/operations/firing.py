"""Fires the rules of schedules in the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from alur.aws_clients import Clients
from alur.errors import SandboxError
from alur.naming import Names
from alur.operations.connection import mirror_landing_files, sandbox_of
from alur.operations.events import (
    Activity,
    EventNotDelivered,
    NothingDue,
    Observer,
    RuleFired,
    RuleOff,
    WorkflowEnded,
    WorkflowJobEnded,
    ignore,
)
from alur.operations.results import Firing
from alur.project.project import Project
from alur.project.settings import SANDBOX
from alur.sandbox.client.event_bridge import EventBridge, ScheduleRule
from alur.sandbox.client.pipeline_runs import PipelineRun, pipeline_runs
from alur.sandbox.client.workflow_following import JobOutcome, WorkflowOutcome, follow_workflow
from alur.sandbox.protocol import StartedWorkflow


def fire(
    project: Project,
    pipeline: str | None = None,
    period: tuple[datetime, datetime] | None = None,
    *,
    even_if_disabled: bool = False,
    observe: Observer = ignore,
) -> Firing:
    """Fire rules in the sandbox as EventBridge would, wait until no job runs, and return what came of it.

    Args:
        pipeline: whose schedules' rules to fire; None for all.
        period: fire every rule that is due from its begin to just before its end, in order, on a simulated clock that
            stops while jobs run; None to fire each rule once, now. In UTC.
        even_if_disabled: whether disabled rules fire, too.
        observe: receives each event of ``alur.operations.events``.

    Raises:
        SandboxError: the sandbox is not up, or a rule is not deployed to it.
        PipelineError: there is no such pipeline.

    >>> from datetime import timedelta
    >>> def fire_the_day():
    ...     day = datetime(2026, 11, 26, tzinfo=timezone.utc)
    ...     fire(Project.load(), period=(day, day + timedelta(days=1)), observe=print)
    """
    state = sandbox_of(project).enter()
    clients = Clients(state.region)
    environment = project.environment(SANDBOX)
    event_bridge = EventBridge(clients, state)
    rules = [event_bridge.rule(name) for name in _rules(project, environment.names, pipeline)]
    mirror_landing_files(project, environment, clients, observe)
    active = [rule for rule in rules if rule.enabled or even_if_disabled]
    for rule in rules:
        if rule not in active:
            observe(RuleOff(rule.name))
    if period is None:
        now = datetime.now(timezone.utc)
        firings = [(now, [rule]) for rule in active]
    else:
        firings = event_bridge.due(active, *period)
        if not firings:
            observe(NothingDue(*period))
    starter = _Starter(project, environment.names, clients, event_bridge, even_if_disabled, observe)
    succeeded = [starter.fire(rules, instant) for instant, rules in firings]
    return Firing(sum(len(rules) for _, rules in firings), len(firings), all(succeeded))


def _rules(project: Project, names: Names, pipeline: str | None) -> list[str]:
    """Return the names of the rules of one pipeline's schedules, or of all."""
    wanted = project.pipeline(pipeline) if pipeline else None
    rules = [
        names.schedule(owner.name, position)
        for owner, position, _ in project.schedules
        if wanted in (None, owner)
    ]
    if not rules:
        raise SandboxError(
            f"{pipeline or 'the project'} has no schedule",
            remedy=f"alur run {pipeline or '--all'} --env sandbox",
        )
    return rules


@dataclass(frozen=True)
class _Starter:
    project: Project
    names: Names
    clients: Clients
    event_bridge: EventBridge
    even_if_disabled: bool
    observe: Observer

    def fire(self, rules: list[ScheduleRule], instant: datetime) -> bool:
        """Fire rules at the same instant, and wait until no job runs; return whether all went well."""
        started: list[StartedWorkflow] = []
        delivered = True
        for rule in rules:
            self.observe(RuleFired(rule.name, rule.expression, instant))
            try:
                started += self.event_bridge.fire(
                    rule.name, instant, even_if_disabled=self.even_if_disabled
                )
            except SandboxError as error:
                delivered = False
                self.observe(EventNotDelivered(rule.name, error))
        self.observe(Activity("jobs run"))
        outcomes = [follow_workflow(self.clients, *one, self._report) for one in started]
        self.observe(Activity())
        succeeded = [self._succeeded(outcome) for outcome in outcomes]
        return delivered and all(succeeded)

    def _report(self, job: JobOutcome) -> None:
        for run in self._started(job):
            self.observe(
                WorkflowJobEnded(run.pipeline, run.run_id, run.state, run.seconds, run.message)
            )

    def _succeeded(self, outcome: WorkflowOutcome) -> bool:
        """Report a workflow's end; return whether it started all jobs, and all succeeded."""
        scope = self._scope(outcome.workflow)
        started = {run.pipeline for job in outcome.jobs for run in self._started(job)}
        missing = self.project.graph.order(scope - started)
        message = outcome.message if outcome.status == "ERROR" else ""
        self.observe(WorkflowEnded(outcome.workflow, message, tuple(missing)))
        return outcome.went_well and not missing

    def _started(self, job: JobOutcome) -> list[PipelineRun]:
        """Return the runs of a job's pipelines, without those that it skipped."""
        runs = pipeline_runs(self.clients, self.names, job)
        return [run for run in runs if run.state != "SKIPPED"]

    def _scope(self, workflow: str) -> set[str]:
        for pipeline, position, schedule in self.project.schedules:
            if self.names.schedule(pipeline.name, position) == workflow:
                return set(self.project.graph.scoped(pipeline.name, schedule.scope))
        return set()
