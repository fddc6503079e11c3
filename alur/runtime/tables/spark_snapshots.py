"""Names the run in the summaries of Spark's snapshots: a write takes it as options, a statement from Iceberg."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def summary_options(summary: Mapping[str, str]) -> dict[str, str]:
    """Return the options of a write for its snapshot's summary.

    >>> summary_options({"alur.pipeline": "clean"})
    {'snapshot-property.alur.pipeline': 'clean'}
    """
    return {f"snapshot-property.{name}": value for name, value in summary.items()}


@contextmanager
def summary_of_statements(session: SparkSession, summary: Mapping[str, str]) -> Iterator[None]:
    """Add a summary to the snapshots of statements executed within the context.

    SQL has no place for it, and Iceberg reads none from the session before 1.11
    (https://github.com/apache/iceberg/pull/14545). It adds the properties of its environment to every snapshot that the
    JVM commits: within the context, a job commits only this one.
    """
    assert session._jvm is not None, "Iceberg's own catalog is the JVM's"
    environment = session._jvm.org.apache.iceberg.EnvironmentContext
    for name, value in summary.items():
        environment.put(name, value)
    try:
        yield
    finally:
        for name in summary:
            environment.remove(name)
