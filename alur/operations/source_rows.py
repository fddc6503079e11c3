"""Reads rows of a pipeline's sources, on this machine or in an environment of AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.dataset as ds

from alur.contracts.columns import SOURCE_FILE
from alur.contracts.contract import Contract
from alur.errors import SourceError
from alur.naming import LANDING_PREFIX
from alur.operations.connection import connect
from alur.pipelines.sources import FileSource, Source
from alur.project.environment import Environment
from alur.project.project import Project
from alur.runtime.fixtures.recorded import fixture_columns
from alur.runtime.fixtures.sampling import SampledSource
from alur.runtime.landing.formats import READERS
from alur.runtime.landing.location import FileChanged, Landing
from alur.runtime.landing.s3 import S3Landing
from alur.runtime.local import local_warehouse
from alur.runtime.places import Places
from alur.runtime.s3_location import S3Location
from alur.runtime.tables.pyiceberg_data_files import batches_of

if TYPE_CHECKING:
    from alur.aws_clients import Clients

Tables = Callable[[Contract], ds.Dataset]


def open_sources(
    project: Project, environment: Environment, sources: Mapping[str, Source]
) -> dict[str, SampledSource]:
    """Open the tables and landing files of some sources, as they are now.

    Raises:
        AlurError: a table has never been written, no file matches, or AWS cannot be reached.
    """
    if environment.is_local:
        tables: Tables = local_warehouse(project, environment.name).open
        landing: Landing = Places.of(project, environment.name).landing
    else:
        clients = connect(project, environment)
        tables = _tables_of(environment, clients)
        location = S3Location(environment.names.bucket("bronze"), LANDING_PREFIX)
        landing = S3Landing(clients, location)
    return {
        parameter: (
            _files(source, landing)
            if isinstance(source, FileSource)
            else _table(source.contract, tables)
        )
        for parameter, source in sources.items()
    }


def _tables_of(environment: Environment, clients: Clients) -> Tables:
    from alur.runtime.tables.glue_reader import open_table

    def open_in_glue(contract: Contract) -> ds.Dataset:
        database = environment.names.database(contract.layer)
        properties = clients.s3_properties()
        return open_table(clients("glue"), clients("s3"), properties, database, contract)

    return open_in_glue


def _table(contract: Contract, tables: Tables) -> SampledSource:
    rows = tables(contract)
    absent = [column for column in contract.columns if column.name not in rows.schema.names]
    for column in absent:
        if not column.nullable:
            raise SourceError(
                f"the table {contract.identifier} has no column {column.name!r} yet",
                where=contract.location,
                remedy="run the pipeline that writes it",
            )

    def read(columns: Sequence[str]) -> Iterator[pa.Table]:
        present = [name for name in columns if name in rows.schema.names]
        for batch in batches_of(rows, present):
            nulls = pa.nulls(batch.num_rows)
            arrays = [batch[name] if name in present else nulls for name in columns]
            yield pa.Table.from_arrays(arrays, list(columns))

    return SampledSource(tuple(c.name for c in contract.columns), contract.key, read)


def _files(source: FileSource, landing: Landing) -> SampledSource:
    files = landing.files(source)
    reader = READERS[source.format](source)

    def read(columns: Sequence[str]) -> Iterator[pa.Table]:
        for file in files:
            try:
                for rows in reader.raw(file, lambda _: None):
                    name = pa.repeat(file.name, rows.num_rows)
                    yield rows.append_column(SOURCE_FILE, name).select(list(columns))
            except FileChanged:
                raise SourceError(
                    f"{file.name}: changed while it was read",
                    remedy="record again once the file is complete",
                ) from None

    return SampledSource(tuple(c.name for c in fixture_columns(source)), (), read)
