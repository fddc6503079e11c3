"""The text of a proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alur.cli.event_text.dispatch import Printer, show
from alur.cli.terminal import CROSS, ERROR, OK, TICK, style
from alur.operations.results import Verified
from alur.text import counted

if TYPE_CHECKING:
    from alur.runtime.tables.row_comparison import TableComparison
    from alur.sandbox.proof.starts import StartComparison
    from alur.sandbox.proof.verification import Proof


@show.register
def _(result: Verified, to: Printer) -> None:
    _show_engines(result, to)
    _show_proof(result.proof, to)
    proof = result.proof
    to.line()
    if proof.holds:
        starts, tables = counted(len(proof.starts), "start"), counted(len(proof.tables), "table")
        seconds = f"{result.seconds:.0f} s"
        to.line(f"{OK} {starts} and {tables} are the same in the sandbox as here ({seconds})")
    else:
        to.line(f"{ERROR} {counted(proof.differing + len(proof.problems), 'difference')}")
    if result.address:
        to.line(f"  The sandbox stays up at {result.address}; alur sandbox down ends it")


def _show_engines(result: Verified, to: Printer) -> None:
    """Print the engines of both sides: agreement of two engines proves more than of one with itself."""
    to.line(f"\n{style('ENGINES', 'bold')}")
    clients = ", GlueCatalog and S3FileIO" if result.engine == "spark" else ""
    to.line(f"  in the sandbox: {result.engine_version}{clients}")
    here = (f"{name} ({counted(n, 'pipeline')})" for name, n in result.engines_here.items())
    to.line(f"  here: {', '.join(here)}")


def _show_proof(proof: Proof, to: Printer) -> None:
    to.line(f"\n{style('RUNS', 'bold')}")
    for start in proof.starts:
        _compared(_run_text(start), start.differences, to)
    for name in proof.disabled:
        to.line(f"  - {name} is off, and was not fired")
    to.line(f"\n{style('TABLES', 'bold')}")
    for table in proof.tables:
        _compared(_table_text(table), table.differences, to)
    for problem in proof.problems:
        _compared(problem, (problem,), to)
    if proof.old_versions:
        billed = "(replaced or deleted, and billed until they expire)"
        to.line(f"\n{style('OLD VERSIONS', 'bold')} {billed}")
    for old in proof.old_versions:
        versions = counted(old.versions, "version")
        to.line(f"  {old.bucket}/{old.prefix}: {versions}, {old.bytes:,} bytes")


def _compared(text: str, differences: tuple[str, ...], to: Printer) -> None:
    """Print one thing that was compared, and how it differs."""
    mark = CROSS if differences else TICK
    to.line(f"  {mark} {text}")
    for difference in differences:
        to.line("      " + difference.replace("\n", "\n      "))


def _run_text(one: StartComparison) -> str:
    order = f", {counted(one.edges, 'dependency', 'dependencies')} respected" if one.edges else ""
    return f"{one.start.title}: {counted(len(one.start.scope), 'pipeline')}{order}"


def _table_text(table: TableComparison) -> str:
    rows = f"{counted(table.rows_here, 'row')} here, {table.rows_there:,} in the sandbox"
    left_out = f"; not compared: {', '.join(table.left_out)}" if table.left_out else ""
    return f"{table.table}: {rows}{left_out}"
