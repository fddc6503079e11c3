"""Puts changed attributes of an object into words: values before and after, and what policies allow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from alur.deployment.job_arguments import OF_CODE
from alur.text import in_one_line

UNKNOWN = "known after apply"
"""The value of an attribute that Terraform learns when it applies the plan."""

_POLICIES = frozenset({"policy", "assume_role_policy"})
_LONGEST = 60


def attribute_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Yield each changed attribute in words; of maps, such as a job's arguments, each changed key.

    >>> list(attribute_changes({"timeout": 60}, {"timeout": 120}))
    ['timeout: 60 → 120']
    """
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            yield from attribute_changes(old, new)
        elif key in _POLICIES and isinstance(old, str) and isinstance(new, str):
            yield from ([f"{key}: {UNKNOWN}"] if new == UNKNOWN else policy_changes(old, new))
        elif key in OF_CODE:
            yield "other code"
        else:
            yield f"{key}: {_shown(old)} → {_shown(new)}"


def with_unknown(after: Mapping[str, Any], unknown: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes after a change with those that are not known yet, as Terraform lists them.

    >>> with_unknown({"name": "load"}, {"arn": True, "tags": {}})
    {'name': 'load', 'arn': 'known after apply'}
    """
    whole = dict(after)
    for key, value in unknown.items():
        if value is True:
            whole[key] = UNKNOWN
        elif isinstance(value, dict) and isinstance(whole.get(key), dict):
            whole[key] = with_unknown(whole[key], value)
    return whole


def policy_changes(before: str, after: str) -> Iterator[str]:
    """Yield what a policy allows or denies besides what it did before, and what it no longer does.

    >>> old = '{"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "a"}]}'
    >>> new = '{"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "a"}]}'
    >>> list(policy_changes(old, new))
    ['now allows s3:PutObject on a']
    """
    old, new = _grants(before), _grants(after)
    for word, grants in (("now", new - old), ("no longer", old - new)):
        for (effect, subject, condition), actions in _by_subject(grants).items():
            yield f"{word} {effect} {', '.join(actions)} {subject}{condition}"


def _by_subject(
    grants: Iterable[tuple[str, str, str, str]],
) -> dict[tuple[str, str, str], list[str]]:
    together: dict[tuple[str, str, str], list[str]] = {}
    for effect, action, subject, condition in sorted(grants):
        together.setdefault((effect, subject, condition), []).append(action)
    return together


def _grants(policy: str) -> set[tuple[str, str, str, str]]:
    """Return each action that a policy allows or denies, with what it concerns and its condition."""
    statements = json.loads(policy).get("Statement", [])
    return {
        grant
        for one in (statements if isinstance(statements, list) else [statements])
        for grant in _grants_of(one)
    }


def _grants_of(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    effect = "allows" if statement.get("Effect") == "Allow" else "denies"
    condition = statement.get("Condition")
    under = f" if {json.dumps(condition, sort_keys=True)}" if condition else ""
    principal = statement.get("Principal")
    who = f"to {_principals(principal)}" if principal else ""
    for action in _listed(statement, "Action", "NotAction"):
        for resource in _listed(statement, "Resource", "NotResource") or [""]:
            what = f"on {resource}" if resource else ""
            yield effect, action, " ".join(filter(None, (what, who))), under


def _listed(statement: Mapping[str, Any], name: str, negated: str) -> list[str]:
    for key, prefix in ((name, ""), (negated, "all but ")):
        if key in statement:
            value = statement[key]
            return [f"{prefix}{one}" for one in (value if isinstance(value, list) else [value])]
    return []


def _principals(principal: Any) -> str:
    values = principal.values() if isinstance(principal, dict) else [principal]
    flat = (one for value in values for one in (value if isinstance(value, list) else [value]))
    return ", ".join(sorted(map(str, flat)))


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    text = in_one_line(value if isinstance(value, str) else json.dumps(value, sort_keys=True))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
