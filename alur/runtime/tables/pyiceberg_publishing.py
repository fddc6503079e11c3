"""Publishes a clone: the tables of the warehouse that it was made from become the clone's, all in one commit.

Data files that the clone has written get a second name in the other warehouse (a hard link), so none is copied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyiceberg.manifest import DataFile
from pyiceberg.table.update import (
    AddPartitionSpecUpdate,
    AddSchemaUpdate,
    SetCurrentSchemaUpdate,
    SetDefaultSpecUpdate,
    SetPropertiesUpdate,
    TableUpdate,
)

from alur.errors import Problems, SchemaError
from alur.runtime.tables.cloned_metadata import CLONED_SNAPSHOT
from alur.runtime.tables.local_clones import cloned_snapshot, may_have_changed
from alur.runtime.tables.local_states import metadata_files
from alur.runtime.tables.pyiceberg_data_files import current_files, data_files, local_path
from alur.runtime.tables.pyiceberg_durable_files import DurableFileIO
from alur.runtime.tables.pyiceberg_lock import acquire
from alur.runtime.tables.pyiceberg_replacement import replace_all
from alur.runtime.tables.pyiceberg_snapshots import add_snapshot
from alur.runtime.tables.state import Snapshot, TableState
from alur.syncing import sync

if TYPE_CHECKING:
    from pyiceberg.table import Table, Transaction

    from alur.runtime.tables.pyiceberg_catalog import LocalCatalog
    from alur.runtime.tables.pyiceberg_warehouse import LocalWarehouse

_RECORD = "alur."
"""How the names of Alur's own entries in a snapshot's summary begin."""


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table whose rows have become those of a clone.

    Attributes:
        table: the table with its layer.
        rows_before: the number of its rows before.
    """

    table: str
    rows_before: int
    rows_after: int


@dataclass(frozen=True, slots=True)
class _Change:
    """A table that is to become that of a clone.

    Attributes:
        before: None if the table does not exist.
        written: the commit of the clone's last run that changed rows; None if only a property is to change.
    """

    table: str
    before: TableState | None
    after: TableState
    written: Snapshot | None


def publish_tables(
    origin: LocalWarehouse, clone: LocalWarehouse, notice: Callable[[str], None]
) -> list[PublishedTable]:
    """Make the tables of a warehouse those of its clone; return the tables whose rows have changed.

    All tables change in one transaction of the catalog. If it is killed, none has changed, or all have; published again,
    they stay as they are.

    Args:
        origin: the warehouse that the clone was made from.
        notice: receives a line when it waits for a run that writes a table.

    Raises:
        SchemaError: a table that the clone has written has changed in the other warehouse, too.
        EngineError: a file is missing, another program has committed meanwhile, or a table has delete files.
        OSError: the disk has failed.
    """
    with ExitStack() as held:
        for table in sorted(metadata_files(clone.folder / "catalog.db")):
            lock = acquire(origin.folder / "locks", table, notice)
            held.callback(lock.release)
        changes = list(_changes(_states(origin), _states(clone)))
        _refuse_moved(changes)
        files = {c.table: _linked(c, origin, clone) for c in changes if c.written}
        for change in changes:
            # Before the transaction: were it to fail, metadata with rows would be left that no catalog lists.
            if change.before is None:
                _create(origin, clone, change.table)
        with origin.catalog.together():
            for change in changes:
                _commit(origin.catalog, clone.catalog, change, files.get(change.table, []))
        return [_published(change) for change in changes if change.written]


def _states(warehouse: LocalWarehouse) -> dict[str, TableState]:
    files = metadata_files(warehouse.folder / "catalog.db")
    return {name: TableState.parse(local_path(file).read_bytes()) for name, file in files.items()}


def _changes(
    before: Mapping[str, TableState], after: Mapping[str, TableState]
) -> Iterator[_Change]:
    """Yield the tables that differ, by name, without those that have been published."""
    for table, state in sorted(after.items()):
        present = before.get(table)
        if may_have_changed(state, cloned_snapshot(state)):
            written = next((s for s in state.history() if s.operation != "replace"), state.snapshot)
            assert written is not None, "a table that was written has a snapshot"
            if not present or not present.snapshot or present.snapshot.id != written.id:
                yield _Change(table, present, state, written)
        elif present and present.snapshot == state.snapshot and _properties(present, state):
            yield _Change(table, present, state, None)


def _properties(before: TableState, after: TableState) -> dict[str, str]:
    """Return the properties that a clone has set."""
    return {
        name: value
        for name, value in after.properties.items()
        if name != CLONED_SNAPSHOT and before.properties.get(name) != value
    }


def _refuse_moved(changes: list[_Change]) -> None:
    """Raise an error if a table to be published has changed since it was cloned."""
    problems = Problems()
    for change in changes:
        if not change.written or change.before is None:
            continue
        if may_have_changed(change.before, cloned_snapshot(change.after)):
            problems.add(
                SchemaError(
                    f"{change.table} has changed in both environments",
                    remedy="make the environment again from the present tables, and run the change there",
                )
            )
    problems.raise_any()


def _linked(change: _Change, origin: LocalWarehouse, clone: LocalWarehouse) -> list[DataFile]:
    """Return the data files of a clone's table, after giving those in its folder a second name in the other warehouse."""
    layer, _, name = change.table.partition(".")
    files, folders = [], set[Path]()
    for file in current_files(clone.catalog.load_table((layer, name))):
        path = local_path(file.file_path)
        if not path.is_relative_to(clone.folder):
            files.append(file)
            continue
        link = origin.folder / path.relative_to(clone.folder)
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.hardlink_to(path)
        folders.update(folder for folder in link.parents if folder.is_relative_to(origin.folder))
        files.append(_at(file, str(link)))
    for folder in folders:
        sync(folder)
    return files


def _at(file: DataFile, path: str) -> DataFile:
    names = (
        "content",
        "file_format",
        "partition",
        "record_count",
        "file_size_in_bytes",
        "column_sizes",
        "value_counts",
        "null_value_counts",
        "nan_value_counts",
        "lower_bounds",
        "upper_bounds",
        "split_offsets",
        "sort_order_id",
    )
    moved = DataFile.from_args(file_path=path, **{name: getattr(file, name) for name in names})
    moved.spec_id = file.spec_id
    return moved


def _create(origin: LocalWarehouse, clone: LocalWarehouse, table: str) -> None:
    """Create a table without rows, with the columns of a clone's table and their ids, which its data files name."""
    layer, _, name = table.partition(".")
    cloned = clone.catalog.load_table((layer, name)).metadata
    empty = cloned.model_copy(
        update={
            "location": str(origin.folder / layer / name),
            "snapshots": [],
            "snapshot_log": [],
            "metadata_log": [],
            "refs": {},
            "current_snapshot_id": None,
            "last_sequence_number": 0,
        }
    )
    origin.catalog.create_namespace_if_not_exists(layer)
    origin.catalog.register_table((layer, name), origin.catalog.write_metadata(empty))


def _commit(
    catalog: LocalCatalog, cloned_in: LocalCatalog, change: _Change, files: list[DataFile]
) -> None:
    layer, _, name = change.table.partition(".")
    cloned = cloned_in.load_table((layer, name))
    table = catalog.load_table((layer, name))
    with table.transaction() as transaction:
        is_same_form = _align(transaction, table, cloned, change)
        if change.written is not None:
            _add_snapshot(transaction, table, files, change.written, is_same_form=is_same_form)
        assert isinstance(table.io, DurableFileIO), "the catalog of this machine gives no other"
        table.io.sync()


def _align(transaction: Transaction, table: Table, cloned: Table, change: _Change) -> bool:
    """Give a table the columns, partitions and properties of a clone's; return whether columns and partitions are the same."""
    present, wanted = table.metadata, cloned.metadata
    schemas = {schema.schema_id for schema in present.schemas}
    specs = {spec.spec_id for spec in present.partition_specs}
    form: list[TableUpdate] = [
        *(AddSchemaUpdate(schema_=s) for s in wanted.schemas if s.schema_id not in schemas),
        *(AddPartitionSpecUpdate(spec=s) for s in wanted.partition_specs if s.spec_id not in specs),
    ]
    if present.current_schema_id != wanted.current_schema_id:
        form.append(SetCurrentSchemaUpdate(schema_id=wanted.current_schema_id))
    if present.default_spec_id != wanted.default_spec_id:
        form.append(SetDefaultSpecUpdate(spec_id=wanted.default_spec_id))
    properties = _properties(change.before or change.after, change.after)
    others = [SetPropertiesUpdate(updates=properties)] if properties else []
    transaction._apply((*form, *others))
    return not form


def _add_snapshot(
    transaction: Transaction,
    table: Table,
    files: list[DataFile],
    written: Snapshot,
    *,
    is_same_form: bool,
) -> None:
    """Add a snapshot with a clone's files, under the id and with the record of the clone's commit.

    Other tables' records of what they have read name the id.
    """
    record = {name: value for name, value in written.summary.items() if name.startswith(_RECORD)}
    if not is_same_form:
        replace_all(transaction, files, record, written.id)
        return
    wanted = {file.file_path for file in files}
    before = data_files(table)
    present = {file.file_path for file in before}
    removed = [file for file in before if file.file_path not in wanted]
    added = [file for file in files if file.file_path not in present]
    add_snapshot(transaction, removed, added, record, written.id)


def _published(change: _Change) -> PublishedTable:
    before = change.before.snapshot.total if change.before and change.before.snapshot else 0
    assert change.after.snapshot is not None, "only written tables are published"
    return PublishedTable(change.table, before, change.after.snapshot.total)
