"""The warehouse of this machine: Iceberg tables in a folder, through PyIceberg and its SQLite catalog."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from errno import EACCES, EROFS
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.dataset as ds
from filelock import FileLock
from pyiceberg.exceptions import NoSuchTableError, ValidationError
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from alur.contracts.contract import Contract
from alur.contracts.retention import Retention
from alur.errors import EngineError, SourceError
from alur.project.settings import LOCAL
from alur.runtime.engines.errors import reason
from alur.runtime.tables.existing_tables import in_contract
from alur.runtime.tables.increments import ChangedFiles, NewCommits
from alur.runtime.tables.maintained import Maintained
from alur.runtime.tables.provenance import RunIdentity
from alur.runtime.tables.pyiceberg_catalog import LocalCatalog
from alur.runtime.tables.pyiceberg_clones import Clones, no_files_needed
from alur.runtime.tables.pyiceberg_data_files import (
    first_rows,
    in_order_of_key,
    local_path,
    read_errors,
    rows_of,
    some_rows,
)
from alur.runtime.tables.pyiceberg_durable_files import PY_IO_IMPL
from alur.runtime.tables.pyiceberg_frames import table_frame
from alur.runtime.tables.pyiceberg_increments import changed_files
from alur.runtime.tables.pyiceberg_lock import acquire
from alur.runtime.tables.pyiceberg_maintenance import maintain, maintain_after_run
from alur.runtime.tables.pyiceberg_recovery import newest_metadata, remove_leftovers
from alur.runtime.tables.pyiceberg_state import state_of, whole_state_of
from alur.runtime.tables.pyiceberg_taken_files import taken_files
from alur.runtime.tables.pyiceberg_writer import LocalTableWriter
from alur.runtime.tables.state import TableState
from alur.runtime.tables.warehouse import Commit, TableRead

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyspark.sql import SparkSession

_BUSY_SECONDS = 60
"""The maximum wait of a commit for another one in the catalog's database."""


class LocalWarehouse:
    """Tables below one folder, named ``<layer>.<table>`` in the catalog ``catalog.db``.

    Other Iceberg tools can open them: PyIceberg with the same catalog, DuckDB by the table's folder.

    Attributes:
        retentions: how long tables keep their snapshots, by ``layer.table``; those of other tables stay for good.

    Args:
        clones: the clones of the environment, whose files stay.
    """

    def __init__(
        self,
        folder: Path,
        retentions: Mapping[str, Retention] | None = None,
        clones: Clones | None = None,
    ) -> None:
        self.folder = folder
        self.retentions = retentions or {}
        self._clones = clones
        self._files_needed = clones.files_needed if clones else no_files_needed

    @cached_property
    def catalog(self) -> LocalCatalog:
        """The catalog; the first access creates its folder."""
        # Not a text, where a path would end at "?" or "#".
        database = str(self.folder / "catalog.db")
        uri = URL.create("sqlite", database=database, query={"timeout": str(_BUSY_SECONDS)})
        properties = {"warehouse": str(self.folder), "py-io-impl": PY_IO_IMPL}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # Two simultaneous first runs would both create the catalog's tables, and one would fail.
            with FileLock(self.folder / "catalog.lock"):
                return LocalCatalog("alur", uri=cast(str, uri), **properties)
        except (OSError, SQLAlchemyError) as error:
            if isinstance(error, OSError) and error.errno in (EROFS, EACCES):
                # A read-only warehouse can still be read.
                properties["init_catalog_tables"] = "false"
                return LocalCatalog("alur", uri=cast(str, uri), **properties)
            raise self._unusable(error) from error

    def table(self, contract: Contract) -> Table | None:
        """Return the Iceberg table of a contract; None if it has never been written.

        Raises:
            EngineError: the project's folder has moved since the table was written.
        """
        table = self._load(contract)
        return table if table and table.current_snapshot() else None

    def _load(self, contract: Contract) -> Table | None:
        """Return the catalog's table, even without a snapshot."""
        try:
            table = self.catalog.load_table((contract.layer, contract.table))
        except NoSuchTableError:
            self._refuse_forgotten(contract)
            return None
        except FileNotFoundError as error:
            raise self._moved(contract, str(error)) from None
        except (OSError, SQLAlchemyError, ValueError, ValidationError) as error:
            raise self._unusable(error) from error
        if not local_path(table.location()).is_relative_to(self.folder):
            raise self._moved(contract, table.location())
        return table

    def _refuse_forgotten(self, contract: Contract) -> None:
        """Raise an error if a table's files exist, but the catalog does not list it."""
        folder = self.table_folder(contract)
        if newest_metadata(folder) is not None:
            raise EngineError(
                f"the catalog {self.folder / 'catalog.db'} has no entry for the table {contract.identifier}, "
                f"whose files are in {folder}",
                remedy=f"add it to the catalog: alur adopt {contract.identifier}; or remove the folder "
                "to start the table afresh",
            )

    def adopt(self, contract: Contract) -> bool:
        """Enter a lost table into the catalog, in the last state recorded by its files.

        Returns:
            Whether there was such a table.

        Raises:
            EngineError: the catalog cannot be used, or the project's folder has moved since the table was written.
        """
        newest = newest_metadata(self.table_folder(contract))
        try:
            identifier = (contract.layer, contract.table)
            if newest is None or self.catalog.table_exists(identifier):
                return False
            self.catalog.create_namespace_if_not_exists(contract.layer)
            self.catalog.register_table(identifier, str(newest))
        except (OSError, SQLAlchemyError, ValueError, ValidationError) as error:
            raise self._unusable(error) from error
        self._load(contract)
        return True

    def _moved(self, contract: Contract, detail: str) -> EngineError:
        return EngineError(
            f"the table {contract.identifier} is not where the catalog expects it: {detail}",
            remedy="Iceberg keeps absolute paths: move the project back, "
            f"or remove {self.folder} and run everything again",
        )

    def _unusable(self, error: Exception) -> EngineError:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        return EngineError(
            f"the warehouse {self.folder} cannot be used: {reason(cause)}",
            remedy="check that the folder is writable and the disk has space; if its files are damaged, "
            "remove the folder and run everything again",
        )

    def read(self, session: SparkSession, contract: Contract) -> TableRead:
        """Return the current rows of a table, in the contract's columns."""
        table = self.written_table(contract)
        frame, state = in_contract(table_frame(session, table), contract), state_of(table)
        assert state.snapshot is not None, "tables that were never written are not opened"
        return TableRead(frame, state.snapshot.total, state.snapshot.id, state.last_run)

    def read_changes(
        self, session: SparkSession, contract: Contract, commits: NewCommits
    ) -> ChangedFiles:
        """Return the rows of the files that commits have added and removed, in the contract's columns."""
        return changed_files(session, self.written_table(contract), contract, commits)

    @contextmanager
    def writing(
        self,
        session: SparkSession,
        contract: Contract,
        run: RunIdentity,
        notice: Callable[[str], None],
    ) -> Iterator[LocalTableWriter]:
        """Hold a table; delete leftovers of a killed run first, and the staging folder at the end."""
        with self._held(contract, run.run_id, notice) as (table, own):
            before = table.metadata.current_snapshot_id if table else None
            folder = self.table_folder(contract)
            yield LocalTableWriter(self.catalog, session, contract, table, folder, own)
            if table is not None:
                retention, needed = self._retention(contract), self._files_needed
                maintain_after_run(table, contract, before, retention, notice, needed)

    def maintain(self, contract: Contract, notice: Callable[[str], None]) -> Maintained:
        """Keep a table small: combine files, expire snapshots, delete orphans; wait for a run that writes it.

        Raises:
            SourceError: the table has never been written.
            EngineError: a file of the table is missing or damaged, or another program has committed meanwhile.
        """
        if self.table(contract) is None:
            raise self._never_written(contract)
        with self._held(contract, f"maintenance-{uuid.uuid4().hex}", notice) as (table, _):
            assert table is not None, "a table once written stays"
            return maintain(table, contract, self._retention(contract), self._files_needed)

    def _retention(self, contract: Contract) -> Retention | None:
        return self.retentions.get(contract.identifier)

    @contextmanager
    def _held(
        self, contract: Contract, holder: str, notice: Callable[[str], None]
    ) -> Iterator[tuple[Table | None, Path]]:
        """Hold a table; yield it and a folder for its holder, once leftovers of a killed one are deleted."""
        if self._clones:
            self._clones.refuse_dropped()
        try:
            lock = acquire(self.folder / "locks", contract.identifier, notice)
        except OSError as error:
            raise self._unusable(error) from error
        try:
            table = self._load(contract)
            staging = self.folder / "staging" / contract.identifier
            yield table, self._stage(contract, table, staging, holder)
            # The folder stays after a failure: the next holder deletes it with anything that the commit had begun.
            shutil.rmtree(staging)
        finally:
            lock.release()

    def _stage(self, contract: Contract, table: Table | None, staging: Path, holder: str) -> Path:
        """Delete leftovers of a killed holder, and return a new staging folder for this one."""
        own = staging / holder
        try:
            if staging.exists():
                folder = self.table_folder(contract)
                catalog = self.folder / "catalog.db"
                remove_leftovers(folder, table, catalog, self._files_needed)
                shutil.rmtree(staging)
            own.mkdir(parents=True)
        except OSError as error:
            raise self._unusable(error) from error
        return own

    def table_folder(self, contract: Contract) -> Path:
        """Return the folder of a table's files."""
        return self.folder / contract.layer / contract.table

    def rows(self, contract: Contract, limit: int | None = None) -> pa.Table:
        """Return rows of a table in the order of its key, read without an engine.

        Args:
            limit: the maximum number of rows; by default all.

        Raises:
            SourceError: the table has never been written.
            EngineError: its files are missing or damaged.
        """
        rows = self.open(contract)
        with read_errors(contract):
            if limit is None:
                return in_order_of_key(rows.to_table(), contract)
            return first_rows(rows, contract, limit)

    def open(self, contract: Contract) -> ds.Dataset:
        """Return the rows of a table as they are now, to be read piece by piece, without an engine.

        Raises:
            SourceError: the table has never been written.
            EngineError: its files are missing or damaged.
        """
        table = self.written_table(contract)
        with read_errors(contract):
            return rows_of(table)

    def written_table(self, contract: Contract) -> Table:
        """Return the Iceberg table of a contract.

        Raises:
            SourceError: the table has never been written.
            EngineError: the catalog cannot be used.
        """
        table = self.table(contract)
        if table is None:
            raise self._never_written(contract)
        return table

    def _never_written(self, contract: Contract) -> SourceError:
        return SourceError(
            f"the table {contract.identifier} has never been written",
            remedy="run the pipeline that writes it, or everything: "
            f"alur run --all --env {self._clones.environment if self._clones else LOCAL}",
        )

    def state(self, contract: Contract) -> TableState | None:
        """Return a table's current state; None if it has never been written."""
        table = self.table(contract)
        return None if table is None else state_of(table)

    def whole_state(self, contract: Contract) -> TableState | None:
        """Return a table's current state with all its snapshots; None if it has never been written."""
        table = self.table(contract)
        return None if table is None else whole_state_of(table)

    def taken_files(self, contract: Contract, names: Collection[str]) -> dict[str, datetime]:
        """Return when rows of landing files came into a table, for those of the files that are in it."""
        return {} if (table := self.table(contract)) is None else taken_files(table, names)

    def current_state(self, contract: Contract) -> Commit | None:
        """Return a table's current state as a commit without new rows; None if it has never been written."""
        if (state := self.state(contract)) is None or state.snapshot is None:
            return None
        path = str(local_path(state.location))
        return Commit(state.snapshot.id, 0, state.snapshot.total, path)

    def preview(self, contract: Contract, limit: int) -> list[dict[str, Any]]:
        """Return some rows of a table; none if it has never been written."""
        if (table := self.table(contract)) is None:
            return []
        with read_errors(contract):
            return some_rows(table, limit)
