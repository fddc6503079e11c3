"""The AWS objects of a deployment, as data: templates render them, ``alur status`` compares them, tests read them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from alur.contracts.contract import Layer
from alur.deployment import job_arguments
from alur.deployment.job_contents import SCRIPT
from alur.deployment.job_role import JobRole
from alur.naming import BucketKind, Names
from alur.project.settings import SANDBOX


@dataclass(frozen=True, slots=True)
class Code:
    """The project's code as jobs get it.

    Attributes:
        file_name: the zip of wheels, named by its content.
        version: which state of the project's own modules it holds; commits to tables carry it.
        earlier: the kept zips of earlier deployments, which active runs may still need.
        plans: the fingerprints of what pipelines mean, where they are known; commits to tables carry them.
    """

    file_name: str
    version: str
    earlier: tuple[str, ...] = ()
    plans: Mapping[str, str] = field(default_factory=dict)

    def plan_argument(self, pipelines: Sequence[str]) -> dict[str, str]:
        """Return the argument with what a job's pipelines mean; none if that is not known."""
        known = {name: self.plans[name] for name in pipelines if self.plans.get(name)}
        return {job_arguments.PLAN: job_arguments.each_text(pipelines, known)} if known else {}


@dataclass(frozen=True, slots=True)
class Bucket:
    """An S3 bucket."""

    kind: BucketKind
    name: str


@dataclass(frozen=True, slots=True)
class Database:
    """A Glue database, which holds the tables of one layer.

    Attributes:
        location: the S3 prefix below which each table has a folder; ends with a slash.
    """

    layer: Layer
    name: str
    location: str


@dataclass(frozen=True, slots=True)
class Job:
    """The Glue job of one pipeline, or of several.

    Attributes:
        label: its name in Terraform: that of its only pipeline, or one that no pipeline can have.
        pipelines: their names, in the order in which the job runs them.
        role: the name in Terraform of what it runs as.
        arguments: the job's default arguments, sorted by name.
    """

    label: str
    pipelines: tuple[str, ...]
    name: str
    role: str
    description: str
    worker_type: str
    number_of_workers: int
    timeout_minutes: int
    max_retries: int
    arguments: tuple[tuple[str, str], ...]

    def with_arguments(self, more: Mapping[str, str]) -> Job:
        """Return the job with more arguments, or with other values for existing ones."""
        arguments = {**dict(self.arguments), **more}
        return replace(self, arguments=tuple(sorted(arguments.items())))

    @property
    def queued(self) -> bool:
        """Return whether a run waits where too many run already, rather than fails; Glue ties this to jobs without retries.

        (https://docs.aws.amazon.com/glue/latest/dg/job-run-statuses.html)
        """
        return self.max_retries == 0


@dataclass(frozen=True, slots=True)
class Trigger:
    """What starts some jobs within a workflow.

    Attributes:
        label: the trigger's name in Terraform.
        waits_for: the labels of the jobs that must all have succeeded; none for the first trigger of the workflow.
        starts: the labels of the jobs it starts.
    """

    label: str
    name: str
    waits_for: tuple[str, ...]
    starts: tuple[str, ...]

    @property
    def type(self) -> str:
        """Return Glue's type. Never ON_DEMAND: the provider would start the jobs during apply."""
        return "CONDITIONAL" if self.waits_for else "EVENT"


@dataclass(frozen=True, slots=True)
class ScheduledWorkflow:
    """One ``@schedule``: the EventBridge rule, the role it takes, and the Glue workflow it starts.

    Attributes:
        label: the objects' name in Terraform.
        name: the name of both the rule and the workflow.
    """

    label: str
    pipeline: str
    name: str
    role_name: str
    description: str
    expression: str
    enabled: bool
    triggers: tuple[Trigger, ...]

    @property
    def state(self) -> str:
        """Return EventBridge's word for whether the rule fires."""
        return "ENABLED" if self.enabled else "DISABLED"


@dataclass(frozen=True, slots=True)
class AlertRule:
    """An EventBridge rule on the runs of some jobs that did not succeed.

    (https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-glue.html)

    Attributes:
        jobs: their names, few enough for the event pattern to be within its limit.
    """

    label: str
    name: str
    jobs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeadLetterQueue:
    """A queue for what EventBridge could not deliver.

    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html)

    Attributes:
        label: its name in Terraform.
        rules: the names in Terraform of the rules using it, which alone may write to it.
    """

    label: str
    name: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Deployment:
    """All AWS objects of a project in one environment.

    Attributes:
        account_id: the only account for deployments; None for any.
        queues: where the rules of schedules and alerts leave what they could not deliver.
        state_bucket: the bucket of Terraform's state; None keeps the state on this machine.
        dpu_hour_price: the project's own price in US dollars; None for AWS's list price.
        alone: for each pipeline that shares no job although the environment fuses them, the reason.
        code: the code of the jobs; None in a plan without code, such as one for destroying.
    """

    names: Names
    region: str
    account_id: str | None
    glue_version: str
    buckets: tuple[Bucket, ...]
    databases: tuple[Database, ...]
    jobs: tuple[Job, ...]
    schedules: tuple[ScheduledWorkflow, ...]
    alert_rules: tuple[AlertRule, ...]
    alerts_email: str | None
    job_roles: tuple[JobRole, ...]
    queues: tuple[DeadLetterQueue, ...]
    log_retention_days: int
    state_bucket: str | None
    dpu_hour_price: float | None = None
    alone: Mapping[str, str] = field(default_factory=dict)
    code: Code | None = None

    def with_code(self, code: Code) -> Deployment:
        """Return the deployment with the code of its jobs."""
        arguments = {
            job_arguments.PYTHON_MODULES: f"s3://{self.bucket('artifacts')}/{self.names.code_prefix}{code.file_name}",
            job_arguments.CODE_VERSION: code.version,
        }
        jobs = tuple(
            job.with_arguments(arguments | code.plan_argument(job.pipelines)) for job in self.jobs
        )
        return replace(self, code=code, jobs=jobs)

    @property
    def project(self) -> str:
        """Return the project's name."""
        return self.names.project

    @property
    def environment(self) -> str:
        """Return the environment's name."""
        return self.names.environment

    @cached_property
    def _jobs_by_label(self) -> Mapping[str, Job]:
        return {job.label: job for job in self.jobs}

    def job(self, label: str) -> Job:
        """Return the job with a label."""
        return self._jobs_by_label[label]

    @cached_property
    def jobs_by_pipeline(self) -> Mapping[str, Job]:
        """Return the jobs by the pipelines that they run, in the order of the jobs."""
        return {pipeline: job for job in self.jobs for pipeline in job.pipelines}

    @property
    def shared_jobs(self) -> tuple[Job, ...]:
        """Return the jobs with several pipelines."""
        return tuple(job for job in self.jobs if len(job.pipelines) > 1)

    def bucket(self, kind: BucketKind) -> str:
        """Return the name of a bucket."""
        return next(bucket.name for bucket in self.buckets if bucket.kind == kind)

    @cached_property
    def queue_of_rule(self) -> Mapping[str, DeadLetterQueue]:
        """Return the dead-letter queues by the Terraform names of the rules using them."""
        return {rule: queue for queue in self.queues for rule in queue.rules}

    @property
    def emulated(self) -> bool:
        """Return whether this goes to the sandbox, which needs no resources against expiry and lost events.

        The provider waits up to a minute for each of these to settle, even in an emulation.
        """
        return self.environment == SANDBOX

    @property
    def code_key(self) -> str | None:
        """Return where the artifacts bucket holds the code, if there is any."""
        return f"{self.names.code_prefix}{self.code.file_name}" if self.code else None

    @property
    def code_files(self) -> tuple[str, ...]:
        """Return the names of all zips of code in the artifacts bucket."""
        return (self.code.file_name, *self.code.earlier) if self.code else ()

    @property
    def script_key(self) -> str:
        """Return the key of the jobs' script in the artifacts bucket."""
        return f"{self.names.code_prefix}{SCRIPT}"

    @property
    def state_key(self) -> str:
        """Return where the state bucket holds Terraform's state."""
        return f"{self.project}/{self.environment}/terraform.tfstate"

    @property
    def log_groups(self) -> dict[str, str]:
        """Return the log groups by their content: ``output`` is what jobs print, ``error`` what Spark and Glue print."""
        return {kind: f"{self.names.log_group_prefix}/{kind}" for kind in ("output", "error")}

    @property
    def tags(self) -> dict[str, str]:
        """Return the tags of every resource."""
        return {"alur-project": self.project, "alur-environment": self.environment}
