"""One run's write to one table of this machine."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pyarrow.dataset as ds

from alur.contracts.contract import Contract
from alur.contracts.evolution import Change, compare
from alur.pipelines.modes import WriteMode
from alur.runtime.data_files import current_files, local_path, partitions_of
from alur.runtime.engine_paths import engine_path
from alur.runtime.existing_tables import in_contract, refuse_breaking_changes
from alur.runtime.local.commits import commit_files, is_repartitioned
from alur.runtime.local.iceberg_types import columns_of
from alur.runtime.local.table_frames import frame_of, row_count, table_frame
from alur.runtime.partitions import outside
from alur.runtime.spark_types import nullable_schema
from alur.runtime.warehouse import Commit, RunIdentity

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from alur.runtime.local.warehouse import LocalWarehouse


class LocalTableWriter:
    """One run's hold on one table."""

    def __init__(
        self,
        warehouse: LocalWarehouse,
        session: SparkSession,
        contract: Contract,
        run: RunIdentity,
        staging: Path,
    ) -> None:
        self._warehouse = warehouse
        self._session = session
        self._contract = contract
        self._run = run
        self._staging = staging
        self._staged: dict[int, Path] = {}

    def check_contract(self) -> None:
        """Raises SchemaError if the table's rows do not fit the contract as it is now."""
        table = self._warehouse.table(self._contract)
        if table is not None:
            refuse_breaking_changes(columns_of(table.schema()), self._contract)

    def changes(self) -> list[Change]:
        """Return how the contract's columns differ from the table's."""
        table = self._warehouse.table(self._contract)
        return [] if table is None else compare(columns_of(table.schema()), self._contract.columns)

    def existing(self) -> DataFrame | None:
        """The table's rows in the contract's columns; None if it has never been written."""
        table = self._warehouse.table(self._contract)
        if table is None:
            return None
        return in_contract(table_frame(self._session, table), self._contract)

    def untouched(self, staged: DataFrame) -> DataFrame | None:
        """Return the table's rows in partitions that no staged row falls into; None if there are none."""
        table = self._warehouse.table(self._contract)
        if table is None:
            return None
        if is_repartitioned(table, self._contract):
            # The commit sorts all rows into the new partitions first, of which the present files tell nothing.
            return outside(
                in_contract(table_frame(self._session, table), self._contract),
                staged,
                self._contract,
            )
        touched = partitions_of(table, ds.dataset(self._staged[id(staged)], format="parquet"))
        files = current_files(table)
        kept = [file for file in files if file.partition not in touched]
        frame = frame_of(self._session, table, kept)
        return in_contract(frame, self._contract) if kept else None

    def staged_folder(self) -> StagedParquet:
        """Return a new folder within the run's staging folder."""
        folder = self._staging / uuid.uuid4().hex
        folder.mkdir()
        return StagedParquet(folder)

    def stage(self, frame: DataFrame) -> DataFrame:
        """Has the engine write rows as Parquet into the run's staging folder."""
        folder = self._staging / f"{len(self._staged)}"
        schema = nullable_schema(frame.schema)
        frame.write.parquet(engine_path(folder))
        # An engine may write no file at all for no rows.
        folder.mkdir(exist_ok=True)
        if not any(folder.glob("*.parquet")):
            staged = self._session.createDataFrame([], schema)
        else:
            staged = self._session.read.schema(schema).parquet(engine_path(folder))
        self._staged[id(staged)] = folder
        return staged

    def commit(self, staged: DataFrame, mode: WriteMode) -> Commit:
        """Puts the rows of a staged frame into the table in one snapshot."""
        catalog = self._warehouse.catalog
        done = commit_files(
            catalog,
            self._contract,
            # A plain path, since PyIceberg takes what is encoded in a file:// URI for the name itself.
            str(self._warehouse.table_folder(self._contract)),
            self._staged[id(staged)],
            mode,
            self._run,
        )
        snapshot = done.table.current_snapshot()
        assert snapshot is not None
        path = str(local_path(done.table.location()))
        return Commit(snapshot.snapshot_id, done.rows, row_count(done.table), path)


@dataclass(frozen=True, slots=True)
class StagedParquet:
    """A folder for Parquet files that no table knows."""

    folder: Path

    @property
    def address(self) -> str:
        """The path, or a link to it with a plain name."""
        return engine_path(self.folder)

    @contextmanager
    def new_file(self) -> Iterator[IO[bytes]]:
        """Open a new file."""
        with (self.folder / f"{uuid.uuid4().hex}.parquet").open("wb") as file:
            yield file
