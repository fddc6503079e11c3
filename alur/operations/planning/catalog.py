"""Reads the states of all tables of an environment."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from alur.aws_clients import Clients, aws_errors
from alur.errors import AlurError
from alur.runtime.tables.glue_catalog import GlueCatalog

if TYPE_CHECKING:
    from alur.contracts.contract import Contract
    from alur.project.environment import Environment
    from alur.runtime.tables.state import TableState

_AT_ONCE = 16


def deployed_states(
    clients: Clients, environment: Environment, contracts: Iterable[Contract]
) -> dict[str, TableState | AlurError | None]:
    """Return the state of each table in AWS by ``layer.table``: None if it does not exist, an error if it cannot be read.

    Raises:
        AwsError: AWS cannot be queried.
    """
    contracts = tuple(contracts)
    catalog = GlueCatalog(clients("glue"), clients("s3"))
    pointers: dict[str, str | None] = {}
    with aws_errors("the tables in Glue cannot be listed"):
        for layer in dict.fromkeys(contract.layer for contract in contracts):
            found = catalog.pointers(environment.names.database(layer))
            pointers |= {f"{layer}.{table}": pointer for table, pointer in found.items()}

    def state(contract: Contract) -> TableState | AlurError | None:
        if contract.identifier not in pointers:
            return None
        try:
            return catalog.state_at(pointers[contract.identifier], contract.identifier)
        except AlurError as error:
            return error

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        states = threads.map(state, contracts)
        return {c.identifier: known for c, known in zip(contracts, states, strict=True)}
