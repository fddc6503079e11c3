"""Glue's Data Catalog, which records each table's metadata file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alur.aws_clients import job_aws_errors
from alur.errors import EngineError
from alur.runtime.s3_location import S3Location
from alur.runtime.tables.state import TableState

_POINTER = "metadata_location"
"""The table parameter with the metadata file, which every engine updates with a commit."""


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
            raise EngineError(
                f"the table {database}.{table} in Glue is not an Iceberg table",
                remedy='another tool created it: remove it, or give the contract a new table with name="..."',
            )
        return pointer

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
