"""The runtime of a Glue job: the job's session, its catalog, and its locations in S3."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from alur.aws_clients import Clients, environment_region
from alur.errors import EngineError
from alur.project.project import Project
from alur.runtime.job.arguments import JobArguments
from alur.runtime.landing.s3 import S3Landing
from alur.runtime.runtime import Runtime
from alur.runtime.tables.glue_catalog import GlueCatalog
from alur.runtime.tables.spark_staging import S3Staging
from alur.runtime.tables.spark_warehouse import GlueWarehouse

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_REGION_SETTING = "spark.hadoop.fs.s3a.endpoint.region"


def glue_runtime(session: SparkSession, project: Project, job: JobArguments) -> Runtime:
    """Return the runtime of a job.

    Rows carry Glue's id of the run, which leads to its log. There is no preview, since nobody would see it.
    """
    clients = clients_of(session)
    run_id = job.run_id or uuid.uuid4().hex
    return Runtime(
        root=project.root,
        session=session,
        warehouse=glue_warehouse(session, clients, project, job, run_id),
        landing=S3Landing(clients, job.landing),
        code_version=job.code_version,
        run_id=run_id,
        rebuilds=job.rebuilds,
        preview_rows=0,
        plans=job.plans,
        retry_of=job.retry_of,
    )


def glue_warehouse(
    session: SparkSession, clients: Clients, project: Project, job: JobArguments, run_id: str
) -> GlueWarehouse:
    """Return the tables of a job, with a staging area for the run."""
    retentions = {
        project.pipeline(name).target.identifier: retention
        for name, retention in job.retentions.items()
    }
    return GlueWarehouse(
        session,
        GlueCatalog(clients("glue"), clients("s3")),
        job.databases,
        S3Staging(clients, job.temporary.below("staging", run_id)),
        retentions,
    )


def clients_of(session: SparkSession) -> Clients:
    """Return AWS's clients for the region of the environment, or that of the session's settings.

    Raises:
        EngineError: neither has a region.
    """
    region = environment_region() or session.conf.get(_REGION_SETTING, None)
    if region is None:
        raise EngineError(
            "the job's region is not set",
            remedy=f"set AWS_DEFAULT_REGION, or {_REGION_SETTING} in the job's --conf",
        )
    return Clients(region)
