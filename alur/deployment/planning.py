"""From a project and an environment to the AWS objects that it is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alur import naming
from alur.contracts.contract import LAYERS
from alur.deployment.delivery import alert_rules, dead_letter_queues
from alur.deployment.descriptions import job_description, schedule_description
from alur.deployment.job_role import JobRole
from alur.deployment.resources import (
    Bucket,
    Code,
    Database,
    Deployment,
    Job,
    ScheduledWorkflow,
)
from alur.deployment.roles import SHARED, job_roles, role_label
from alur.deployment.workflows import triggers_of
from alur.errors import DeploymentError, Problems
from alur.pipelines.pipeline import Pipeline
from alur.project.project import Project
from alur.project.settings import BUCKETS, SANDBOX

CATALOG = "glue_catalog"
"""What Spark calls the catalog of Glue's databases."""


def plan(project: Project, environment: str, code: Code) -> Deployment:
    """The project in an environment.

    Raises:
        SettingsError: there is no such environment.
        NameTooLong: a name breaks the limits of the service it goes to.
        DeploymentError: AWS cannot hold what is declared; every problem is listed.
    """
    if environment == "local":
        raise DeploymentError(
            "the environment 'local' is this machine; nothing of it is deployed",
            remedy="name an environment of AWS, such as dev",
        )
    settings = project.settings
    values = settings.environment(environment)
    buckets = tuple(
        Bucket(kind, naming.bucket_name(settings, environment, kind)) for kind in BUCKETS
    )
    databases = tuple(
        Database(layer, naming.database_name(settings, environment, layer), f"s3://{name}/tables/")
        for layer in LAYERS
        for name in [naming.bucket_name(settings, environment, layer)]
    )
    _refuse_shared(buckets)
    roles = tuple(job_roles(project, environment))
    jobs = tuple(_Jobs(project, environment, code, buckets, databases, roles).all())
    schedules = _schedules(project, environment)
    alerts = naming.alerts_name(settings, environment)
    alerting = tuple(alert_rules(alerts, [job.name for job in jobs]))
    rules = [rule.label for rule in alerting] + [schedule.label for schedule in schedules]
    return Deployment(
        project=settings.project.name,
        environment=environment,
        region=values.aws_region,
        account_id=values.account_id,
        glue_version=values.glue_version,
        code=code,
        buckets=buckets,
        databases=databases,
        jobs=jobs,
        schedules=schedules,
        alert_rules=alerting,
        alerts_name=alerts,
        alerts_email=values.alerts_email,
        job_roles=roles,
        queues=tuple(dead_letter_queues(settings, environment, rules)),
        delivery_alarm_prefix=naming.delivery_alarm_prefix(settings, environment),
        artifact_prefix=naming.artifact_prefix(settings, environment),
        log_group_prefix=naming.log_group_prefix(settings, environment),
        log_retention_days=values.log_retention_days,
        # The sandbox's state must not outlive it.
        state_bucket=None if environment == SANDBOX else values.state_bucket,
    )


def _refuse_shared(buckets: Iterable[Bucket]) -> None:
    """Each bucket is a Terraform resource of its own."""
    kinds: dict[str, str] = {}
    for bucket in buckets:
        other = kinds.setdefault(bucket.name, bucket.kind)
        if other != bucket.kind:
            raise DeploymentError(
                f"{bucket.name!r} is the bucket both of {other} and of {bucket.kind}",
                remedy=f"set another {bucket.kind}_bucket in alur.toml",
            )


class _Jobs:
    """Makes the jobs, which differ in little."""

    def __init__(
        self,
        project: Project,
        environment: str,
        code: Code,
        buckets: tuple[Bucket, ...],
        databases: tuple[Database, ...],
        roles: tuple[JobRole, ...],
    ) -> None:
        self._project = project
        self._environment = environment
        self._values = project.settings.environment(environment)
        self._locations = {database.layer: database.location for database in databases}
        names = {bucket.kind: bucket.name for bucket in buckets}
        prefix = naming.artifact_prefix(project.settings, environment)
        self._artifacts = names["artifacts"]
        self._roles = {role.label: role for role in roles}
        self._shared = {
            "--additional-python-modules": f"s3://{names['artifacts']}/{prefix}code/{code.file_name}",
            "--alur_code_version": code.version,
            "--alur_environment": environment,
            "--alur_landing": f"s3://{names['bronze']}/landing/",
            **{f"--alur_{d.layer}": f"{d.name}={d.location}" for d in databases},
            "--custom-logGroup-prefix": naming.log_group_prefix(project.settings, environment),
            "--datalake-formats": "iceberg",
            "--job-bookmark-option": "job-bookmark-disable",
            "--python-modules-installer-option": "--no-index",
        }

    def all(self) -> Iterator[Job]:
        problems = Problems()
        for made in self._project.pipelines:
            with problems.caught():
                yield self._job(made)
        problems.raise_any()

    def _job(self, made: Pipeline) -> Job:
        profile = self._project.settings.profiles[made.resource_profile]
        role = self._roles.get(SHARED) or self._roles[role_label(made.name)]
        arguments = self._shared | {
            "--TempDir": f"s3://{self._artifacts}/{role.temporary}",
            "--alur_pipeline": made.name,
            "--conf": _spark_conf(self._locations[made.target.layer], self._values.aws_region),
        }
        return Job(
            pipeline=made.name,
            name=naming.job_name(self._project.settings, self._environment, made.name),
            role=role.label,
            description=job_description(made),
            worker_type=profile.worker_type,
            number_of_workers=profile.number_of_workers,
            timeout_minutes=self._values.job_timeout_minutes,
            max_retries=self._values.job_max_retries,
            arguments=tuple(sorted(arguments.items())),
        )


def _spark_conf(warehouse: str, region: str) -> str:
    """Spark's static settings in the form of Glue's one ``--conf`` argument, which chains all but the first.

    (https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-format-iceberg.html)
    """
    catalog = f"spark.sql.catalog.{CATALOG}"
    settings = {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.warehouse": warehouse,
        f"{catalog}.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
        f"{catalog}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        # Else a table that is made anew from a query would lose what its columns require.
        f"{catalog}.use-nullable-query-schema": "false",
        # Without it S3A takes every bucket to be in us-east-2
        # (https://docs.aws.amazon.com/glue/latest/dg/migrating-version-51.html).
        "spark.hadoop.fs.s3a.endpoint.region": region,
    }
    return " --conf ".join(f"{key}={value}" for key, value in settings.items())


def _schedules(project: Project, environment: str) -> tuple[ScheduledWorkflow, ...]:
    found: list[ScheduledWorkflow] = []
    problems = Problems()
    for made in project.pipelines:
        for position in range(len(made.schedules)):
            with problems.caught():
                found.append(_schedule(project, environment, made, position))
    problems.raise_any()
    return tuple(found)


def _schedule(
    project: Project, environment: str, made: Pipeline, position: int
) -> ScheduledWorkflow:
    declared = made.schedules[position]
    name = naming.schedule_name(project.settings, environment, made.name, position)
    # A hyphen cannot be in a pipeline's name, so no two labels are the same.
    label = f"{made.name}-{position + 1}" if position else made.name
    return ScheduledWorkflow(
        label=label,
        pipeline=made.name,
        name=name,
        role_name=naming.schedule_role_name(project.settings, environment, made.name, position),
        description=schedule_description(made, declared),
        expression=declared.expression.canonical,
        enabled=declared.enabled,
        triggers=triggers_of(project, made, declared, name, label),
    )
