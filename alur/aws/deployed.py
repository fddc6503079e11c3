"""Reads a project's deployed objects in an environment back from AWS."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from alur.aws import buckets
from alur.aws_clients import Clients, aws_errors
from alur.deployment.comparison import Deployed, DeployedJob, DeployedSchedule
from alur.deployment.resources import Deployment
from alur.naming import Names

_AT_ONCE = 8


def read_deployed(clients: Clients, declared: Deployment) -> Deployed:
    """Return all objects with the project's and the environment's name, declared or not.

    Raises:
        AwsError: AWS cannot be queried.
    """
    with aws_errors("the deployed objects cannot be listed"):
        return _read(clients, declared)


def _read(clients: Clients, declared: Deployment) -> Deployed:
    glue = clients("glue")
    jobs = {
        name: _job(job)
        for job in _pages(glue, "get_jobs", "Jobs")
        for name in [job["Name"]]
        if declared.names.label_of(name)
    }
    databases = {database["Name"] for database in _pages(glue, "get_databases", "DatabaseList")}
    return Deployed(
        jobs=jobs,
        schedules=_schedules(clients, declared.names),
        buckets=frozenset(b.name for b in declared.buckets if buckets.exists(clients, b.name)),
        databases=frozenset(databases),
        has_code=_has_code(clients, declared),
    )


def _job(job: dict[str, Any]) -> DeployedJob:
    return DeployedJob(
        name=job["Name"],
        description=job.get("Description", ""),
        worker_type=job.get("WorkerType", ""),
        number_of_workers=job.get("NumberOfWorkers", 0),
        timeout_minutes=job.get("Timeout", 0),
        max_retries=job.get("MaxRetries", 0),
        glue_version=job.get("GlueVersion", ""),
        arguments=job.get("DefaultArguments", {}),
    )


def _schedules(clients: Clients, names: Names) -> dict[str, DeployedSchedule]:
    events = clients("events")
    edges: dict[str, set[tuple[frozenset[str], frozenset[str]]]] = {}
    for trigger in _pages(clients("glue"), "get_triggers", "Triggers"):
        edges.setdefault(trigger.get("WorkflowName", ""), set()).add(_edge(trigger))
    rules = [
        rule
        for rule in _pages(events, "list_rules", "Rules", NamePrefix=names.schedule_prefix)
        if names.is_schedule(rule["Name"])
    ]

    def schedule(rule: dict[str, Any]) -> DeployedSchedule:
        return _schedule(events, rule, frozenset(edges.get(rule["Name"], ())))

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return {found.name: found for found in threads.map(schedule, rules)}


def _schedule(
    events: Any, rule: dict[str, Any], edges: frozenset[tuple[frozenset[str], frozenset[str]]]
) -> DeployedSchedule:
    name = rule["Name"]
    targets = [t["Arn"] for t in _pages(events, "list_targets_by_rule", "Targets", Rule=name)]
    return DeployedSchedule(
        name=name,
        expression=rule.get("ScheduleExpression", ""),
        description=rule.get("Description", ""),
        enabled=rule["State"] == "ENABLED",
        starts_workflow=len(targets) == 1 and targets[0].endswith(f":workflow/{name}"),
        edges=edges,
    )


def _edge(trigger: dict[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    conditions = trigger.get("Predicate", {}).get("Conditions", [])
    return (
        frozenset(condition["JobName"] for condition in conditions if "JobName" in condition),
        frozenset(action["JobName"] for action in trigger["Actions"] if "JobName" in action),
    )


def _pages(client: Any, operation: str, key: str, **arguments: str) -> Iterator[dict[str, Any]]:
    """Yield the items of all pages; boto3 has no paginator for some operations of EventBridge."""
    token: dict[str, str] = {}
    while True:
        page = getattr(client, operation)(**arguments, **token)
        yield from page[key]
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _has_code(clients: Clients, declared: Deployment) -> bool:
    keys = (declared.code_key, declared.script_key)
    bucket = declared.bucket("artifacts")
    return all(key and _has_object(clients, bucket, key) for key in keys)


def _has_object(clients: Clients, bucket: str, key: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        clients("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchBucket", "NoSuchKey"):
            return False
        raise
    return True
