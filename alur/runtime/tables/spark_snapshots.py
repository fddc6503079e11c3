"""Names the run in the summaries of Spark's snapshots: a write takes it as options, a statement from Iceberg."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def summary_options(summary: Mapping[str, str]) -> dict[str, str]:
    """Return the options of a write for its snapshot's summary.

    >>> summary_options({"alur.pipeline": "clean"})
    {'snapshot-property.alur.pipeline': 'clean'}
    """
    return {f"snapshot-property.{name}": value for name, value in summary.items()}


def execute_with_summary(session: SparkSession, statement: str, summary: Mapping[str, str]) -> None:
    """Execute a statement on Spark's JVM, and add a summary to its snapshot.

    SQL has no place for it, and Iceberg 1.10 reads none from the session. What Iceberg offers is a Java method that runs
    a ``Callable``. Method handles make one of ``SparkSession.sql``, so that the JVM need not call Python.
    """
    jvm, java_session = session._jvm, session._jsparkSession
    assert jvm is not None, "Iceberg's own catalog is the JVM's"
    loader, invoke = java_session.getClass().getClassLoader(), jvm.java.lang.invoke
    signature = invoke.MethodType.methodType(
        loader.loadClass("org.apache.spark.sql.Dataset"), loader.loadClass("java.lang.String")
    )
    sql = invoke.MethodHandles.publicLookup().bind(java_session, "sql", signature)
    call = invoke.MethodHandleProxies.asInterfaceInstance(
        loader.loadClass("java.util.concurrent.Callable"), sql.bindTo(statement)
    )
    jvm.org.apache.iceberg.spark.CommitMetadata.withCommitProperties(
        dict(summary), call, loader.loadClass("java.lang.Exception")
    )
