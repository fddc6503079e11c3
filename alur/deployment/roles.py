"""Plans the roles of Glue jobs: one for all, or one for each with only the access its pipeline needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from alur.contracts.contract import LAYERS
from alur.deployment.job_role import JobRole, TableGrant
from alur.naming import LANDING_PREFIX
from alur.pipelines.pipeline import Pipeline
from alur.project.environment import Environment
from alur.project.project import Project

SHARED = "jobs"
"""The name in Terraform of the role shared by all jobs."""

# The wildcards of a source's pattern, and what else IAM would not take literally
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html).
_NOT_LITERAL = re.compile(r"[*?\[$]")


def job_roles(project: Project, environment: Environment) -> Iterator[JobRole]:
    """Yield the roles of an environment's jobs, by its setting ``job_roles``.

    Raises:
        NameTooLong: the names of project and environment leave no room for the pipeline's.
    """
    names = environment.names
    where = f"{environment.project} ({environment.name})"
    temporary = names.temporary_prefix
    if environment.settings.job_roles == "shared":
        yield JobRole(
            label=SHARED,
            name=names.job_role,
            description=f"The Glue jobs of {where}",
            temporary=temporary,
            landing=(f"{LANDING_PREFIX}*",),
            reads=(),
            writes=tuple(TableGrant(layer, "*") for layer in LAYERS),
        )
        return
    for pipeline in project.pipelines:
        yield JobRole(
            label=role_label(pipeline.name),
            name=names.pipeline_role(pipeline.name),
            description=f"The Glue job of {pipeline.name} in {where}",
            temporary=f"{temporary}{pipeline.name}/",
            landing=tuple(sorted({_below(s.pattern) for s in pipeline.file_sources.values()})),
            reads=_reads(pipeline),
            writes=(TableGrant(pipeline.target.layer, pipeline.target.table),),
        )


def role_label(pipeline: str) -> str:
    """Return the name in Terraform of a pipeline's own role."""
    return f"job-{pipeline}"


def _reads(pipeline: Pipeline) -> tuple[TableGrant, ...]:
    tables = {(c.layer, c.table) for c in pipeline.table_sources.values()}
    order = {layer: position for position, layer in enumerate(LAYERS)}
    return tuple(TableGrant(*table) for table in sorted(tables, key=lambda t: (order[t[0]], t[1])))


def _below(pattern: str) -> str:
    """Return a pattern for the keys of all files of a source.

    >>> _below("orders/2024-*.csv"), _below("./rates.csv")
    ('landing/orders/2024-*', 'landing/rates.csv*')
    """
    normal = "/".join(PurePosixPath(pattern).parts)
    return f"{LANDING_PREFIX}{_NOT_LITERAL.split(normal, maxsplit=1)[0]}*"
