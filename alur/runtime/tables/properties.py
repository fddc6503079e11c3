"""The properties of Iceberg tables and of their snapshots, the same for every catalog."""

from __future__ import annotations

from alur.runtime.tables.warehouse import RunIdentity

TABLE_PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    # Otherwise many commits leave unreferenced metadata files behind.
    "write.metadata.delete-after-commit.enabled": "true",
}


def snapshot_summary(run: RunIdentity) -> dict[str, str]:
    """Return the record of a run in its snapshot's summary."""
    return {
        "alur.run-id": run.run_id,
        "alur.pipeline": run.pipeline,
        "alur.code-version": run.code_version,
    }
