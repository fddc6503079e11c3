"""Plans the roles of Glue jobs: one for all, or one for each with only the access its pipeline needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from alur.contracts.contract import LAYERS, Layer
from alur.deployment.job_group import JobGroup
from alur.deployment.job_role import JobRole, TableGrant
from alur.naming import LANDING_PREFIX
from alur.pipelines.pipeline import Pipeline
from alur.project.environment import Environment
from alur.project.project import Project
from alur.text import counted

SHARED = "jobs"
"""The name in Terraform of the role shared by all jobs."""

# The wildcards of a source's pattern, and what else IAM would not take literally
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html).
_NOT_LITERAL = re.compile(r"[*?\[$]")


# The policies within a role have at most 10,240 characters, without white space
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
_POLICY_CHARACTERS = 10_240
_POLICY_WITHOUT_TABLES = 4_000
"""The characters of the policy in iam.tf without tables and landing files, and some to spare."""


def job_roles(
    project: Project, environment: Environment, groups: Iterable[JobGroup]
) -> Iterator[JobRole]:
    """Yield the roles of an environment's jobs, by its setting ``job_roles``.

    Args:
        groups: the pipelines of each job.

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
    for group in groups:
        pipelines = [project.pipeline(name) for name in group.pipelines]
        jobs = (
            f"of {counted(len(pipelines), 'pipeline')}" if group.is_fused else f"of {group.label}"
        )
        yield JobRole(
            label=role_label(group.label),
            name=group.role_name(names),
            description=f"The Glue job {jobs} in {where}",
            temporary=f"{temporary}{group.label}/",
            landing=_landing(pipelines),
            reads=_reads(pipelines),
            writes=_writes(pipelines),
        )


def role_label(job: str) -> str:
    """Return the name in Terraform of a job's own role.

    Args:
        job: the job's label.
    """
    return f"job-{job}"


def own_role_fits(pipelines: Iterable[Pipeline], environment: Environment) -> bool:
    """Return whether one role can have the access of several pipelines; it always can where all jobs share one."""
    if environment.settings.job_roles == "shared":
        return True
    names, pipelines = environment.names, list(pipelines)
    characters = _POLICY_WITHOUT_TABLES
    for grant in (*_reads(pipelines), *_writes(pipelines)):
        # The ARN of its files, their prefix for a listing, and the ARN of the table with the longest partition and region.
        files = len(
            f'"arn:aws-us-gov:s3:::{names.bucket(grant.layer)}/{grant.files}","{grant.files}",'
        )
        table = (
            f'"arn:aws-us-gov:glue:ap-southeast-5:123456789012:table/{names.database(grant.layer)}'
        )
        characters += files + len(f'{table}/{grant.table}",')
    for pattern in _landing(pipelines):
        characters += len(f'"arn:aws-us-gov:s3:::{names.bucket("bronze")}/{pattern}","{pattern}",')
    return characters <= _POLICY_CHARACTERS


def _landing(pipelines: Iterable[Pipeline]) -> tuple[str, ...]:
    sources = (source for pipeline in pipelines for source in pipeline.file_sources.values())
    return tuple(sorted({_below(source.pattern) for source in sources}))


def _reads(pipelines: Iterable[Pipeline]) -> tuple[TableGrant, ...]:
    """Return the tables that pipelines only read."""
    pipelines = list(pipelines)
    tables = {(c.layer, c.table) for p in pipelines for c in p.table_sources.values()}
    return _granted(tables - {(p.target.layer, p.target.table) for p in pipelines})


def _writes(pipelines: Iterable[Pipeline]) -> tuple[TableGrant, ...]:
    return _granted({(p.target.layer, p.target.table) for p in pipelines})


def _granted(tables: Iterable[tuple[Layer, str]]) -> tuple[TableGrant, ...]:
    order = {layer: position for position, layer in enumerate(LAYERS)}
    return tuple(TableGrant(*table) for table in sorted(tables, key=lambda t: (order[t[0]], t[1])))


def _below(pattern: str) -> str:
    """Return a pattern for the keys of all files of a source.

    >>> _below("orders/2024-*.csv"), _below("./rates.csv")
    ('landing/orders/2024-*', 'landing/rates.csv*')
    """
    normal = "/".join(PurePosixPath(pattern).parts)
    return f"{LANDING_PREFIX}{_NOT_LITERAL.split(normal, maxsplit=1)[0]}*"
