"""``alur sandbox verify``: runs the whole comparison, and prints its findings."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alur.cli.spinner import Spinner
from alur.cli.terminal import CROSS, ERROR, OK, TICK, echo, style
from alur.errors import AlurError
from alur.project.settings import SANDBOX
from alur.text import counted

if TYPE_CHECKING:
    from alur.project.project import Project
    from alur.runtime.tables.comparison import TableComparison
    from alur.sandbox.client.sandbox import Sandbox
    from alur.sandbox.proof.starts import StartComparison
    from alur.sandbox.proof.verification import Proof
    from alur.sandbox.state import JobEngineName, SandboxState


def run_verification(
    project: Project,
    sandbox: Sandbox,
    ignored: Iterable[str],
    engine: JobEngineName,
    *,
    keep: bool,
) -> bool:
    """Deploy, fire, run and compare; return whether nothing differs.

    Args:
        ignored: columns to leave out of the comparison, as ``layer.table.column``.
        engine: the engine of jobs in the sandbox.
        keep: whether the sandbox stays up.

    Raises:
        AlurError: a step failed before the comparison.
    """
    from alur.sandbox.proof.verification import Verification

    columns = _ignored(project, ignored)
    began = time.perf_counter()
    state = None
    try:
        with _step("[1/5] Starting the sandbox"):
            state = sandbox.up(engine=engine)
            sandbox.enter()
        _deploy(project)
        spinner = Spinner("")
        verification = Verification(project, sandbox, state, columns, spinner.update)
        with _step("[3/5] Firing the schedules in the sandbox", spinner):
            there = verification.fire()
        with _step("[4/5] Running the same on this machine", spinner):
            here = verification.run_here()
        with _step("[5/5] Comparing", spinner):
            proof = verification.compare(there, here)
        _show_engines(project, state)
        _show(proof)
    finally:
        if state and not keep:
            sandbox.down()
    _tell_end(proof, time.perf_counter() - began, state if keep else None)
    return proof.holds


def _ignored(project: Project, columns: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for text in columns:
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
        found.setdefault(contract.identifier, set()).add(column)
    return found


def _deploy(project: Project) -> None:
    from alur.cli.deployments import (
        bring_landing_files,
        check_deployed,
        connected,
        prepare,
        terraform_folder,
    )
    from alur.terraform.binary import Terraform

    with _step("[2/5] Deploying to it"):
        environment = project.environment(SANDBOX)
        clients = connected(project, environment)
        prepared, _ = prepare(project, environment)
        folder = terraform_folder(project.root, environment)
        for _ in prepared.write(folder):
            pass
        terraform = Terraform(folder)
        terraform.initialise()
        plan = terraform.plan()
        terraform.apply()
        check_deployed(prepared, clients)
        files = bring_landing_files(project, clients)
    echo(f"  {counted(len(plan.changes), 'resource')}, {counted(files or 0, 'landing file')}")


@contextmanager
def _step(title: str, spinner: Spinner | None = None) -> Iterator[None]:
    """Print a step, and its duration."""
    echo(f"{title}...")
    began = time.perf_counter()
    with spinner or Spinner(title):
        yield
    echo(f"  {TICK} {time.perf_counter() - began:.1f} s")


def _show_engines(project: Project, state: SandboxState) -> None:
    """Print the engines of both sides: agreement of two engines proves more than of one with itself."""
    echo(f"\n{style('ENGINES', 'bold')}")
    from alur.cli.engines import engines_of

    clients = ", GlueCatalog and S3FileIO" if state.engine == "spark" else ""
    echo(f"  in the sandbox: {state.engine_version}{clients}")
    pipelines = Counter(use.engine or "sail or spark" for use in engines_of(project).values())
    here = (f"{engine} ({counted(pipelines[engine], 'pipeline')})" for engine in sorted(pipelines))
    echo(f"  here: {', '.join(here)}")


def _show(proof: Proof) -> None:
    echo(f"\n{style('RUNS', 'bold')}")
    for one in proof.starts:
        _line(_run_text(one), one.differences)
    for name in proof.disabled:
        echo(f"  - {name} is off, and was not fired")
    echo(f"\n{style('TABLES', 'bold')}")
    for table in proof.tables:
        _line(_table_text(table), table.differences)
    for problem in proof.problems:
        _line(problem, (problem,))
    if proof.old_versions:
        echo(
            f"\n{style('OLD VERSIONS', 'bold')} (replaced or deleted, and billed until they expire)"
        )
        for left in proof.old_versions:
            versions = counted(left.versions, "version")
            echo(f"  {left.bucket}/{left.prefix}: {versions}, {left.bytes:,} bytes")


def _line(text: str, differences: tuple[str, ...]) -> None:
    mark = CROSS if differences else TICK
    echo(f"  {mark} {text}")
    for difference in differences:
        echo("      " + difference.replace("\n", "\n      "))


def _run_text(one: StartComparison) -> str:
    order = f", {counted(one.edges, 'dependency', 'dependencies')} respected" if one.edges else ""
    return f"{one.start.title}: {counted(len(one.start.scope), 'pipeline')}{order}"


def _table_text(table: TableComparison) -> str:
    rows = f"{counted(table.rows_here, 'row')} here, {table.rows_there:,} in the sandbox"
    left_out = f"; not compared: {', '.join(table.left_out)}" if table.left_out else ""
    return f"{table.table}: {rows}{left_out}"


def _tell_end(proof: Proof, seconds: float, state: SandboxState | None) -> None:
    echo()
    if proof.holds:
        starts, tables = counted(len(proof.starts), "start"), counted(len(proof.tables), "table")
        echo(f"{OK} {starts} and {tables} are the same in the sandbox as here ({seconds:.0f} s)")
    else:
        echo(f"{ERROR} {counted(proof.differing + len(proof.problems), 'difference')}")
    if state:
        echo(f"  The sandbox stays up at {state.address}; alur sandbox down ends it")
