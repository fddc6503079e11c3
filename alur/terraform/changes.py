"""Describes the changes of a Terraform plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from alur.deployment.job_arguments import OF_CODE
from alur.terraform.attribute_changes import attribute_changes, with_unknown

Action = Literal["add", "change", "replace", "destroy"]

_ACTIONS: dict[tuple[str, ...], Action] = {
    ("create",): "add",
    ("update",): "change",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("delete",): "destroy",
}

MARKS: dict[Action, str] = {"add": "+", "change": "~", "replace": "±", "destroy": "-"}
"""A character for each action, as Terraform has them."""

_NOUNS = {
    "aws_cloudwatch_event_rule": "EventBridge rule",
    "aws_cloudwatch_event_target": "EventBridge target",
    "aws_cloudwatch_log_group": "log group",
    "aws_cloudwatch_metric_alarm": "alarm",
    "aws_glue_catalog_database": "Glue database",
    "aws_glue_job": "Glue job",
    "aws_glue_trigger": "Glue trigger",
    "aws_glue_workflow": "Glue workflow",
    "aws_iam_role": "role",
    "aws_iam_role_policy": "role policy",
    "aws_s3_bucket": "bucket",
    "aws_s3_bucket_lifecycle_configuration": "bucket lifecycle",
    "aws_s3_bucket_ownership_controls": "bucket ownership setting",
    "aws_s3_bucket_policy": "bucket policy",
    "aws_s3_bucket_public_access_block": "bucket public access block",
    "aws_s3_bucket_server_side_encryption_configuration": "bucket encryption setting",
    "aws_s3_bucket_versioning": "bucket versioning setting",
    "aws_s3_object": "uploaded file",
    "aws_sns_topic": "topic",
    "aws_sns_topic_policy": "topic policy",
    "aws_sns_topic_subscription": "subscription",
    "aws_sqs_queue": "queue",
    "aws_sqs_queue_policy": "queue policy",
}


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One object of a plan.

    Attributes:
        type: Terraform's type, such as ``aws_glue_job``.
        name: the name in AWS, if it is known.
        attributes: the changing attributes, sorted; for a map, such as a job's arguments, the changing keys.
        details: the same in words, with values before and after.
    """

    action: Action
    type: str
    name: str
    attributes: tuple[str, ...]
    details: tuple[str, ...] = ()

    @property
    def concerns_security(self) -> bool:
        """Whether it is a role, a policy, or a bucket or one of its settings."""
        return self.type.startswith(("aws_iam_", "aws_s3_bucket")) or self.type.endswith("_policy")

    @property
    def noun(self) -> str:
        """The type in words."""
        return _NOUNS.get(self.type, self.type)

    def describe(self) -> str:
        """Return the change in words.

        >>> ResourceChange("change", "aws_glue_job", "alur-shop-load-dev", ("timeout",)).describe()
        'Glue job alur-shop-load-dev (timeout)'
        """
        changed = f" ({', '.join(self.attributes)})" if self.action == "change" else ""
        return f"{self.noun} {self.name}{changed}"


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes of a plan."""

    changes: tuple[ResourceChange, ...]

    @classmethod
    def of(cls, shown: dict[str, Any]) -> Plan:
        """Return the plan from the output of ``terraform show -json`` (https://developer.hashicorp.com/terraform/internals/json-format)."""
        changes = [_change(item) for item in shown.get("resource_changes", [])]
        return cls(tuple(change for change in changes if change is not None))

    def count(self, *actions: Action) -> int:
        """Return the number of objects with one of the actions."""
        return sum(change.action in actions for change in self.changes)

    def lost(self, type: str) -> list[str]:
        """Return the names of a type's objects to be destroyed or replaced."""
        return [
            c.name for c in self.changes if c.type == type and c.action in ("destroy", "replace")
        ]

    @property
    def only_code(self) -> bool:
        """Whether only the code of jobs changes."""
        return bool(self.changes) and all(
            change.type == "aws_s3_object"
            or (
                change.type == "aws_glue_job"
                and change.action == "change"
                and OF_CODE.issuperset(change.attributes)
            )
            for change in self.changes
        )

    def summary(self) -> list[str]:
        """Return the plan in words: one line per kind of new objects, and one per other object.

        >>> job = ResourceChange("add", "aws_glue_job", "alur-shop-load-dev", ())
        >>> Plan((job,)).summary()
        ['1 to add, 0 to change, 0 to destroy', '+ 1 Glue job']
        """
        if self.only_code:
            jobs = sum(change.type == "aws_glue_job" for change in self.changes)
            return [f"only the code changes, that of {jobs} {_plural('Glue job', jobs)}"]
        replaced = self.count("replace")
        also = f", {replaced} to replace" if replaced else ""
        lines = [
            f"{self.count('add')} to add, {self.count('change')} to change{also}, "
            f"{self.count('destroy')} to destroy"
        ]
        lines += [f"+ {count} {_plural(noun, count)}" for noun, count in self.added.items()]
        return lines + [
            f"{MARKS[change.action]} {change.describe()}" for change in self.of_existing
        ]

    @property
    def of_existing(self) -> tuple[ResourceChange, ...]:
        """The changes of existing objects: those that concern security first, then changed, replaced and destroyed ones."""
        order = list(MARKS)
        existing = (change for change in self.changes if change.action != "add")
        return tuple(
            sorted(existing, key=lambda c: (not c.concerns_security, order.index(c.action)))
        )

    @property
    def added(self) -> dict[str, int]:
        """How many new objects there are of each kind, those that concern security first."""
        added = [change for change in self.changes if change.action == "add"]
        return Counter(c.noun for c in sorted(added, key=lambda c: not c.concerns_security))


def _change(item: dict[str, Any]) -> ResourceChange | None:
    action = _ACTIONS.get(tuple(item["change"]["actions"]))
    if action is None or item["mode"] != "managed":
        return None
    before = item["change"]["before"] or {}
    planned = item["change"]["after"] or {}
    after = with_unknown(planned, item["change"].get("after_unknown") or {})
    # Identify a destroyed object by its own name, not by its successor's.
    known = before if action in ("destroy", "replace") else planned
    name = next((known[key] for key in ("name", "bucket", "key", "role") if known.get(key)), None)
    if item["type"] == "aws_s3_object":
        name = known["key"]
    return ResourceChange(
        action=action,
        type=item["type"],
        name=str(name or item["address"]),
        attributes=tuple(sorted(_changed(before, after))) if action == "change" else (),
        details=tuple(dict.fromkeys(attribute_changes(before, after)))
        if action == "change"
        else (),
    )


def _changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _changed(old, new)
        elif old != new:
            yield key


def _plural(noun: str, count: int) -> str:
    if count == 1:
        return noun
    return noun.removesuffix("y") + "ies" if noun.endswith("policy") else f"{noun}s"
