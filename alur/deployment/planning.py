"""Plans a deployment: from a project and an environment to AWS objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from alur.contracts.contract import LAYERS
from alur.deployment import job_arguments
from alur.deployment.delivery import alert_rules, dead_letter_queues
from alur.deployment.descriptions import (
    fused_description,
    job_description,
    schedule_description,
)
from alur.deployment.job_contents import CATALOG
from alur.deployment.job_group import JobGroup
from alur.deployment.job_layout import JobLayout, job_layout
from alur.deployment.job_role import JobRole
from alur.deployment.resources import (
    Bucket,
    Database,
    Deployment,
    Job,
    ScheduledWorkflow,
)
from alur.deployment.roles import SHARED, job_roles, role_label
from alur.deployment.workflows import triggers_of
from alur.errors import AlurError, DeploymentError, Problems
from alur.naming import BUCKETS, LANDING_PREFIX, Names
from alur.pipelines.pipeline import Pipeline
from alur.project.environment import Environment
from alur.project.project import DeclaredSchedule, Project

_LONGEST_MINUTES = 10_080
"""A run takes at most 7 days (https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-job.html)."""


def plan(project: Project, environment: Environment) -> Deployment:
    """Return the AWS objects of a project in an environment, without the code of its jobs.

    :meth:`~alur.deployment.resources.Deployment.with_code` adds that, where it is packaged.

    Raises:
        NameTooLong: a name breaks the limits of the service it goes to.
        DeploymentError: the environment is ``local`` or was made by ``alur new-env``, or AWS cannot hold what is declared; every problem is listed.
    """
    environment.require_aws()
    if environment.clone:
        raise DeploymentError(
            f"{environment.name} is not deployed: it was made by alur new-env, and uses the jobs of {environment.base}",
            remedy=f"name {environment.base}, or end it: alur drop-env {environment.name}",
        )
    names, settings = environment.names, environment.settings
    buckets = _buckets(names)
    databases = tuple(
        Database(layer, names.database(layer), names.tables(layer)) for layer in LAYERS
    )
    layout = job_layout(project, environment)
    roles = tuple(job_roles(project, environment, layout.groups))
    jobs = tuple(_Jobs(project, environment, databases, roles).all(layout.groups))
    schedules = tuple(_schedules(project, layout, names))
    alerting = tuple(alert_rules(names.alerts, [job.name for job in jobs]))
    rules = [rule.label for rule in alerting] + [schedule.label for schedule in schedules]
    return Deployment(
        names=names,
        region=settings.aws_region,
        account_id=settings.account_id,
        glue_version=settings.glue_version,
        buckets=buckets,
        databases=databases,
        jobs=jobs,
        schedules=schedules,
        alert_rules=alerting,
        alerts_email=settings.alerts_email,
        job_roles=roles,
        queues=tuple(dead_letter_queues(names, rules)),
        log_retention_days=settings.log_retention_days,
        # The sandbox's state must not outlive it.
        state_bucket=None if environment.is_sandbox else settings.state_bucket,
        dpu_hour_price=settings.dpu_hour_price,
        alone=layout.alone,
    )


def plan_otherwise(project: Project, environment: Environment) -> Deployment | None:
    """Return the plan without shared jobs if the environment has them, and the plan with them if it has none.

    Return None if AWS cannot hold it.
    """
    fuse = None if environment.settings.fuse else "schedule"
    settings = environment.settings.model_copy(update={"fuse": fuse})
    try:
        return plan(project, replace(environment, settings=settings))
    except AlurError:
        return None


def _buckets(names: Names) -> tuple[Bucket, ...]:
    """Return the buckets. Each is a separate Terraform resource, so no two kinds may share one."""
    buckets = tuple(Bucket(kind, names.bucket(kind)) for kind in BUCKETS)
    kinds: dict[str, str] = {}
    for bucket in buckets:
        other = kinds.setdefault(bucket.name, bucket.kind)
        if other != bucket.kind:
            raise DeploymentError(
                f"{bucket.name!r} is both the {other} bucket and the {bucket.kind} bucket",
                remedy=f"set another {bucket.kind}_bucket in alur.toml",
            )
    return buckets


class _Jobs:
    """Makes the jobs, which differ in little."""

    def __init__(
        self,
        project: Project,
        environment: Environment,
        databases: tuple[Database, ...],
        roles: tuple[JobRole, ...],
    ) -> None:
        self._project = project
        self._environment = environment
        self._locations = {database.layer: database.location for database in databases}
        self._roles = {role.label: role for role in roles}
        names = environment.names
        self._artifacts = names.bucket("artifacts")
        self._shared = {
            job_arguments.ENVIRONMENT: environment.name,
            job_arguments.LANDING: f"s3://{names.bucket('bronze')}/{LANDING_PREFIX}",
            **{
                job_arguments.of_layer(base.layer): job_arguments.layer_text(
                    base.name, base.location
                )
                for base in databases
            },
            job_arguments.LOG_GROUP_PREFIX: names.log_group_prefix,
            job_arguments.DATA_LAKE_FORMATS: "iceberg",
            job_arguments.BOOKMARKS: "job-bookmark-disable",
            job_arguments.PYTHON_INSTALLER: "--no-index",
        }

    def all(self, groups: Iterable[JobGroup]) -> Iterator[Job]:
        problems = Problems()
        for group in groups:
            with problems.caught():
                yield self._job(group)
        problems.raise_any()

    def _job(self, group: JobGroup) -> Job:
        settings = self._environment.settings
        pipelines = [self._project.pipeline(name) for name in group.pipelines]
        profile = self._project.settings.profiles[pipelines[0].resource_profile]
        role = self._roles.get(SHARED) or self._roles[role_label(group.label)]
        retentions = {one.name: settings.retention(one.target) for one in pipelines}
        arguments = self._shared | {
            job_arguments.TEMPORARY: f"s3://{self._artifacts}/{role.temporary}",
            job_arguments.PIPELINE: job_arguments.pipelines_text(group.pipelines),
            # Each table is created with a location of its own, so any layer's will do.
            job_arguments.SPARK_CONF: _spark_conf(
                self._locations[pipelines[0].target.layer], settings.aws_region
            ),
            **job_arguments.retention_arguments(retentions),
        }
        return Job(
            label=group.label,
            pipelines=group.pipelines,
            name=group.job_name(self._environment.names),
            role=role.label,
            description=_description(pipelines),
            worker_type=profile.worker_type,
            number_of_workers=profile.number_of_workers,
            timeout_minutes=min(settings.job_timeout_minutes * len(pipelines), _LONGEST_MINUTES),
            max_retries=settings.job_max_retries,
            arguments=tuple(sorted(arguments.items())),
        )


def _description(pipelines: Sequence[Pipeline]) -> str:
    if len(pipelines) == 1:
        return job_description(pipelines[0])
    return fused_description([pipeline.name for pipeline in pipelines])


def _spark_conf(warehouse: str, region: str) -> str:
    """Return Spark's static settings as Glue's one ``--conf`` argument, which chains all but the first.

    (https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-format-iceberg.html)
    """
    catalog = f"spark.sql.catalog.{CATALOG}"
    settings = {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.warehouse": warehouse,
        f"{catalog}.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
        f"{catalog}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        # Otherwise a table replaced by a query would lose its required columns.
        f"{catalog}.use-nullable-query-schema": "false",
        # Without it, S3A assumes that every bucket is in us-east-2
        # (https://docs.aws.amazon.com/glue/latest/dg/migrating-version-51.html).
        "spark.hadoop.fs.s3a.endpoint.region": region,
    }
    return " --conf ".join(f"{key}={value}" for key, value in settings.items())


def _schedules(project: Project, layout: JobLayout, names: Names) -> Iterator[ScheduledWorkflow]:
    problems = Problems()
    for declared in project.schedules:
        with problems.caught():
            yield _schedule(project, layout, names, declared)
    problems.raise_any()


def _schedule(
    project: Project, layout: JobLayout, names: Names, declared: DeclaredSchedule
) -> ScheduledWorkflow:
    pipeline, position, schedule = declared
    name = names.schedule(pipeline.name, position)
    return ScheduledWorkflow(
        label=declared.label,
        pipeline=pipeline.name,
        name=name,
        role_name=names.schedule_role(pipeline.name, position),
        description=schedule_description(pipeline, schedule),
        expression=schedule.expression.canonical,
        enabled=schedule.enabled,
        triggers=triggers_of(project, layout, declared, name),
    )
