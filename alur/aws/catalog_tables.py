"""Reads what Glue's Data Catalog knows of a table."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from alur.aws_clients import Clients, aws_errors
from alur.errors import AwsError


def table_entry(clients: Clients, database: str, table: str) -> dict[str, Any]:
    """Return a table's entry in the catalog.

    Raises:
        AwsError: there is no such table, or Glue cannot be queried.
    """
    with aws_errors(f"the table {database}.{table} cannot be looked up in Glue"):
        glue = clients("glue")
        try:
            entry: dict[str, Any] = glue.get_table(DatabaseName=database, Name=table)["Table"]
        except glue.exceptions.EntityNotFoundException:
            raise AwsError(
                f"there is no table {database}.{table} in Glue in {clients.region}",
                remedy="name it as DATABASE.TABLE, and the environment of its region with --env",
            ) from None
    return entry


def iceberg_metadata(clients: Clients, entry: dict[str, Any]) -> dict[str, Any] | None:
    """Return the current metadata of an Iceberg table; None of another table.

    Raises:
        AwsError: its file cannot be read.
    """
    address = entry.get("Parameters", {}).get("metadata_location")
    if not isinstance(address, str):
        return None
    place = urlsplit(address, allow_fragments=False)
    with aws_errors(f"the metadata file {address} cannot be read"):
        answer = clients("s3").get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))
        metadata: dict[str, Any] = json.loads(answer["Body"].read())
    return metadata
