"""A runtime in a Glue job: the job's session, its catalog, and its places in S3."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from alur.project.project import Project
from alur.runtime.glue.arguments import JobArguments
from alur.runtime.glue.catalog import GlueCatalog
from alur.runtime.glue.clients import client
from alur.runtime.glue.s3_landing import S3Landing
from alur.runtime.glue.staging import S3Staging
from alur.runtime.glue.warehouse import GlueWarehouse
from alur.runtime.run import Runtime

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def glue_runtime(session: SparkSession, project: Project, job: JobArguments) -> Runtime:
    """Everything a run of the job needs.

    Rows carry the name that Glue gave the run, so they lead to its log; nobody looks at a preview here.
    """
    s3 = client("s3", session)
    run_id = job.run_id or uuid.uuid4().hex
    staging = job.temporary.below("staging", run_id)
    return Runtime(
        root=project.root,
        session=session,
        warehouse=GlueWarehouse(
            session,
            GlueCatalog(client("glue", session), s3),
            job.homes,
            S3Staging(s3, staging),
        ),
        landing=S3Landing(s3, job.landing),
        code_version=job.code_version,
        run_id=run_id,
        preview_rows=0,
    )
