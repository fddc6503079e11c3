"""Puts a plan of changes into words: sections of lines, which a terminal and Markdown show each in its way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from alur.cli.plan_cost import cost_lines
from alur.cli.plan_lines import PlanLine, PlanSection, some
from alur.operations.change_plan import ChangePlan
from alur.terraform.changes import MARKS
from alur.text import counted

if TYPE_CHECKING:
    from alur.operations.change_plan import (
        Affected,
        Difference,
        PipelineChange,
        RefusedRun,
        RewrittenTable,
        Section,
        TableChange,
        Unknown,
    )
    from alur.terraform.changes import Plan

_SHOWN_COLUMNS = 6


def sections(plan: ChangePlan) -> Iterator[PlanSection]:
    """Yield the sections of a plan that have something to say; first what concerns rows, last what concerns AWS."""
    terraform = infrastructure(plan.infrastructure) if plan.infrastructure else ()
    parts = (
        ("Tables", [*_tables(plan), *_unknown(plan, "tables")]),
        ("Pipelines", [*_pipelines(plan), *_unknown(plan, "pipelines")]),
        ("Downstream", list(_downstream(plan))),
        ("Data", [*_data(plan), *_unknown(plan, "data")]),
        ("Infrastructure", [*terraform, *_unknown(plan, "infrastructure")]),
        ("Cost", [*cost_lines(plan.cost), *_unknown(plan, "cost")] if plan.cost else []),
    )
    for title, lines in parts:
        if lines:
            yield PlanSection(title, tuple(lines))


def verdict(plan: ChangePlan) -> str:
    """Return the plan in a sentence."""
    if plan.refused:
        names = ", ".join(table.table for table in plan.refused)
        return f"Refused: breaking changes of {names}"
    if plan.refused_runs:
        runs = "run" if len(plan.refused_runs) == 1 else "runs"
        names = ", ".join(refused.pipeline for refused in plan.refused_runs)
        return f"Refused: the next {runs} of {names}"
    if plan.exit_code == 1:
        return "The plan is not complete"
    if not plan.has_changes:
        return f"No changes: {plan.environment} is as the project declares it"
    deploys = plan.infrastructure is not None and plan.infrastructure.changes
    steps = [f"Deploy: alur deploy --env {plan.environment}"] if deploys else []
    if plan.to_run:
        pipelines = counted(len(plan.to_run), "pipeline")
        verb = "needs" if len(plan.to_run) == 1 else "need"
        steps.append(f"{pipelines} {verb} a run: alur run --changed --env {plan.environment}")
    return "; then ".join(steps)


def _tables(plan: ChangePlan) -> Iterator[PlanLine]:
    created = [table.table for table in plan.tables if table.effect == "create"]
    for table in plan.tables:
        if table.effect != "create":
            yield _table(table, plan.environment)
    if created:
        verb = "does" if len(created) == 1 else "do"
        yield PlanLine("+", f"{counted(len(created), 'table')} {verb} not exist yet", some(created))


def _table(change: TableChange, environment: str) -> PlanLine:
    texts = {
        "follow": ("~", "follows its contract in its next run"),
        "rewrite": ("~", "its next run writes all of its rows again"),
        "replace": ("±", "its next run replaces the table"),
        "refused": ("!", f"breaking change, and mode {change.mode} keeps rows that do not fit"),
        "allowed": ("!", "breaking change, allowed: its next run is refused until it is rebuilt"),
    }
    mark, text = texts[change.effect]
    return PlanLine(mark, f"{change.table}: {text}", tuple(_table_details(change)))  # type: ignore[arg-type]


def _table_details(change: TableChange) -> Iterator[str]:
    for one in change.changes:
        yield one.message if one.compatible else f"{one.message} (breaking)"
    if change.partitions:
        before, now = change.partitions
        yield f"partitioned by {now} instead of {before}"
    yield from some([f"reaches {_reached(one)}" for one in change.reaches])
    if change.is_breaking and not change.reaches:
        yield "no column of the project comes from it; other readers may need it"
    if change.effect == "refused":
        yield (
            "fix: make it compatible (a nullable column, a wider type), name a new table, or allow it "
            f"with --allow-breaking {change.table} and rebuild the table"
        )


def _reached(one: Affected) -> str:
    if one.difference.rows:
        return f"the rows of {one.table} ({one.pipeline})"
    names = ", ".join(some(one.difference.columns, _SHOWN_COLUMNS))
    return f"{one.table}: {names} ({one.pipeline})"


def _pipelines(plan: ChangePlan) -> Iterator[PlanLine]:
    for refused in plan.refused_runs:
        yield _refused_run(refused)
    for change in plan.pipelines:
        if change.meaning == "changed":
            text = f"{change.pipeline} no longer means what its last run meant"
            yield PlanLine("~", text, tuple(_changed(change)))
    for change in plan.pipelines:
        if change.meaning == "unknown":
            text = f"{change.pipeline} may mean something else than its last run did"
            yield PlanLine("~", text, (change.because, *_changed(change)))
    new = [change.pipeline for change in plan.pipelines if change.meaning == "new"]
    if new:
        verb = "has" if len(new) == 1 else "have"
        yield PlanLine("+", f"{counted(len(new), 'pipeline')} {verb} never run", some(new))
    if plan.same_meaning:
        yield PlanLine(
            "",
            f"{counted(len(plan.same_meaning), 'pipeline')} with other code and the same meaning: "
            "no run needed",
            some(plan.same_meaning),
        )


def _refused_run(refused: RefusedRun) -> PlanLine:
    problem = refused.problem
    because = problem.message.removeprefix(f"{refused.pipeline}: ")
    details = (because, f"at {problem.where}" if problem.where else "", _fix(problem.remedy))
    text = f"{refused.pipeline}: its next run will be refused"
    return PlanLine("!", text, tuple(filter(None, details)))


def _fix(remedy: str | None) -> str:
    return f"fix: {remedy}" if remedy else ""


def _changed(change: PipelineChange) -> Iterator[str]:
    yield _differs(change.table, change.difference)
    if change.mode in ("append", "merge"):
        yield f"mode {change.mode}: only rows of later runs differ, the others stay"


def _downstream(plan: ChangePlan) -> Iterator[PlanLine]:
    for one in plan.affected:
        yield PlanLine("~", f"{one.pipeline}: {_differs(one.table, one.difference)}", one.because)


def _differs(table: str, difference: Difference) -> str:
    if difference.rows:
        return f"{table}: rows and all columns may differ"
    names = ", ".join(some(difference.columns, _SHOWN_COLUMNS))
    verb = "differs" if len(difference.columns) == 1 else "differ"
    return f"{table}: {names} {verb}"


def _data(plan: ChangePlan) -> Iterator[PlanLine]:
    for one in plan.rewritten:
        at_most = "at most " if one.at_most else ""
        yield PlanLine("", f"{one.table}: {at_most}{_amount([one])} written again")
    if len(plan.rewritten) > 1:
        yield PlanLine("", f"together at most {_amount(plan.rewritten)}")


def _amount(tables: Sequence[RewrittenTable]) -> str:
    rows = counted(sum(table.rows for table in tables), "row")
    sizes = [table.bytes for table in tables if table.bytes is not None]
    if not sizes:
        return f"{rows} (size not recorded)"
    more = "at least " if len(sizes) < len(tables) else ""
    return f"{rows} ({more}{size_of(sum(sizes))})"


def size_of(count: int) -> str:
    """Return a number of bytes for people.

    >>> size_of(999), size_of(12_345), size_of(7_000_000_000)
    ('999 bytes', '12.3 kB', '7.0 GB')
    """
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return counted(count, "byte")


def infrastructure(found: Plan) -> Iterator[PlanLine]:
    """Yield the lines of Terraform's changes, those that concern security first."""
    if not found.changes:
        return
    if found.only_code:
        yield PlanLine("~", found.summary()[0])
        return
    counts, *rest = found.summary()
    yield PlanLine("", counts)
    yield from (PlanLine("+", line.removeprefix("+ ")) for line in rest[: len(found.added)])
    for change in found.of_existing:
        text = f"{change.noun} {change.name}" + (" (security)" if change.concerns_security else "")
        yield PlanLine(MARKS[change.action], text, some(change.details))  # type: ignore[arg-type]


def _unknown(plan: ChangePlan, section: Section) -> Iterator[PlanLine]:
    for unknown in plan.unknown:
        if unknown.section == section:
            yield _not_known(unknown)


def _not_known(unknown: Unknown) -> PlanLine:
    subject = f"{unknown.subject}: " if unknown.subject else ""
    remedy = _fix(unknown.remedy)
    return PlanLine("!", f"{subject}{unknown.reason}", (remedy,) if remedy else ())
