"""Compares contracts with the tables in an environment's catalog."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from alur.contracts.evolution import compare_columns
from alur.errors import AlurError, SchemaError
from alur.operations.change_plan import Difference, Effect, TableChange
from alur.operations.planning.spreading import Facts, downstream
from alur.runtime.tables.write_plan import plan_write

if TYPE_CHECKING:
    from alur.contracts.partitioning import PartitionField
    from alur.pipelines.pipeline import Pipeline
    from alur.project.project import Project
    from alur.runtime.tables.state import TableState

States = Mapping[str, "TableState | AlurError | None"]
"""The state of each table, by ``layer.table``: None if it does not exist, an error if it cannot be read."""

_EFFECTS: Mapping[str, Effect] = {
    "create": "create",
    "evolve": "follow",
    "rewrite": "rewrite",
    "replace": "replace",
}


def table_changes(
    project: Project,
    states: States,
    facts: Facts,
    allowed: Collection[str],
    *,
    reads_narrower_files: bool,
) -> Iterator[TableChange]:
    """Yield the tables that differ from their contracts, in the order of the graph.

    The decision is that of a run (``plan_write``), so the plan never promises what a run would refuse.

    Args:
        allowed: the tables whose breaking changes are allowed, as ``layer.table``.
        reads_narrower_files: whether readers of the environment accept files with narrower types than the table's.
    """
    for name in project.graph.order():
        pipeline = project.pipeline(name)
        state = states.get(pipeline.target.identifier)
        if isinstance(state, AlurError):
            continue
        change = _change(pipeline, state, allowed, reads_narrower_files=reads_narrower_files)
        if change is not None:
            yield _reaching(change, project, facts) if change.is_breaking else change


def _change(
    pipeline: Pipeline,
    state: TableState | None,
    allowed: Collection[str],
    *,
    reads_narrower_files: bool,
) -> TableChange | None:
    target = pipeline.target
    if state is None or state.snapshot is None:
        return TableChange(target.identifier, pipeline.name, pipeline.mode, "create")
    effect: Effect
    try:
        written = plan_write(
            state, target, pipeline.write_mode, reads_narrower_files=reads_narrower_files
        )
        effect = _EFFECTS[written.action]
    except SchemaError:
        effect = "allowed" if target.identifier in allowed else "refused"
    changes = tuple(compare_columns(state.columns, target.columns))
    partitions = None
    if state.partitioning != target.partition_by:
        partitions = (_in_words(state.partitioning), _in_words(target.partition_by))
    if not changes and not partitions:
        return None
    return TableChange(target.identifier, pipeline.name, pipeline.mode, effect, changes, partitions)


def _in_words(partitioning: tuple[PartitionField, ...]) -> str:
    return ", ".join(map(str, partitioning)) or "nothing"


def _reaching(change: TableChange, project: Project, facts: Facts) -> TableChange:
    """Return a breaking change with what it reaches downstream."""
    broken = {c.column.partition(".")[0] for c in change.changes if not c.compatible}
    starts = {change.table: Difference(tuple(sorted(broken)))}
    reached = downstream(project, facts, starts)
    return replace(change, reaches=tuple(reached))
