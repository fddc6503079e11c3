"""The properties of Iceberg tables, the same for every catalog."""

from __future__ import annotations

from alur.contracts.columns import SOURCE_FILE
from alur.contracts.contract import Contract

_PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    # Otherwise many commits leave unreferenced metadata files behind.
    "write.metadata.delete-after-commit.enabled": "true",
}

# A shortened bound does not show which landing files a data file holds.
_WHOLE_FILE_NAMES = {f"write.metadata.metrics.column.{SOURCE_FILE}": "full"}


def table_properties(contract: Contract) -> dict[str, str]:
    """Return the properties of a contract's new table."""
    return _PROPERTIES | metrics_properties(contract)


def metrics_properties(contract: Contract) -> dict[str, str]:
    """Return the properties that decide which bounds a table's manifests record."""
    # Iceberg on the JVM refuses a property for a missing column.
    return {} if contract.column(SOURCE_FILE) is None else _WHOLE_FILE_NAMES


RUN_BRANCHES = "alur_run_"
"""The names of branches that hold a run's rows before the table takes them over begin so."""


def branch_of_run(run_id: str) -> str:
    """Return the name of a run's branch of its target."""
    return f"{RUN_BRANCHES}{run_id}"
