"""Verifies a deployment: runs the same starts in the sandbox and here, then compares the runs and the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from time import sleep
from typing import TYPE_CHECKING

from alur.aws import jobs
from alur.aws_clients import Clients
from alur.contracts.contract import Contract
from alur.deployment.job_layout import job_layout
from alur.errors import SourceError
from alur.project.project import Project
from alur.project.settings import SANDBOX
from alur.runtime.graph_run import run_graph
from alur.runtime.landing.folder import FolderLanding
from alur.runtime.local import open_runtime
from alur.runtime.places import Places
from alur.runtime.results import Event, Failed, Skipped, Succeeded
from alur.runtime.runtime import Runtime
from alur.runtime.tables.glue_reader import read_table
from alur.runtime.tables.pyiceberg_warehouse import LocalWarehouse
from alur.runtime.tables.row_comparison import TableComparison, compare_tables
from alur.sandbox.client.event_bridge import EventBridge
from alur.sandbox.client.pipeline_runs import PipelineRun, pipeline_runs
from alur.sandbox.client.sandbox import Sandbox
from alur.sandbox.client.workflow_following import JobOutcome, follow_workflow
from alur.sandbox.proof.old_versions import OldVersions, old_versions
from alur.sandbox.proof.starts import Start, StartComparison, compare_start, plan_starts
from alur.sandbox.state_file import SandboxState

if TYPE_CHECKING:
    import pyarrow as pa

_PAUSE = 0.2


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of a verification.

    Attributes:
        disabled: the rules declared off.
        problems: the differences outside starts and tables.
        old_versions: the noncurrent versions left by the runs in the sandbox's buckets.
    """

    starts: tuple[StartComparison, ...]
    tables: tuple[TableComparison, ...]
    disabled: tuple[str, ...]
    problems: tuple[str, ...]
    old_versions: tuple[OldVersions, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        return not self.problems and not self.differing

    @property
    def differing(self) -> int:
        """The number of starts and tables that differ between the sides."""
        differing = [one.differences for one in self.starts] + [
            one.differences for one in self.tables
        ]
        return sum(map(bool, differing))


class Verification:
    """The verification of one project, deployed to its sandbox.

    Args:
        ignored: the columns to leave out of the comparison, by table; ``layer.table`` to names.
        report: receives a line for each step.
    """

    def __init__(
        self,
        project: Project,
        sandbox: Sandbox,
        state: SandboxState,
        ignored: Mapping[str, set[str]],
        report: Callable[[str], None],
    ) -> None:
        self._project = project
        self._sandbox = sandbox
        self._ignored = ignored
        self._report = report
        self._clients = Clients(state.region)
        self._event_bridge = EventBridge(self._clients, state)
        self._environment = project.environment(SANDBOX)
        self._names = self._environment.names
        self._starts = plan_starts(project, self._names)
        self._warehouse = LocalWarehouse(sandbox.folder / "verification")

    def fire(self) -> list[list[PipelineRun]]:
        """Run all starts in the sandbox, one after the other, and return the runs of the pipelines of each.

        Raises:
            SandboxError: an event cannot be delivered.
        """
        return [self._fire(start) for start in self._starts]

    def run_here(self) -> list[dict[str, str]]:
        """Run the same starts on this machine, in a separate warehouse, and return each start's states of pipelines."""
        project = self._project
        landing = self._environment.settings.landing
        places = Places(
            project.root, self._warehouse.folder, FolderLanding(project.root / landing, landing)
        )
        with open_runtime(project, places) as runtime:
            return [self._run_here(start, runtime) for start in self._starts]

    def compare(self, there: list[list[PipelineRun]], here: list[dict[str, str]]) -> Proof:
        """Return the differences between the runs and the tables of both sides."""
        starts = tuple(
            compare_start(self._project, start, runs, states)
            for start, runs, states in zip(self._starts, there, here, strict=True)
        )
        disabled = tuple(self._disabled())
        on = [name for name in disabled if self._event_bridge.rule(name).enabled]
        problems = tuple(f"the rule {name} is on, and declared off" for name in on)
        left = tuple(old_versions(self._clients, self._names))
        return Proof(starts, tuple(self._compare_tables()), disabled, problems, left)

    def _fire(self, start: Start) -> list[PipelineRun]:
        self._report(f"{start.title}: in the sandbox")

        def report_job(job: JobOutcome) -> None:
            self._report(f"{start.title}: {job.job} {job.state}")

        if start.rule is None:
            return [self._run_job(start.pipeline)]
        started = self._event_bridge.fire(start.rule, datetime.now(timezone.utc))
        return [
            run
            for workflow, run_id in started
            for job in follow_workflow(self._clients, workflow, run_id, report_job).jobs
            for run in pipeline_runs(self._clients, self._names, job)
        ]

    def _run_job(self, pipeline: str) -> PipelineRun:
        layout = job_layout(self._project, self._environment)
        name = layout.job_of(pipeline)
        run_id = jobs.start(self._clients, name, layout.arguments_of([pipeline]))
        # The sandbox, unlike AWS, may be polled at any rate.
        run = jobs.follow(self._clients, name, run_id, lambda run: None, lambda _: sleep(_PAUSE))
        return PipelineRun(pipeline, run_id, run.state, run.started, run.completed, run.message)

    def _run_here(self, start: Start, runtime: Runtime) -> dict[str, str]:
        self._report(f"{start.title}: on this machine")
        states: dict[str, str] = {}

        def observe(event: Event) -> None:
            match event:
                case Succeeded(pipeline):
                    states[pipeline] = "SUCCEEDED"
                case Failed(pipeline, error):
                    states[pipeline] = f"FAILED: {error.message}"
                case Skipped(pipeline):
                    states[pipeline] = "did not start"

        for _ in run_graph(self._project, start.scope, runtime, observe):
            pass
        return states

    def _compare_tables(self) -> Iterator[TableComparison]:
        for name in self._project.graph.order():
            contract = self._project.pipeline(name).target
            self._report(f"comparing {contract.identifier}")
            here, there = self._here(contract), self._there(contract)
            if here is not None and there is not None:
                ignored = self._ignored.get(contract.identifier, set())
                yield compare_tables(here, there, contract, ignored)
                continue
            # Both sides lack a table only if its pipeline failed on both, which the starts report.
            sides = {"here": here, "in the sandbox": there}
            written = [side for side, rows in sides.items() if rows is not None]
            ours, theirs = (0 if rows is None else rows.num_rows for rows in sides.values())
            differences = tuple(f"written only {side}" for side in written)
            yield TableComparison(contract.identifier, ours, theirs, (), differences)

    def _here(self, contract: Contract) -> pa.Table | None:
        try:
            return self._warehouse.rows(contract)
        except SourceError:
            return None

    def _there(self, contract: Contract) -> pa.Table | None:
        clients = self._clients
        database = self._names.database(contract.layer)
        try:
            rows, _ = read_table(
                clients("glue"), clients("s3"), clients.s3_properties(), database, contract
            )
            return rows
        except SourceError:
            return None

    def _disabled(self) -> Iterator[str]:
        for pipeline, position, schedule in self._project.schedules:
            if not schedule.enabled:
                yield self._names.schedule(pipeline.name, position)
