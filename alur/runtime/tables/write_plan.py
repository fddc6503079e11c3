"""Plans every write: the changes to a table, its rows and its files. The plan does not depend on the engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from alur.contracts.columns import Column
from alur.contracts.contract import Contract
from alur.contracts.evolution import ColumnChange, compare_columns
from alur.errors import SchemaError
from alur.pipelines.modes import Rows, WriteMode
from alur.runtime.tables.state import TableState

TableAction = Literal["create", "evolve", "rewrite", "replace"]
"""``create``: create the missing table. ``evolve``: update columns and descriptions to the contract; files stay
valid. ``rewrite``: replace columns, partitions and files, and write the kept rows again with the new ones.
``replace``: replace columns, partitions and rows."""


class Files(Enum):
    """The data files to remove from a table by a commit."""

    NONE = "none"
    ALL = "all"
    TOUCHED_PARTITIONS = "those of the partitions that the new files are in"
    HOLDING_KEYS = "those with a row that has the key of a new row"


@dataclass(frozen=True, slots=True)
class WritePlan:
    """The changes to a table by a write.

    Attributes:
        kept: the table's rows that stay in it; none if it has never been written.
        removes: the files to remove.
        unique_against: the table's rows whose keys the new rows must not repeat.
        changes: the differences between the columns of a written table and the contract.
        reads_before_commit: whether the new rows depend on rows read before, so no other run may commit in between.
        fingerprint: the table's, if a commit of rows with the same one would change nothing.
    """

    action: TableAction
    kept: Rows
    removes: Files
    unique_against: Rows = Rows.NONE
    changes: tuple[ColumnChange, ...] = ()
    reads_before_commit: bool = False
    fingerprint: str | None = None

    @property
    def written_again(self) -> Rows:
        """The kept rows to write again with the new ones, since the commit removes all present files."""
        return self.kept if self.removes is Files.ALL else Rows.NONE


def plan_write(
    state: TableState | None,
    contract: Contract,
    mode: WriteMode,
    *,
    takes_each_file_once: bool = False,
    reads_narrower_files: bool = False,
) -> WritePlan:
    """Return the plan of a run's write to its target.

    Args:
        state: the table's current state; None if it does not exist.
        takes_each_file_once: whether the table's rows decide which landing files the run reads.
        reads_narrower_files: whether readers accept files with narrower column types than the table's.

    Raises:
        SchemaError: kept rows do not fit the contract: columns were dropped, narrowed, renamed or are newly required.
    """
    is_checked = bool(contract.key) and mode.keeps in (Rows.ALL, Rows.OTHER_PARTITIONS)
    reads = takes_each_file_once or is_checked or mode.replaces_keys
    if state is None or state.snapshot is None:
        return _first_write(state, contract, reads)
    changes = tuple(compare_columns(state.columns, contract.columns))
    repartitioned = state.partitioning != contract.partition_by
    if mode.keeps is Rows.NONE:
        action: TableAction = "replace" if changes or repartitioned else "evolve"
        present = None if repartitioned else _fingerprint(state, contract)
        return WritePlan(action, Rows.NONE, Files.ALL, changes=changes, fingerprint=present)
    _refuse_breaking(changes, contract)
    widens = any(change.widens for change in changes)
    action = "rewrite" if repartitioned or (widens and not reads_narrower_files) else "evolve"
    return WritePlan(
        action,
        mode.keeps,
        _removed(action, mode.keeps),
        mode.keeps if is_checked else Rows.NONE,
        changes,
        reads or action == "rewrite",
    )


def _first_write(state: TableState | None, contract: Contract, reads: bool) -> WritePlan:
    """Return the plan for a table without rows, such as a killed run leaves; there is nothing to keep."""
    if state is None:
        return WritePlan("create", Rows.NONE, Files.NONE, reads_before_commit=reads)
    changes = compare_columns(state.columns, contract.columns)
    if changes or state.partitioning != contract.partition_by:
        return WritePlan("replace", Rows.NONE, Files.ALL, reads_before_commit=reads)
    return WritePlan("evolve", Rows.NONE, Files.NONE, reads_before_commit=reads)


def _fingerprint(state: TableState, contract: Contract) -> str | None:
    """Return the table's fingerprint if its columns need no update, not even of a description."""
    same = _described(state.columns) == _described(contract.columns)
    return state.fingerprint if same else None


def _described(columns: Iterable[Column]) -> list[tuple[str, str, bool, str]]:
    # A table's nested values are always nullable.
    return [(c.name, str(c.type), c.nullable, c.description) for c in columns]


def _removed(action: TableAction, kept: Rows) -> Files:
    if action != "evolve":
        return Files.ALL
    match kept:
        case Rows.ALL:
            return Files.NONE
        case Rows.OTHER_PARTITIONS:
            return Files.TOUCHED_PARTITIONS
        case _:
            return Files.HOLDING_KEYS


def _refuse_breaking(changes: Sequence[ColumnChange], contract: Contract) -> None:
    """Raise an error if rows of a table do not fit the contract.

    Raises:
        SchemaError: columns were dropped, narrowed, renamed or are newly required.
    """
    breaking = [change.message for change in changes if not change.compatible]
    if breaking:
        raise SchemaError(
            f"the table {contract.identifier} cannot follow {contract.name}: {'; '.join(breaking)}",
            where=contract.location,
            remedy="make the change compatible (a new nullable column, a wider type), give the contract a new "
            'table with name="...", or rebuild the table with mode="overwrite"',
        )
