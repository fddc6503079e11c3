"""Every name Alur gives to something outside, checked against the limits of the service it goes to.

A name holds the project and the environment, so that projects and environments fit side by side into one account. Pipelines
and environments have no hyphens in their names, so no two of these names can be the same.
"""

from __future__ import annotations

import hashlib
import re

from alur.contracts.contract import Layer
from alur.errors import NameTooLong
from alur.project.settings import BucketKind, Settings
from alur.text import counted

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


def bucket_name(settings: Settings, environment: str, kind: BucketKind) -> str:
    """The S3 bucket of a kind in an environment: the one set, or a name of project, kind and environment.

    Bucket names are unique in all of AWS, so the account's number is part of the name where it is known.

    Raises:
        NameTooLong: S3 would refuse the name.

    >>> settings = Settings.model_validate({"project": {"name": "shop"}, "env": {"dev": {}}})
    >>> bucket_name(settings, "dev", "bronze")
    'alur-shop-bronze-dev'
    """
    values = settings.environment(environment)
    chosen = getattr(values, f"{kind}_bucket")
    parts = ["alur", settings.project.name, kind, environment, values.account_id]
    name: str = chosen or "-".join(part for part in parts if part)
    if not _BUCKET.fullmatch(name):
        raise NameTooLong(
            f"{name!r} is no name for an S3 bucket",
            remedy="use 3 to 63 lower-case letters, digits and hyphens: "
            f"set {kind}_bucket in alur.toml, or shorten the project's name",
        )
    return name


def database_name(settings: Settings, environment: str, layer: Layer) -> str:
    """The Glue database of a layer; Athena takes letters, digits and underscores.

    >>> settings = Settings.model_validate({"project": {"name": "web-shop"}, "env": {"dev": {}}})
    >>> database_name(settings, "dev", "silver")
    'web_shop_dev_silver'
    """
    return f"{settings.project.name.replace('-', '_')}_{environment}_{layer}"


def job_name(settings: Settings, environment: str, pipeline: str) -> str:
    """The Glue job of a pipeline.

    Raises:
        NameTooLong: Glue would refuse the name.

    >>> settings = Settings.model_validate({"project": {"name": "shop"}, "env": {"dev": {}}})
    >>> job_name(settings, "dev", "clean_orders")
    'alur-shop-clean_orders-dev'
    """
    name = f"alur-{settings.project.name}-{pipeline}-{environment}"
    if len(name) > _GLUE_CHARACTERS:
        raise NameTooLong(
            f"the Glue job's name would have {len(name)} characters; Glue takes {_GLUE_CHARACTERS}",
            remedy=f"shorten the name of the pipeline {pipeline}",
        )
    return name


def pipeline_of_job(settings: Settings, environment: str, job: str) -> str | None:
    """The pipeline that a job of this project and environment was made for, declared still or not; None for others' jobs.

    >>> settings = Settings.model_validate({"project": {"name": "shop"}, "env": {"dev": {}}})
    >>> pipeline_of_job(settings, "dev", "alur-shop-clean_orders-dev")
    'clean_orders'
    >>> pipeline_of_job(settings, "dev", "alur-shop-eu-clean_orders-dev") is None
    True
    """
    found = re.fullmatch(rf"alur-{re.escape(settings.project.name)}-(\w+)-{environment}", job)
    return found[1] if found else None


def schedule_name(settings: Settings, environment: str, pipeline: str, position: int) -> str:
    """The EventBridge rule of a pipeline's schedule, and the Glue workflow that it starts.

    Args:
        position: which of the pipeline's schedules, from 0; the first needs no number.

    Raises:
        NameTooLong: the names of project and environment leave no room for the pipeline's.

    >>> settings = Settings.model_validate({"project": {"name": "shop"}, "env": {"dev": {}}})
    >>> schedule_name(settings, "dev", "clean_orders", 0)
    'alur-schedule-shop-clean_orders-dev'
    >>> schedule_name(settings, "dev", "clean_orders", 1)
    'alur-schedule-shop-clean_orders-2-dev'
    """
    number = f"-{position + 1}" if position else ""
    return _fitting(settings, environment, "alur-schedule", pipeline + number, _RULE_CHARACTERS)


def is_schedule_name(settings: Settings, environment: str, rule: str) -> bool:
    """Whether a rule is of a schedule of this project and environment, declared still or not.

    >>> settings = Settings.model_validate({"project": {"name": "shop"}, "env": {"dev": {}}})
    >>> is_schedule_name(settings, "dev", "alur-schedule-shop-clean_orders-2-dev")
    True
    >>> is_schedule_name(settings, "dev", "alur-schedule-shop-eu-clean_orders-dev")
    False
    """
    project = re.escape(settings.project.name)
    ending = rf"(-\d+)?(-[0-9a-f]{{{_DIGEST_CHARACTERS}}})?-{environment}"
    return re.fullmatch(rf"alur-schedule-{project}-\w+{ending}", rule) is not None


def start_trigger_name(schedule: str) -> str:
    """The trigger with which a schedule's workflow starts."""
    return f"{schedule}-start"


def follow_trigger_name(schedule: str, waits_for: tuple[str, ...], part: int) -> str:
    """The trigger that waits for some pipelines; its name stays while they are the same.

    >>> follow_trigger_name("alur-schedule-shop-load-dev", ("load",), 0)
    'alur-schedule-shop-load-dev-after-load'
    """
    number = f"-{part + 1}" if part else ""
    beginning = f"{schedule}-after-"
    room = _GLUE_CHARACTERS - len(beginning) - len(number)
    if len(waits_for) == 1 and len(waits_for[0]) <= room:
        return f"{beginning}{waits_for[0]}{number}"
    return f"{beginning}{_digest(' '.join(waits_for))}{number}"


def job_role_name(settings: Settings, environment: str) -> str:
    """The role that the project's jobs share."""
    return f"alur-glue-{settings.project.name}-{environment}"


def pipeline_role_name(settings: Settings, environment: str, pipeline: str) -> str:
    """Return the name of the role that one pipeline's job runs as, where each has its own.

    Raises:
        NameTooLong: the names of project and environment leave no room for the pipeline's.
    """
    return _fitting(settings, environment, "alur-job", pipeline, _ROLE_CHARACTERS)


def schedule_role_name(settings: Settings, environment: str, pipeline: str, position: int) -> str:
    """Return the name of the role with which EventBridge notifies one schedule's workflow.

    Raises:
        NameTooLong: the names of project and environment leave no room for the pipeline's.
    """
    number = f"-{position + 1}" if position else ""
    return _fitting(settings, environment, "alur-eventbridge", pipeline + number, _ROLE_CHARACTERS)


def dead_letter_queue_name(settings: Settings, environment: str, position: int) -> str:
    """Return the name of a queue for what EventBridge could not deliver.

    Args:
        position: which of the environment's queues, from 0; the first needs no number.

    >>> settings = Settings.model_validate({"project": {"name": "shop"}, "env": {"dev": {}}})
    >>> dead_letter_queue_name(settings, "dev", 0), dead_letter_queue_name(settings, "dev", 1)
    ('alur-undelivered-shop-dev', 'alur-undelivered-shop-dev-2')
    """
    number = f"-{position + 1}" if position else ""
    return f"alur-undelivered-{settings.project.name}-{environment}{number}"


def delivery_alarm_prefix(settings: Settings, environment: str) -> str:
    """Return what the names of the alarms on rules begin with.

    It ends in a dot, which no other name holds: what begins so is of no other project or environment.
    """
    return f"alur-undelivered-{settings.project.name}-{environment}."


def alerts_name(settings: Settings, environment: str) -> str:
    """Return the name of the topic that alerts go to; the names of the rules that feed it begin with it."""
    return f"alur-alerts-{settings.project.name}-{environment}"


def log_group_prefix(settings: Settings, environment: str) -> str:
    """What the names of the jobs' log groups begin with: Glue adds ``/output`` and ``/error``.

    (https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html)

    >>> settings = Settings.model_validate({"project": {"name": "shop"}, "env": {"dev": {}}})
    >>> log_group_prefix(settings, "dev")
    '/alur/shop/dev'
    """
    return f"/alur/{settings.project.name}/{environment}"


def artifact_prefix(settings: Settings, environment: str) -> str:
    """Where the artifacts bucket holds an environment's code and temporary files; ends with a slash."""
    return f"{settings.project.name}/{environment}/"


def _fitting(settings: Settings, environment: str, kind: str, pipeline: str, limit: int) -> str:
    """Return a name within a limit. Only the pipeline's part is ever cut, and then ends in a digest of the whole.

    The parts of the project and of the environment stay, because by them others tell whose the object is.
    """
    project = settings.project.name
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


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
