"""Finds what differs between the plans of two calls of the same function, as the time does."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from alur.lineage.messages import PLAN_IDS, ignored_seed

CAVEAT = "the function returns another plan in each call, as with the time: such values do not count in its meaning"
_DIGIT = re.compile(r"\d")


class OtherPlan(Exception):
    """The plans of two calls differ in more than in values."""


def without_varying(plan: Any, other: Any) -> bool:
    """Replace the values in a plan that another call of the function has changed, and those of today's date.

    Returns:
        Whether there were any.

    Raises:
        OtherPlan: the plans differ in more than in values.
    """
    if plan.DESCRIPTOR.full_name != other.DESCRIPTOR.full_name:
        raise OtherPlan
    varies = False
    for field in plan.DESCRIPTOR.fields:
        if field.name in PLAN_IDS or field.name in ignored_seed(plan):
            continue
        if field.is_repeated:
            varies |= _in_list(plan, other, field)
            continue
        if field.has_presence and plan.HasField(field.name) != other.HasField(field.name):
            raise OtherPlan
        one, two = getattr(plan, field.name), getattr(other, field.name)
        if field.message_type:
            varies |= plan.HasField(field.name) and without_varying(one, two)
        elif (not field.has_presence or plan.HasField(field.name)) and _varies(field, one, two):
            setattr(plan, field.name, _steady(one, two))
            varies = True
    return bool(varies)


def _in_list(plan: Any, other: Any, field: Any) -> bool:
    ones, others = getattr(plan, field.name), getattr(other, field.name)
    if len(ones) != len(others):
        raise OtherPlan
    is_map = field.message_type and field.message_type.GetOptions().map_entry
    keys = sorted(ones) if is_map else list(range(len(ones)))
    if is_map and keys != sorted(others):
        raise OtherPlan
    varies = False
    for key in keys:
        one, two = ones[key], others[key]
        if hasattr(one, "DESCRIPTOR"):
            varies |= without_varying(one, two)
        elif one != two:
            ones[key] = _steady(one, two)
            varies = True
    return varies


def _varies(field: Any, one: Any, other: Any) -> bool:
    if one != other:
        return True
    days = {(day - date(1970, 1, 1)).days for day in _todays()}
    if field.full_name == "spark.connect.Expression.Literal.date":
        return one in days
    texts = [f"{day:{form}}" for day in _todays() for form in ("%Y-%m-%d", "%Y%m%d")]
    return isinstance(one, str) and any(text in one for text in texts)


def _todays() -> set[date]:
    return {date.today(), datetime.now(UTC).date()}


def _steady(one: Any, other: Any) -> Any:
    """Return what stands for both of two values."""
    if isinstance(one, str):
        same = _DIGIT.sub("0", one)
        return same if same == _DIGIT.sub("0", other) else ""
    return type(one)()
