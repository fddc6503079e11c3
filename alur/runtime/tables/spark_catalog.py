"""The abilities of a session's catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alur.deployment.job_contents import CATALOG

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_ICEBERG = "org.apache.iceberg.spark.SparkCatalog"


def has_iceberg(session: SparkSession) -> bool:
    """Return whether the catalog is Iceberg's own: it alters and replaces tables, merges rows, and shows metadata."""
    return session.conf.get(f"spark.sql.catalog.{CATALOG}", None) == _ICEBERG
