"""The warehouse of this machine: Iceberg tables in a folder, through PyIceberg and its SQLite catalog."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pyarrow.dataset as ds
from filelock import FileLock, Timeout
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError, ValidationError
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from alur.contracts.table import Contract
from alur.errors import EngineError, SourceError
from alur.pipelines.modes import WriteMode
from alur.runtime.data_files import in_order_of_key, local_path, partitions_of, rows_of
from alur.runtime.engine_errors import reason
from alur.runtime.engine_paths import engine_path
from alur.runtime.existing_tables import in_contract, refuse_breaking_changes
from alur.runtime.local.commits import commit_files, is_repartitioned
from alur.runtime.local.iceberg_types import columns_of
from alur.runtime.local.recovery import remove_orphans
from alur.runtime.partitions import outside
from alur.runtime.spark_types import nullable_schema, spark_schema
from alur.runtime.warehouse import Commit, RunIdentity

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table
    from pyspark.sql import DataFrame, SparkSession

_BUSY_SECONDS = 60
"""How long a commit waits for another one to leave the catalog's database."""


class LocalWarehouse:
    """Tables below one folder, named ``<layer>.<table>`` in the catalog ``catalog.db``.

    Any tool that reads Iceberg opens them, too: PyIceberg with the same catalog, DuckDB by the table's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def catalog(self) -> SqlCatalog:
        """The catalog; makes the folder if there is none."""
        # Not as text, in which a path with "?" or "#" would end there.
        database = str(self.folder / "catalog.db")
        uri = URL.create("sqlite", database=database, query={"timeout": str(_BUSY_SECONDS)})
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # Two first runs at once would both create the catalog's tables, and one would fail.
            with FileLock(self.folder / "catalog.lock"):
                return SqlCatalog("alur", uri=cast(str, uri), warehouse=str(self.folder))
        except (OSError, SQLAlchemyError) as error:
            raise self._unusable(error) from error

    def table(self, contract: Contract) -> Table | None:
        """The Iceberg table of a contract; None if it has never been written.

        Raises:
            EngineError: the table's files are where the project's folder used to be.
        """
        table = self._load(contract)
        return table if table and table.current_snapshot() else None

    def _load(self, contract: Contract) -> Table | None:
        """The table as the catalog has it, were it without a snapshot."""
        try:
            table = self.catalog.load_table((contract.layer, contract.table))
        except NoSuchTableError:
            return None
        except FileNotFoundError as error:
            raise self._moved(contract, str(error)) from None
        except (OSError, SQLAlchemyError, ValueError, ValidationError) as error:
            raise self._unusable(error) from error
        if not local_path(table.location()).is_relative_to(self.folder):
            raise self._moved(contract, table.location())
        return table

    def _moved(self, contract: Contract, detail: str) -> EngineError:
        return EngineError(
            f"the table {contract.identifier} is not where the catalog says: {detail}",
            remedy="Iceberg keeps absolute paths: move the project back, "
            f"or remove {self.folder} and run everything again",
        )

    def _unusable(self, error: Exception) -> EngineError:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        return EngineError(
            f"the warehouse {self.folder} cannot be used: {reason(cause)}",
            remedy="see that the folder may be written and the disk has room; if its files are damaged, "
            "remove the folder and run everything again",
        )

    def read(self, session: SparkSession, contract: Contract) -> tuple[DataFrame, int]:
        """The rows of a table as of now, in the contract's columns, and how many."""
        table = self.table(contract)
        if table is None:
            raise _never_written(contract)
        return in_contract(_frame(session, table), contract), row_count(table)

    @contextmanager
    def writing(
        self,
        session: SparkSession,
        contract: Contract,
        run: RunIdentity,
        notice: Callable[[str], None],
    ) -> Iterator[LocalTableWriter]:
        """Takes hold of a table; clears what a killed run left behind, and the staging folder at the end."""
        with self._lock(contract, notice):
            staging = self.folder / "staging" / contract.identifier
            yield LocalTableWriter(
                self, session, contract, run, self._stage(contract, staging, run)
            )
            # Left in place after a failure: whatever the commit had begun is cleared with it by the next run.
            shutil.rmtree(staging)

    @contextmanager
    def _lock(self, contract: Contract, notice: Callable[[str], None]) -> Iterator[None]:
        """The operating system frees the lock of a process that was killed."""
        folder = self.folder / "locks"
        lock = FileLock(folder / f"{contract.identifier}.lock")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout:
            notice(f"waiting for another run that is writing {contract.identifier}")
            lock.acquire()
        except OSError as error:
            raise self._unusable(error) from error
        try:
            yield
        finally:
            lock.release()

    def _stage(self, contract: Contract, staging: Path, run: RunIdentity) -> Path:
        """The run's own staging folder, once nothing of a killed run is left."""
        own = staging / run.run_id
        try:
            if staging.exists():
                remove_orphans(self.table_folder(contract), self._load(contract))
                shutil.rmtree(staging)
            own.mkdir(parents=True)
        except OSError as error:
            raise self._unusable(error) from error
        return own

    def table_folder(self, contract: Contract) -> Path:
        """Where a table's files are."""
        return self.folder / contract.layer / contract.table

    def rows(self, contract: Contract) -> pa.Table:
        """All rows of a table, in the order of its key; read without an engine.

        Raises:
            SourceError: it has never been written.
        """
        table = self.table(contract)
        if table is None:
            raise _never_written(contract)
        return in_order_of_key(rows_of(table).to_table(), contract)

    def standing(self, contract: Contract) -> Commit | None:
        """A table as it is, in terms of a commit that wrote no rows; None if it has never been written."""
        table = self.table(contract)
        snapshot = table.current_snapshot() if table else None
        if table is None or snapshot is None:
            return None
        path = str(local_path(table.location()))
        return Commit(snapshot.snapshot_id, 0, row_count(table), path)

    def preview(self, contract: Contract, limit: int) -> list[dict[str, Any]]:
        """Some rows of a table; none if it has never been written."""
        table = self.table(contract)
        return [] if table is None else rows_of(table).head(limit).to_pylist()


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

    def existing(self) -> DataFrame | None:
        """The table's rows in the contract's columns; None if it has never been written."""
        table = self._warehouse.table(self._contract)
        if table is None:
            return None
        return in_contract(_frame(self._session, table), self._contract)

    def untouched(self, staged: DataFrame) -> DataFrame | None:
        """Return the table's rows in partitions that no staged row falls into; None if there are none."""
        table = self._warehouse.table(self._contract)
        if table is None:
            return None
        if is_repartitioned(table, self._contract):
            # The commit sorts all rows into the new partitions first, of which the present files tell nothing.
            return outside(
                in_contract(_frame(self._session, table), self._contract), staged, self._contract
            )
        touched = partitions_of(table, ds.dataset(self._staged[id(staged)], format="parquet"))
        files = [task.file for task in table.scan().plan_files()]
        kept = [file for file in files if file.partition not in touched]
        frame = _frame_of(self._session, table, kept)
        return in_contract(frame, self._contract) if kept else None

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


def _never_written(contract: Contract) -> SourceError:
    return SourceError(
        f"the table {contract.identifier} has never been written",
        remedy="run the pipeline that writes it, or everything: alur run --all --env local",
    )


def row_count(table: Table) -> int:
    """The rows of a table, as its snapshot's summary has them."""
    snapshot = table.current_snapshot()
    if snapshot is None or snapshot.summary is None:
        return 0
    return int(snapshot.summary["total-records"] or 0)


def _frame(session: SparkSession, table: Table) -> DataFrame:
    """A table's current rows."""
    return _frame_of(session, table, [task.file for task in table.scan().plan_files()])


def _frame_of(session: SparkSession, table: Table, files: list[DataFile]) -> DataFrame:
    """The rows of some of a table's files, read by the engine."""
    schema = spark_schema(columns_of(table.schema()))
    if not files:
        return session.createDataFrame([], schema)
    paths = [engine_path(local_path(file.file_path)) for file in files]
    return session.read.schema(schema).parquet(*paths)
