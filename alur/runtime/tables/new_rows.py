"""Leaves out rows that the table already has, so that a run without changes makes no commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alur.pipelines.modes import Rows
from alur.runtime.tables.fingerprint import fingerprint
from alur.runtime.tables.merging import changed_rows, shows_changes
from alur.runtime.tables.write_plan import Files

if TYPE_CHECKING:
    from alur.contracts.contract import Contract
    from alur.pipelines.modes import WriteMode
    from alur.runtime.tables.warehouse import Staged, TableWriter
    from alur.runtime.tables.write_plan import WritePlan


@dataclass(frozen=True, slots=True)
class NewRows:
    """The rows to write.

    Attributes:
        fingerprint: theirs, if they are to be the whole table.
    """

    staged: Staged
    count: int
    fingerprint: str | None = None


def new_rows(
    writer: TableWriter,
    contract: Contract,
    mode: WriteMode,
    plan: WritePlan,
    staged: Staged,
    count: int,
) -> NewRows | None:
    """Return the staged rows to write; None if a commit would change nothing.

    Args:
        count: the number of the staged rows.
    """
    if mode.keeps is Rows.NONE:
        whole = fingerprint(staged.frame, contract.columns)
        same = whole == plan.fingerprint and writer.is_intact()
        return None if same else NewRows(staged, count, whole)
    if plan.removes is Files.TOUCHED_PARTITIONS and not plan.changes:
        return None if _are_in_place(writer, contract, staged) else NewRows(staged, count)
    if _can_compare_rows(contract, plan):
        return _changed(writer, contract, plan, staged, count)
    return NewRows(staged, count)


def _are_in_place(writer: TableWriter, contract: Contract, staged: Staged) -> bool:
    """Return whether the partitions of staged rows have exactly these rows."""
    existing = writer.rows_in_same_partitions(staged)
    if existing is None:
        return False
    present, new = (fingerprint(rows, contract.columns) for rows in (existing, staged.frame))
    return present == new and writer.is_intact()


def _can_compare_rows(contract: Contract, plan: WritePlan) -> bool:
    changes_table = plan.changes or plan.action != "evolve"
    is_merge = plan.kept is Rows.OTHER_KEYS
    return is_merge and not changes_table and shows_changes(contract)


def _changed(
    writer: TableWriter, contract: Contract, plan: WritePlan, staged: Staged, count: int
) -> NewRows | None:
    existing = writer.rows_near_keys(staged, plan)
    if existing is None:
        return NewRows(staged, count)
    changed = changed_rows(existing, staged.frame, contract)
    # PySpark Connect returns counts as numpy numbers, which JSON cannot write.
    number = int(changed.count())
    if not number:
        return None
    return NewRows(staged if number == count else writer.stage(changed), number)
