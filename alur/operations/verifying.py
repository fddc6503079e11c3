"""Proves that a deployed project gives the same results as this machine."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from alur.errors import AlurError
from alur.operations.connection import sandbox_of
from alur.operations.deploying import deploy
from alur.operations.events import (
    Activity,
    Event,
    LandingMirrored,
    Observer,
    Planned,
    SandboxDeployed,
    StageBegun,
    StageEnded,
    ignore,
)
from alur.operations.results import Verified
from alur.project.project import Project
from alur.project.settings import LOCAL, SANDBOX
from alur.runtime.dry_run import dry_runs
from alur.sandbox.proof.verification import Verification
from alur.sandbox.state_file import JobEngineName, SandboxState

_STAGES = (
    "Starting the sandbox",
    "Deploying to it",
    "Firing the schedules in the sandbox",
    "Running the same on this machine",
    "Comparing",
)


def verify(
    project: Project,
    *,
    ignored: Iterable[str] = (),
    engine: JobEngineName = "sail",
    keep: bool = False,
    observe: Observer = ignore,
) -> Verified:
    """Deploy to a sandbox, fire each schedule, run the same pipelines here, and compare all runs and tables.

    Args:
        ignored: columns to leave out of the comparison, as ``layer.table.column``.
        engine: the engine of jobs in the sandbox: ``sail``, or ``spark`` with Iceberg's runtime, as Glue has them.
        keep: whether the sandbox stays up.
        observe: receives each event of ``alur.operations.events``.

    Raises:
        AlurError: a column to ignore does not exist, or a stage failed before the comparison.

    >>> def test_production_does_what_the_laptop_does():
    ...     assert verify(Project.load()).proof.holds
    """
    columns = _columns(project, ignored)
    stages = _Stages(observe)
    began = time.perf_counter()
    sandbox = sandbox_of(project)
    state: SandboxState | None = None
    try:
        with stages.next():
            state = sandbox.up(engine=engine)
            sandbox.enter()
        with stages.next():
            deployed = _Deployed()
            deploy(project, SANDBOX, approve=lambda plan: True, observe=deployed.receive)
        observe(SandboxDeployed(deployed.resources, deployed.landing_files))
        verification = Verification(project, sandbox, state, columns, stages.activity)
        with stages.next():
            there = verification.fire()
        with stages.next():
            here = verification.run_here()
        with stages.next():
            proof = verification.compare(there, here)
    finally:
        if state and not keep:
            sandbox.down()
    return Verified(
        proof,
        state.engine,
        state.engine_version,
        _engines_here(project),
        state.address if keep else None,
        time.perf_counter() - began,
    )


def _columns(project: Project, names: Iterable[str]) -> dict[str, set[str]]:
    """Return names of columns by table."""
    columns: dict[str, set[str]] = {}
    for text in names:
        table, _, column = text.rpartition(".")
        if not table:
            raise AlurError(
                f"--ignore {text!r} names no table", remedy="name a column as layer.table.column"
            )
        contract = project.table(table)
        if contract.column(column) is None:
            raise AlurError(
                f"{contract.identifier} has no column {column!r}",
                where=contract.location,
                remedy="name it as layer.table.column",
            )
        columns.setdefault(contract.identifier, set()).add(column)
    return columns


def _engines_here(project: Project) -> dict[str, int]:
    choice = project.environment(LOCAL).settings.engine
    engines = (found.engine or "sail or spark" for found in dry_runs(project, choice))
    return dict(sorted(Counter(engines).items()))


class _Stages:
    """Reports the stages with their durations."""

    def __init__(self, observe: Observer) -> None:
        self._observe = observe
        self._number = 0

    @contextmanager
    def next(self) -> Iterator[None]:
        """Report the next stage, and its end unless the block raises."""
        title = _STAGES[self._number]
        self._number += 1
        self._observe(StageBegun(self._number, len(_STAGES), title))
        self._observe(Activity(title))
        began = time.perf_counter()
        try:
            yield
        finally:
            self._observe(Activity())
        self._observe(StageEnded(self._number, time.perf_counter() - began))

    def activity(self, text: str) -> None:
        """Report what a stage waits for."""
        self._observe(Activity(text))


class _Deployed:
    """Counts what a deployment creates."""

    def __init__(self) -> None:
        self.resources = self.landing_files = 0

    def receive(self, event: Event) -> None:
        """Add up an event's objects."""
        match event:
            case Planned(plan):
                self.resources = len(plan.changes)
            case LandingMirrored(files):
                self.landing_files = files
