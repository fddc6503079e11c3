"""Maintains the table of a job's pipeline, without running the pipeline."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from alur.aws_clients import Clients, job_aws_errors
from alur.contracts.contract import Contract
from alur.project.project import Project
from alur.runtime.job.arguments import JobArguments
from alur.runtime.job.log import log_line
from alur.runtime.tables.maintenance_results import place_of_result
from alur.text import counted

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from alur.runtime.tables.maintained import Maintained
    from alur.runtime.tables.spark_warehouse import GlueWarehouse

    Maintainer = Callable[[GlueWarehouse, Contract, Clients], Maintained]


def with_procedures(tables: GlueWarehouse, contract: Contract, clients: Clients) -> Maintained:
    """Maintain a table with Iceberg's procedures in the job's engine."""
    return tables.maintain(contract)


def maintain_target(
    session: SparkSession, project: Project, job: JobArguments, maintain: Maintainer
) -> None:
    """Maintain the table of the job's pipeline, print the outcome, and leave it in the job's temporary location.

    Args:
        maintain: does it.

    Raises:
        SourceError: the table has never been written.
        EngineError: the engine cannot do this, a file is missing, or another program has committed meanwhile.
    """
    from alur.runtime.job.runtime import clients_of, glue_warehouse

    clients = clients_of(session)
    run_id = job.run_id or uuid.uuid4().hex
    (pipeline,) = job.pipelines
    tables = glue_warehouse(session, clients, project, job, run_id)
    outcome = maintain(tables, project.pipeline(pipeline).target, clients)
    _log(outcome)
    bucket, key = place_of_result(job.temporary, run_id)
    with job_aws_errors("the outcome of the maintenance cannot be written"):
        clients("s3").put_object(Bucket=bucket, Key=key, Body=outcome.to_json().encode())


def _log(outcome: Maintained) -> None:
    log_line(f"Maintained {outcome.table}")
    log_line(f"Data files: {outcome.files_before:,}, now {outcome.files_after:,}")
    log_line(f"Snapshots: {outcome.snapshots_before:,}, now {outcome.snapshots_after:,}")
    log_line(f"Deleted {counted(outcome.orphans, 'file')} that no snapshot needed")
    log_line(f"Bytes: {outcome.bytes_before:,}, now {outcome.bytes_after:,}")
