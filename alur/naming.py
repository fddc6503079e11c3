"""Every name that Alur gives to a resource outside, checked against the limits of the service that it goes to.

A name contains the project and the environment, so several of each fit into one account. Pipelines and environments have no
hyphens in their names, so no two of these names can be the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from alur.contracts.contract import Layer
from alur.errors import NameTooLong
from alur.text import counted

BucketKind = Literal["bronze", "silver", "gold", "artifacts"]
BUCKETS: tuple[BucketKind, ...] = get_args(BucketKind)

LANDING_PREFIX = "landing/"
"""What the keys of landing files begin with in the bronze bucket."""

TABLES_PREFIX = "tables/"
ENVIRONMENTS_PREFIX = "environments/"
"""What the keys of tables begin with in their layer's bucket: of an environment's own ones, and of those of its clones."""

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")

# https://docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html
_GLUE_CHARACTERS = 255
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
_RULE_CHARACTERS = 64
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
_ROLE_CHARACTERS = 64
_DIGEST_CHARACTERS = 7
"""With one more, the longest project's roles would not fit in the sandbox."""


@dataclass(frozen=True)
class Names:
    """The names of everything that a project has outside in one environment.

    Attributes:
        account_id: the AWS account, where it is known: bucket names are unique in all of AWS.
        buckets: the names of the buckets that alur.toml names itself.
        clone: the environment made by ``alur new-env`` whose tables these are; None for the environment's own.

    >>> names = Names("shop", "dev")
    >>> names.bucket("bronze"), names.job("clean_orders")
    ('alur-shop-bronze-dev', 'alur-shop-clean_orders-dev')
    """

    project: str
    environment: str
    account_id: str | None = None
    buckets: Mapping[BucketKind, str] = field(default_factory=dict)
    clone: str | None = None

    def bucket(self, kind: BucketKind) -> str:
        """Return the name of an S3 bucket.

        Raises:
            NameTooLong: S3 would refuse the name.
        """
        parts = ("alur", self.project, kind, self.environment, self.account_id)
        name = self.buckets.get(kind) or "-".join(part for part in parts if part)
        if not _BUCKET.fullmatch(name):
            raise NameTooLong(
                f"{name!r} is not a valid name for an S3 bucket",
                remedy="use 3 to 63 lower-case letters, digits and hyphens: "
                f"set {kind}_bucket in alur.toml, or shorten the project's name",
            )
        return name

    def database(self, layer: Layer) -> str:
        """Return the name of a layer's Glue database; Athena takes letters, digits and underscores.

        >>> Names("web-shop", "dev").database("silver")
        'web_shop_dev_silver'
        """
        return f"{self.project.replace('-', '_')}_{self.clone or self.environment}_{layer}"

    def tables(self, layer: Layer) -> str:
        """Return the address in S3 above the folders of a layer's tables; it ends with a slash.

        >>> Names("shop", "dev").tables("gold"), Names("shop", "dev", clone="x").tables("gold")
        ('s3://alur-shop-gold-dev/tables/', 's3://alur-shop-gold-dev/environments/x/')
        """
        prefix = TABLES_PREFIX if self.clone is None else f"{ENVIRONMENTS_PREFIX}{self.clone}/"
        return f"s3://{self.bucket(layer)}/{prefix}"

    def job(self, pipeline: str) -> str:
        """Return the name of a pipeline's Glue job.

        Raises:
            NameTooLong: Glue would refuse the name.
        """
        name = f"alur-{self.project}-{pipeline}-{self.environment}"
        if len(name) > _GLUE_CHARACTERS:
            raise NameTooLong(
                f"the Glue job's name would have {len(name)} characters; Glue takes {_GLUE_CHARACTERS}",
                remedy=f"shorten the name of the pipeline {pipeline}",
            )
        return name

    def pipeline_of(self, job: str) -> str | None:
        """Return the pipeline that a job was made for, whether or not it is still declared; None for others' jobs.

        >>> Names("shop", "dev").pipeline_of("alur-shop-clean_orders-dev")
        'clean_orders'
        >>> Names("shop", "dev").pipeline_of("alur-shop-eu-clean_orders-dev") is None
        True
        """
        match = re.fullmatch(rf"alur-{re.escape(self.project)}-(\w+)-{self.environment}", job)
        return match[1] if match else None

    def fused_job(self, label: str) -> str:
        """Return the name of a Glue job with several pipelines; the dot keeps it apart from those with one.

        Args:
            label: of :func:`fused_label`.

        Raises:
            NameTooLong: Glue would refuse the name.

        >>> Names("shop", "dev").fused_job("fused-nightly-2xg1x")
        'alur-shop-fused.nightly-2xg1x-dev'
        """
        name = f"alur-{self.project}-{_dotted(label)}-{self.environment}"
        if len(name) > _GLUE_CHARACTERS:
            raise NameTooLong(
                f"the Glue job's name would have {len(name)} characters; Glue takes {_GLUE_CHARACTERS}",
                remedy="shorten the name of the pipeline with the schedule",
            )
        return name

    def label_of(self, job: str) -> str | None:
        """Return the label that a job was made with, a pipeline's name or that of a fused job; None for others' jobs.

        >>> Names("shop", "dev").label_of("alur-shop-fused.nightly-2xg1x-dev")
        'fused-nightly-2xg1x'
        """
        project = re.escape(self.project)
        match = re.fullmatch(rf"alur-{project}-fused\.([\w-]+)-{self.environment}", job)
        return f"{_FUSED}{match[1]}" if match else self.pipeline_of(job)

    def schedule(self, pipeline: str, position: int) -> str:
        """Return the name of a schedule's EventBridge rule, and of the Glue workflow that the rule starts.

        Args:
            position: which of the pipeline's schedules, from 0; the first needs no number.

        Raises:
            NameTooLong: the names of project and environment leave no room for the pipeline's.

        >>> Names("shop", "dev").schedule("load", 0), Names("shop", "dev").schedule("load", 1)
        ('alur-schedule-shop-load-dev', 'alur-schedule-shop-load-2-dev')
        """
        return self._fitting("alur-schedule", pipeline + _number(position), _RULE_CHARACTERS)

    @property
    def schedule_prefix(self) -> str:
        """Return what the names of all the project's schedules begin with, and those of some others."""
        return f"alur-schedule-{self.project}-"

    def is_schedule(self, rule: str) -> bool:
        """Return whether a rule belongs to a schedule of the project, whether or not it is still declared.

        >>> Names("shop", "dev").is_schedule("alur-schedule-shop-load-2-dev")
        True
        >>> Names("shop", "dev").is_schedule("alur-schedule-shop-eu-load-dev")
        False
        """
        ending = rf"(-\d+)?(-[0-9a-f]{{{_DIGEST_CHARACTERS}}})?-{self.environment}"
        return re.fullmatch(rf"{re.escape(self.schedule_prefix)}\w+{ending}", rule) is not None

    @property
    def job_role(self) -> str:
        """Return the name of the role that the project's jobs share."""
        return f"alur-glue-{self.project}-{self.environment}"

    def pipeline_role(self, pipeline: str) -> str:
        """Return the name of the role that one pipeline's job runs as, where each has its own.

        Raises:
            NameTooLong: the names of project and environment leave no room for the pipeline's.
        """
        return self._fitting("alur-job", pipeline, _ROLE_CHARACTERS)

    def fused_role(self, label: str) -> str:
        """Return the name of the role that a job with several pipelines runs as, where each job has its own.

        Raises:
            NameTooLong: the names of project and environment leave no room for the label.
        """
        return self._fitting("alur-job", _dotted(label), _ROLE_CHARACTERS)

    def schedule_role(self, pipeline: str, position: int) -> str:
        """Return the name of the role with which EventBridge notifies one schedule's workflow.

        Raises:
            NameTooLong: the names of project and environment leave no room for the pipeline's.
        """
        return self._fitting("alur-eventbridge", pipeline + _number(position), _ROLE_CHARACTERS)

    def dead_letter_queue(self, position: int) -> str:
        """Return the name of a queue for events that EventBridge could not deliver.

        Args:
            position: which of the environment's queues, from 0; the first needs no number.

        >>> Names("shop", "dev").dead_letter_queue(0), Names("shop", "dev").dead_letter_queue(1)
        ('alur-undelivered-shop-dev', 'alur-undelivered-shop-dev-2')
        """
        return f"alur-undelivered-{self.project}-{self.environment}{_number(position)}"

    @property
    def delivery_alarm_prefix(self) -> str:
        """Return what the names of the alarms on rules begin with.

        It ends in a dot, which no other name holds, so no other project or environment has names that begin with it.
        """
        return f"alur-undelivered-{self.project}-{self.environment}."

    @property
    def alerts(self) -> str:
        """Return the name of the topic that alerts go to; the names of the rules that feed it begin with it."""
        return f"alur-alerts-{self.project}-{self.environment}"

    @property
    def log_group_prefix(self) -> str:
        """Return what the names of the jobs' log groups begin with; Glue adds ``/output`` and ``/error``.

        (https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html)
        """
        return f"/alur/{self.project}/{self.environment}"

    @property
    def artifact_prefix(self) -> str:
        """Return what the keys of the environment's artifacts begin with; it ends with a slash."""
        return f"{self.project}/{self.environment}/"

    @property
    def code_prefix(self) -> str:
        """Return what the keys of this and of earlier deployments' code begin with; it ends with a slash."""
        return f"{self.artifact_prefix}code/"

    @property
    def temporary_prefix(self) -> str:
        """Return what the keys of jobs' temporary files begin with; it ends with a slash."""
        return f"{self.artifact_prefix}temp/"

    def _fitting(self, kind: str, pipeline: str, limit: int) -> str:
        """Return a name within a limit. Only the pipeline's part is ever cut, and then ends in a digest of the whole.

        The parts of the project and of the environment stay: they show whose the object is.
        """
        project, environment = self.project, self.environment
        whole = f"{kind}-{project}-{pipeline}-{environment}"
        if len(whole) <= limit:
            return whole
        room = limit - len(f"{kind}-{project}--{environment}")
        if room < _DIGEST_CHARACTERS:
            raise NameTooLong(
                f"{whole!r} has {len(whole)} characters; AWS takes {limit}, of which the names of the project and of "
                f"the environment leave {max(room, 0)} for the pipeline's",
                remedy=f"shorten the two names by {counted(_DIGEST_CHARACTERS - room, 'character')} together: "
                f"{project!r} and {environment!r}",
            )
        kept = pipeline[: max(room - _DIGEST_CHARACTERS - 1, 0)]
        digest = _digest(whole)[:_DIGEST_CHARACTERS]
        part = f"{kept}-{digest}" if kept else digest
        return f"{kind}-{project}-{part}-{environment}"


_FUSED = "fused-"


def fused_label(schedules: Sequence[str], worker_type: str, workers: int, part: int) -> str:
    """Return the label of a job with several pipelines: a name in Terraform, and never that of a pipeline or a trigger.

    It stays while the same schedules start its pipelines, whichever these are.

    Args:
        schedules: the labels of the schedules.
        part: which of the jobs with these schedules and workers, from 1.

    >>> fused_label(["nightly"], "G.1X", 2, 1)
    'fused-nightly-2xg1x'
    >>> fused_label(["nightly", "weekly-2"], "G.2X", 10, 2)
    'fused-nightly-516ee53d-10xg2x_2'
    """
    digest = f"-{_digest(' '.join(schedules))}" if len(schedules) > 1 else ""
    number = f"_{part}" if part > 1 else ""
    size = f"{workers}x{worker_type.replace('.', '').lower()}"
    return f"{_FUSED}{schedules[0]}{digest}-{size}{number}"


def _dotted(label: str) -> str:
    return label.replace("-", ".", 1)


def start_trigger_name(schedule: str) -> str:
    """Return the name of the trigger with which a schedule's workflow starts."""
    return f"{schedule}-start"


def follow_trigger_name(schedule: str, waits_for: tuple[str, ...], part: int) -> str:
    """Return the name of a trigger that waits for some pipelines; it stays while they are the same.

    >>> follow_trigger_name("alur-schedule-shop-load-dev", ("load",), 0)
    'alur-schedule-shop-load-dev-after-load'
    """
    number = _number(part)
    beginning = f"{schedule}-after-"
    room = _GLUE_CHARACTERS - len(beginning) - len(number)
    if len(waits_for) == 1 and len(waits_for[0]) <= room:
        return f"{beginning}{waits_for[0]}{number}"
    return f"{beginning}{_digest(' '.join(waits_for))}{number}"


def _number(position: int) -> str:
    return f"-{position + 1}" if position else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
