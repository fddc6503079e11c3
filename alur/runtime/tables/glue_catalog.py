"""Glue's Data Catalog, which records each table's metadata file."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alur.aws_clients import job_aws_errors
from alur.errors import EngineError
from alur.runtime.s3_location import S3Location
from alur.runtime.tables.metadata_file import with_properties
from alur.runtime.tables.state import TableState

_POINTER = "metadata_location"
"""The table parameter with the metadata file, which every engine updates with a commit."""
_FORMER = "previous_metadata_location"
_WRITABLE = ("Name", "Description", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")
"""What Glue takes back of its own entry: https://docs.aws.amazon.com/glue/latest/webapi/API_TableInput.html."""


@dataclass(frozen=True)
class GlueCatalog:
    """The catalog of the job's account and region.

    Attributes:
        glue, s3: boto3's clients.
    """

    glue: Any
    s3: Any

    def state(self, database: str, table: str) -> TableState | None:
        """Return a table's current state; None if there is no such table."""
        pointer = self.pointer(database, table)
        return None if pointer is None else TableState.parse(self._read(pointer))

    def pointer(self, database: str, table: str) -> str | None:
        """Return the location of a table's current metadata file; None if there is no such table.

        Raises:
            EngineError: the database does not exist, the table is not an Iceberg table, or Glue is unreachable.
        """
        with job_aws_errors(f"the table {database}.{table} cannot be looked up in Glue"):
            try:
                entry = self.glue.get_table(DatabaseName=database, Name=table)["Table"]
            except self.glue.exceptions.EntityNotFoundException:
                self._refuse_missing_database(database)
                return None
        pointer: str | None = entry.get("Parameters", {}).get(_POINTER)
        if pointer is None:
            raise _not_iceberg(f"{database}.{table}")
        return pointer

    def pointers(self, database: str) -> dict[str, str | None]:
        """Return the location of the metadata file of each table, by name: None for other tables than Iceberg's.

        Exceptions are boto3's, except for a missing database, which has no tables.
        """
        try:
            pages = list(self.glue.get_paginator("get_tables").paginate(DatabaseName=database))
        except self.glue.exceptions.EntityNotFoundException:
            return {}
        entries = (entry for page in pages for entry in page["TableList"])
        return {entry["Name"]: entry.get("Parameters", {}).get(_POINTER) for entry in entries}

    def state_at(self, pointer: str | None, table: str) -> TableState:
        """Return the state of a table that :meth:`pointers` has listed.

        Raises:
            EngineError: it is not an Iceberg table, or its metadata file cannot be read.
        """
        if pointer is None:
            raise _not_iceberg(table)
        return TableState.parse(self._read(pointer))

    def set_properties(self, database: str, table: str, properties: Mapping[str, str]) -> None:
        """Set properties of a table that no other program writes meanwhile, in a new metadata file.

        Raises:
            EngineError: the table has no metadata file, or AWS refuses.
        """
        self.change(database, table, lambda old, file: with_properties(old, file, properties))

    def change(
        self, database: str, table: str, changed_by: Callable[[dict[str, Any], str], dict[str, Any]]
    ) -> dict[str, Any]:
        """Put a table's next metadata file in the place of the present one, and return its content.

        Args:
            changed_by: returns the next metadata, given the present ones and the address of their file.

        Raises:
            EngineError: there is no such table, another program has committed meanwhile, or AWS refuses.
        """
        pointer = self.pointer(database, table)
        if pointer is None:
            raise EngineError(
                f"there is no table {database}.{table}", remedy="run the pipeline again"
            )
        metadata = changed_by(json.loads(self._read(pointer)), pointer)
        folder, _, name = pointer.rpartition("/")
        number = int(name.partition("-")[0]) + 1
        new = f"{folder}/{number:05d}-{uuid.uuid4()}.metadata.json"
        place = S3Location.parse(folder)
        with job_aws_errors(f"the metadata of {database}.{table} cannot be changed"):
            self.s3.put_object(
                Bucket=place.bucket,
                Key=place.prefix + new.rpartition("/")[2],
                Body=json.dumps(metadata).encode(),
            )
            entry = self.glue.get_table(DatabaseName=database, Name=table)["Table"]
            if entry.get("Parameters", {}).get(_POINTER) != pointer:
                raise EngineError(
                    f"another program has written {database}.{table} meanwhile",
                    remedy="run the command again",
                )
            changed = {name: entry[name] for name in _WRITABLE if name in entry}
            changed["Parameters"] |= {_POINTER: new, _FORMER: pointer}
            self.glue.update_table(
                DatabaseName=database, TableInput=changed, VersionId=entry.get("VersionId", "0")
            )
        return metadata

    def size(self, location: str) -> int:
        """Return the size in bytes of all current objects below a table's location."""
        place = S3Location.parse(location)
        with job_aws_errors(f"the files of {place} cannot be listed"):
            pages = self.s3.get_paginator("list_objects_v2").paginate(
                Bucket=place.bucket, Prefix=place.prefix
            )
            return sum(entry["Size"] for page in pages for entry in page.get("Contents", ()))

    def clear_unfinished(self, location: str) -> None:
        """Delete what a killed run left of a table that it was about to create: metadata without a snapshot.

        Raises:
            EngineError: there are snapshots, so this is another table, which the catalog does not list.
        """
        place = S3Location.parse(location).below("metadata")
        with job_aws_errors(f"the metadata in {place} cannot be listed"):
            found = self.s3.list_objects_v2(Bucket=place.bucket, Prefix=place.prefix)
        keys = [entry["Key"] for entry in found.get("Contents", ())]
        addresses = [f"s3://{place.bucket}/{key}" for key in keys if key.endswith(".metadata.json")]
        if any(TableState.parse(self._read(address)).snapshot for address in addresses):
            raise EngineError(
                f"{location} has files of a table that Glue does not list",
                remedy="register the table in Glue, or remove the files if nobody needs them",
            )
        for key in keys:
            with job_aws_errors(f"the metadata in {place} cannot be removed"):
                self.s3.delete_object(Bucket=place.bucket, Key=key)

    def _refuse_missing_database(self, database: str) -> None:
        try:
            self.glue.get_database(Name=database)
        except self.glue.exceptions.EntityNotFoundException:
            raise EngineError(
                f"there is no database {database!r} in Glue", remedy="create it: alur deploy"
            ) from None

    def _read(self, address: str) -> bytes:
        folder, _, name = address.rpartition("/")
        location = S3Location.parse(folder)
        with job_aws_errors(f"the metadata file {address} cannot be read"):
            answer = self.s3.get_object(Bucket=location.bucket, Key=location.prefix + name)
            content: bytes = answer["Body"].read()
        return content


def _not_iceberg(table: str) -> EngineError:
    return EngineError(
        f"the table {table} in Glue is not an Iceberg table",
        remedy='another tool created it: remove it, or give the contract a new table with name="..."',
    )
