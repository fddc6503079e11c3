"""The properties of Iceberg tables and of their snapshots, the same for every catalog."""

from __future__ import annotations

from alur.contracts.columns import SOURCE_FILE
from alur.contracts.contract import Contract
from alur.runtime.tables.warehouse import RunIdentity

_PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    # Otherwise many commits leave unreferenced metadata files behind.
    "write.metadata.delete-after-commit.enabled": "true",
}


# A shortened bound does not show which landing files a data file holds.
_WHOLE_FILE_NAMES = {f"write.metadata.metrics.column.{SOURCE_FILE}": "full"}


def table_properties(contract: Contract) -> dict[str, str]:
    """Return the properties of a contract's table."""
    # Iceberg on the JVM refuses a property for a missing column.
    has_files = contract.column(SOURCE_FILE) is not None
    return _PROPERTIES | (_WHOLE_FILE_NAMES if has_files else {})


def snapshot_summary(run: RunIdentity) -> dict[str, str]:
    """Return the record of a run in its snapshot's summary."""
    return {
        "alur.run-id": run.run_id,
        "alur.pipeline": run.pipeline,
        "alur.code-version": run.code_version,
    }
