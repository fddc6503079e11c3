"""Lists the tables of Glue's databases."""

from __future__ import annotations

from alur.aws_clients import Clients, aws_errors


def tables(clients: Clients, database: str) -> list[str]:
    """Return the names of a database's tables; an empty list if it does not exist.

    Raises:
        AwsError: Glue cannot be queried.
    """
    with aws_errors(f"the tables of {database} cannot be listed"):
        glue = clients("glue")
        try:
            pages = list(glue.get_paginator("get_tables").paginate(DatabaseName=database))
        except glue.exceptions.EntityNotFoundException:
            return []
    return [table["Name"] for page in pages for table in page["TableList"]]
