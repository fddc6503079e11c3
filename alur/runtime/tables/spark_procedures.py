"""Iceberg's procedures as SQL (https://iceberg.apache.org/docs/1.10.0/spark-procedures/), and what they depend on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from alur.deployment.job_contents import CATALOG
from alur.runtime.tables.maintenance_thresholds import FILE_BYTES
from alur.runtime.tables.spark_sql import literal


def fast_forward(name: str, branch: str) -> str:
    """Return the statement that moves a table to a branch, unless the table has moved on since the branch began."""
    return f"CALL {CATALOG}.system.fast_forward({literal(name)}, 'main', {literal(branch)})"


def expire_snapshots(name: str, snapshots: Iterable[int]) -> str:
    """Return the statement that expires exactly these snapshots, and deletes the files that nothing else needs.

    Without the time, Iceberg would also expire all that are older than five days.

    >>> expire_snapshots("glue_catalog.`shop`.`orders`", {2, 1})
    "CALL glue_catalog.system.expire_snapshots(table => 'glue_catalog.`shop`.`orders`', older_than => TIMESTAMP '1970-01-01 00:00:00', snapshot_ids => ARRAY(1L, 2L))"
    """
    ids = ", ".join(f"{number}L" for number in sorted(snapshots))
    return (
        f"CALL {CATALOG}.system.expire_snapshots(table => {literal(name)}, "
        f"older_than => TIMESTAMP '1970-01-01 00:00:00', snapshot_ids => ARRAY({ids}))"
    )


def combine_files(name: str, least: int) -> str:
    """Return the statement that writes the rows of small files to larger ones, in each partition with at least so many.

    Larger files stay as they are: Iceberg would divide those of more than 1.8 times the target's size.
    """
    options = {
        "min-input-files": least,
        "target-file-size-bytes": FILE_BYTES,
        "min-file-size-bytes": FILE_BYTES // 2,
        "max-file-size-bytes": 1 << 60,
    }
    pairs = ", ".join(literal(str(part)) for option in options.items() for part in option)
    return (
        f"CALL {CATALOG}.system.rewrite_data_files(table => {literal(name)}, "
        f"strategy => 'binpack', options => map({pairs}))"
    )


def count_manifests(name: str) -> str:
    """Return the query for the number of a table's manifests."""
    return f"SELECT count(*) FROM {name}.manifests"  # noqa: S608 - the name is quoted


def combine_manifests(name: str) -> str:
    """Return the statement that writes a table's manifests again, in the order of their partitions."""
    return (
        f"CALL {CATALOG}.system.rewrite_manifests(table => {literal(name)}, use_caching => false)"
    )


def remove_orphans(name: str, before: datetime) -> str:
    """Return the statement that deletes the files below a table's location that no snapshot needs.

    Iceberg lists them with its own client of S3, and refuses times of less than a day ago.

    Args:
        before: spare files written later; in UTC, as the session's times are.
    """
    return (
        f"CALL {CATALOG}.system.remove_orphan_files(table => {literal(name)}, "
        f"older_than => TIMESTAMP '{before:%Y-%m-%d %H:%M:%S}', prefix_listing => true)"
    )
