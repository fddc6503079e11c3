"""One run's write to one table of this machine."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pyarrow.parquet as pq

from alur.contracts.contract import Contract
from alur.errors import EngineError
from alur.runtime.engines.paths import engine_path
from alur.runtime.engines.spark_types import nullable_schema
from alur.runtime.tables.existing_tables import in_contract
from alur.runtime.tables.kept_rows import with_kept_rows
from alur.runtime.tables.merging import with_other_keys
from alur.runtime.tables.partitions import rows_in_other_partitions
from alur.runtime.tables.provenance import Provenance
from alur.runtime.tables.pyiceberg_commits import commit_files, confirm, create_table
from alur.runtime.tables.pyiceberg_data_files import current_files, local_path
from alur.runtime.tables.pyiceberg_file_writer import partitions_of
from alur.runtime.tables.pyiceberg_frames import frame_of, table_frame
from alur.runtime.tables.pyiceberg_key_files import files_with_keys, staged_keys
from alur.runtime.tables.pyiceberg_state import state_of, whole_state_of
from alur.runtime.tables.pyiceberg_taken_files import taken_files
from alur.runtime.tables.state import TableState
from alur.runtime.tables.warehouse import Commit, Staged
from alur.runtime.tables.write_plan import Files, WritePlan

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession


@dataclass
class LocalTableWriter:
    """One run's hold on one table.

    Attributes:
        table: the table before the run; None if it did not exist.
        folder: the folder of the table's files.
        staging: the run's own folder.
    """

    catalog: Catalog
    session: SparkSession
    contract: Contract
    table: Table | None
    folder: Path
    staging: Path
    # Engines differ in how they read files of old and new types together.
    reads_narrower_files: bool = False
    _files_with_keys: dict[str, list[DataFile]] = field(default_factory=dict)

    @cached_property
    def state(self) -> TableState | None:
        """The table before the run; None if it did not exist."""
        return None if self.table is None else state_of(self.table)

    @property
    def last_commit(self) -> Provenance | None:
        """The record of the latest run that committed; None if there is none, or another program wrote since then."""
        return None if self.table is None else whole_state_of(self.table).last_commit

    def existing(self) -> DataFrame | None:
        """Return the table's rows in the contract's columns; None if it has never been written."""
        if self.table is None or self.table.current_snapshot() is None:
            return None
        return in_contract(table_frame(self.session, self.table), self.contract)

    def taken_files(self, names: Collection[str]) -> dict[str, datetime]:
        """Return when rows of landing files came into the table, for those of the files that are in it."""
        return {} if self.table is None else taken_files(self.table, names)

    def rows_near_keys(self, staged: Staged, plan: WritePlan) -> DataFrame | None:
        """Return all rows of the files that hold a staged row's key; None if there are none."""
        if self.table is None or plan.action != "evolve":
            # The present files may have a narrower type.
            return self.existing()
        files = self._holding_keys(staged, self.table)
        return self._rows_of(files, self.table) if files else None

    def _rows_of(self, files: list[DataFile], table: Table) -> DataFrame:
        return in_contract(frame_of(self.session, table, files), self.contract)

    def _holding_keys(self, staged: Staged, table: Table) -> list[DataFile]:
        """Return the table's files that hold a staged row's key; searched once for the same rows."""
        if staged.folder not in self._files_with_keys:
            keys = staged_keys(table, Path(staged.folder), self.contract)
            self._files_with_keys[staged.folder] = files_with_keys(table, keys)
        return self._files_with_keys[staged.folder]

    def rows_in_other_partitions(self, staged: Staged, plan: WritePlan) -> DataFrame | None:
        """Return the table's rows in partitions without staged rows; None if there are none."""
        existing = self.existing()
        if existing is None or self.table is None:
            return None
        if plan.action != "evolve":
            # The present files have another partitioning, or a narrower type.
            return rows_in_other_partitions(existing, staged.frame, self.contract)
        _, kept = self._by_partition(staged, self.table)
        return self._rows_of(kept, self.table) if kept else None

    def rows_in_same_partitions(self, staged: Staged) -> DataFrame | None:
        """Return the table's rows in the partitions of staged rows; None if there are not as many."""
        if self.table is None or self.table.current_snapshot() is None:
            return None
        touched, _ = self._by_partition(staged, self.table)
        count = sum(file.record_count for file in touched)
        return self._rows_of(touched, self.table) if touched and count == staged.count else None

    def _by_partition(self, staged: Staged, table: Table) -> tuple[list[DataFile], list[DataFile]]:
        """Return the table's files in partitions of staged rows, and all others."""
        partitions = partitions_of(table, Path(staged.folder))
        files = current_files(table)
        return (
            [file for file in files if file.partition in partitions],
            [file for file in files if file.partition not in partitions],
        )

    def staged_folder(self) -> StagedParquet:
        """Return a new folder within the run's staging folder."""
        folder = self.staging / uuid.uuid4().hex
        folder.mkdir()
        return StagedParquet(folder)

    def stage(self, frame: DataFrame) -> Staged:
        """Write rows with the engine, as Parquet in the run's staging folder."""
        folder = self.staging / uuid.uuid4().hex
        schema = nullable_schema(frame.schema)
        # Read once and deleted: a smaller file would cost more than it saves.
        frame.write.parquet(engine_path(folder), compression="snappy")
        # An engine may write no file if there are no rows.
        folder.mkdir(exist_ok=True)
        files = list(folder.glob("*.parquet"))
        if not files:
            staged = self.session.createDataFrame([], schema)
        else:
            staged = self.session.read.schema(schema).parquet(engine_path(folder))
        return Staged(staged, str(folder), count=sum(pq.read_metadata(f).num_rows for f in files))

    def stage_as_planned(
        self, frame: DataFrame, plan: WritePlan, unwritable: SparkColumn, provenance: Provenance
    ) -> Staged:
        """Write rows as `stage` does: their files become the table's in the commit."""
        return self.stage(frame)

    def is_intact(self) -> bool:
        """Return whether no other program has committed, and all files of the table are there."""
        if self.table is None:
            return False
        now = self.catalog.load_table(self.table.name()).metadata.current_snapshot_id
        try:
            current_files(self.table)
        except EngineError:
            return False
        return now == self.table.metadata.current_snapshot_id

    def confirm(self, provenance: Provenance) -> None:
        """Record a run that found nothing to change, as a property of the table: there is no snapshot."""
        last = self.state.last_run if self.state else None
        if last and self.table and not last.is_repeated_by(provenance):
            confirm(self.table, provenance)

    def commit(self, staged: Staged, rows: int, plan: WritePlan, provenance: Provenance) -> Commit:
        """Carry out a plan with staged rows, in one snapshot."""
        replaced: list[DataFile] | None = None
        if plan.removes is Files.HOLDING_KEYS and self.table is not None:
            replaced = self._holding_keys(staged, self.table)
            whole = self._with_rest(staged, replaced, self.table)
        else:
            whole = with_kept_rows(self, self.contract, staged, plan)
        table = self.table or create_table(self.catalog, self.contract, str(self.folder))
        commit_files(table, self.contract, Path(whole.folder), plan, provenance, replaced)
        snapshot = state_of(table).snapshot
        assert snapshot is not None, "every commit here makes a snapshot"
        path = str(local_path(table.location()))
        return Commit(snapshot.id, rows, snapshot.total, path, snapshot.added - rows)

    def _with_rest(self, staged: Staged, files: list[DataFile], table: Table) -> Staged:
        """Return the staged rows together with the files' rows that have other keys."""
        if not files:
            return staged
        rest = with_other_keys(self._rows_of(files, table), staged.frame, self.contract)
        whole = rest.union(staged.frame.select(*rest.columns))
        # Joins mix rows, and files with mixed keys hold those of the next change more often.
        return self.stage(whole.orderBy(*(f"`{name}`" for name in self.contract.key)))


@dataclass(frozen=True, slots=True)
class StagedParquet:
    """A folder for Parquet files outside any table."""

    folder: Path

    @property
    def address(self) -> str:
        """The path, or a link to it with a plain name, for the engine."""
        return engine_path(self.folder)

    @contextmanager
    def new_file(self) -> Iterator[IO[bytes]]:
        """Open a new file."""
        with (self.folder / f"{uuid.uuid4().hex}.parquet").open("wb") as file:
            yield file
