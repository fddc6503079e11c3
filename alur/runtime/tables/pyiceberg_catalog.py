"""The catalog of this machine: PyIceberg's SQLite catalog, with less work for each snapshot of a table's history."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from pyiceberg.catalog.sql import IcebergTables, SqlCatalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import CommitTableResponse, Table
from pyiceberg.table.metadata import TableMetadata, TableMetadataV2
from sqlalchemy import event

from alur.errors import EngineError
from alur.runtime.tables.pyiceberg_data_files import local_path, written_meanwhile

if TYPE_CHECKING:
    from pyiceberg.table.update import TableRequirement, TableUpdate
    from pyiceberg.typedef import Identifier
    from sqlalchemy.engine import Engine, ExceptionContext


class LocalCatalog(SqlCatalog):
    """A catalog that parses each metadata file once, and whose commits share the snapshots they leave unchanged."""

    def __init__(self, name: str, **properties: str) -> None:
        self._parsed: dict[Identifier, tuple[str, TableMetadata]] = {}
        super().__init__(name, **properties)

    def _init_catalog(self) -> None:
        # The first use of the database; an event reaches every later one, too.
        event.listen(self.engine, "handle_error", _refuse_held)
        super()._init_catalog()

    def commit_table(
        self,
        table: Table,
        requirements: tuple[TableRequirement, ...],
        updates: tuple[TableUpdate, ...],
    ) -> CommitTableResponse:
        """Commit changes of a table, once: PyIceberg would repeat a refused commit beside rows that the run has not read.

        Raises:
            EngineError: another program, which takes no lock, has committed meanwhile.
        """
        try:
            committed = super().commit_table(table, requirements, updates)
        except CommitFailedException as error:
            raise written_meanwhile(table) from error
        self._parsed[table.name()] = committed.metadata_location, _shared(committed.metadata)
        return committed

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let all commits within the block take effect in one transaction of the database, or none after an error.

        Another program's commit waits meanwhile. For one thread only.
        """
        engine = self.engine
        with engine.connect() as connection:
            # By itself SQLite would begin at the first write, after what was read may have changed.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            # Sessions join a transaction that is under way, and leave its end to the outermost block.
            self.engine = cast("Engine", connection)
            try:
                yield
                connection.commit()
            finally:
                self.engine = engine

    def write_metadata(self, metadata: TableMetadata) -> str:
        """Write the first metadata file of a table that the catalog does not list yet; return its location."""
        location = f"{metadata.location}/metadata/00000-{uuid.uuid4()}.metadata.json"
        self._write_metadata(metadata, self._load_file_io(metadata.properties, location), location)
        return location

    def _convert_orm_to_iceberg(self, orm_table: IcebergTables) -> Table:
        """Return a table of the database; a commit loads the table that the run has loaded before."""
        name = orm_table.table_namespace or "", orm_table.table_name or ""
        location, metadata = self._parsed.get(name, ("", None))
        # Metadata files do not change, but they can be removed with the table's folder.
        if metadata and location == orm_table.metadata_location and local_path(location).exists():
            io = self._load_file_io(metadata.properties, location)
            return Table(name, metadata, location, io, self)
        table = super()._convert_orm_to_iceberg(orm_table)
        table.metadata = _shared(table.metadata)
        self._parsed[name] = table.metadata_location, table.metadata
        return table


def _refuse_held(context: ExceptionContext) -> None:
    """Raise an error with a remedy if SQLite has waited in vain for another program.

    Raises:
        EngineError: another program holds the catalog.
    """
    error = context.original_exception
    code = error.sqlite_errorcode if isinstance(error, sqlite3.OperationalError) else 0
    # The lowest byte; the others tell kinds apart.
    if code & 0xFF == sqlite3.SQLITE_BUSY and context.engine is not None:
        raise EngineError(
            f"another program holds the catalog {context.engine.url.database}",
            remedy="end that program or wait for it, then run the command again",
        ) from error


class _SharedMetadata(TableMetadataV2):
    """Metadata whose deep copies are shallow.

    PyIceberg deep-copies it whenever a step of a transaction looks at it, about 20 times a commit. All its parts are
    immutable or never changed, so copies can share them.
    """

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> _SharedMetadata:
        return self.__copy__()


def _shared(metadata: TableMetadata) -> TableMetadata:
    if type(metadata) is not TableMetadataV2:
        return metadata
    return _SharedMetadata.model_construct(metadata.model_fields_set, **metadata.__dict__)
