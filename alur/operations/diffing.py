"""Compares a table between environments, or before and after a commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.dataset as ds

from alur.contracts.contract import Contract
from alur.errors import AlurError, SourceError
from alur.operations.connection import connect
from alur.operations.results import EnvironmentDiff
from alur.project.environment import Environment
from alur.project.project import Project
from alur.project.settings import LOCAL
from alur.project.suggestions import did_you_mean
from alur.runtime.local import local_warehouse
from alur.runtime.tables.pyiceberg_data_files import batches_of, read_errors, rows_of_files
from alur.runtime.tables.row_comparison import TOLERANCE
from alur.runtime.tables.snapshot_files import (
    SnapshotFiles,
    current_files_of,
    different_files,
    last_two_snapshots,
    snapshot_and_current,
    snapshots_of_run,
    without_common,
)
from alur.runtime.tables.table_diff import TableDiff, TableState, table_diff

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table

SAMPLE = 5
"""The number of rows of each kind that a comparison shows, unless another is given."""


@dataclass(frozen=True)
class _OpenTable:
    """A table of an environment.

    Attributes:
        name: the table's name there.
        open: opens some of its files, with a schema.
        errors: converts the errors of reading it.
    """

    name: str
    table: Table
    open: Callable[[Table, list[DataFile], pa.Schema], ds.Dataset]
    errors: Callable[[], AbstractContextManager[None]]

    def state(self, name: str, files: SnapshotFiles) -> TableState:
        """Return one state of the table, under a name for people."""

        def read(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
            if not files.files:
                return
            with self.errors():
                rows = self.open(self.table, files.files, files.schema)
                yield from batches_of(rows, columns)

        compared = sum(file.record_count for file in files.files)
        return TableState(name, files.schema, files.rows, compared, read)


def diff(  # noqa: PLR0913 - most are alternatives
    project: Project,
    table: str,
    environment: str = LOCAL,
    *,
    against: str | None = None,
    run: str | None = None,
    snapshot: int | None = None,
    key: Iterable[str] | None = None,
    sample: int = SAMPLE,
) -> TableDiff:
    """Return the differences between two states of a table.

    Args:
        environment: where the table is.
        against: another environment, whose table is the first state; the second one is that of ``environment``.
        run: a run, which turned the first state into the second.
        snapshot: the id of the snapshot that is the first state; the second one is the current state. Without this,
            ``against`` and ``run`` the table before its last commit is the first state.
        key: the columns by which to find changed rows; by default the contract's. With none, rows are compared as a whole.
        sample: the maximum number of rows of each kind to return.

    Raises:
        AlurError: the table or a column does not exist, the table has never been written, or there is no such run or snapshot.

    >>> def is_same_as_in_production(project: Project, table: str):
    ...     return not diff(project, table, "dev", against="prod").differs
    """
    contract = project.table(table)
    keys = _keys(contract, key)
    opened = _open(project, contract, project.environment(environment))
    if against is not None:
        other = _open(project, contract, project.environment(against))
        return table_diff(
            *_states_of_two(other, against, opened, environment), keys, TOLERANCE, sample
        )
    # Files are the same or not; within one table no sum is computed twice.
    return table_diff(*_states_of_one(opened, run, snapshot), keys, 0.0, sample)


def diff_all(project: Project, environment: str, against: str) -> EnvironmentDiff:
    """Return the differences between all tables of two environments.

    Args:
        environment: whose tables are the second states.
        against: whose tables are the first states.

    Raises:
        AlurError: there is no such environment, or a table cannot be read.

    >>> def is_ready_to_release(project: Project):
    ...     return not diff_all(project, "staging", "prod").differs
    """
    environments = project.environment(against), project.environment(environment)
    tables, missing = {}, {}
    for contract in project.contracts:
        name = contract.identifier
        other, opened = (_open_if_written(project, contract, one) for one in environments)
        if other and opened:
            states = _states_of_two(other, against, opened, environment)
            tables[name] = table_diff(*states, contract.key, TOLERANCE, 0)
        elif other or opened:
            missing[name] = environment if other else against
    return EnvironmentDiff(against, environment, tables, missing)


def _open_if_written(
    project: Project, contract: Contract, environment: Environment
) -> _OpenTable | None:
    try:
        return _open(project, contract, environment)
    except SourceError:
        return None


def _states_of_two(
    first: _OpenTable, first_name: str, second: _OpenTable, second_name: str
) -> tuple[TableState, TableState]:
    # Environments that were made from one another share files.
    files = without_common(
        current_files_of(first.table, first.name), current_files_of(second.table, second.name)
    )
    return first.state(first_name, files[0]), second.state(second_name, files[1])


def _states_of_one(
    opened: _OpenTable, run: str | None, snapshot: int | None
) -> tuple[TableState, TableState]:
    table, name = opened.table, opened.name
    names = "before", "after"
    with opened.errors():
        if run is not None:
            pair = snapshots_of_run(table, name, run)
            names = f"before {run}", f"after {run}"
        elif snapshot is not None:
            pair = snapshot_and_current(table, name, snapshot)
            names = f"snapshot {snapshot}", "now"
        else:
            pair = last_two_snapshots(table, name)
            names = "before the last commit", "now"
        files = different_files(table, name, *pair)
    first, second = (opened.state(n, f) for n, f in zip(names, files, strict=True))
    return first, second


def _keys(contract: Contract, given: Iterable[str] | None) -> tuple[str, ...]:
    if given is None:
        return contract.key
    keys = tuple(given)
    known = [column.name for column in contract.columns]
    for name in keys:
        if name not in known:
            raise AlurError(
                f"{contract.identifier} has no column {name!r}",
                where=contract.location,
                remedy=did_you_mean(name, known, "columns"),
            )
    return keys


def _open(project: Project, contract: Contract, environment: Environment) -> _OpenTable:
    if environment.is_local:
        warehouse = local_warehouse(project, environment.name)
        return _OpenTable(
            contract.identifier,
            warehouse.written_table(contract),
            rows_of_files,
            lambda: read_errors(contract),
        )
    from alur.runtime.tables import glue_reader

    clients = connect(project, environment)
    database = environment.names.database(contract.layer)
    name = f"{database}.{contract.table}"
    properties = clients.s3_properties()
    loaded = glue_reader.load_table(clients("glue"), clients("s3"), properties, database, contract)
    return _OpenTable(name, loaded, glue_reader.open_files, lambda: glue_reader.read_errors(name))
