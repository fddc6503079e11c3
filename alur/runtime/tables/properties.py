"""The properties of Iceberg tables and of their snapshots, the same for every catalog."""

from __future__ import annotations

from alur.runtime.tables.warehouse import RunIdentity

TABLE_PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    # Otherwise a table of many commits has metadata files that nothing refers to any more.
    "write.metadata.delete-after-commit.enabled": "true",
}


def snapshot_summary(run: RunIdentity) -> dict[str, str]:
    """Return what a snapshot's summary records of the run that made it."""
    return {
        "alur.run-id": run.run_id,
        "alur.pipeline": run.pipeline,
        "alur.code-version": run.code_version,
    }
