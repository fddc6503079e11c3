"""Evaluates requests against policies as IAM does, to the extent of a deployment's policies.

(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any


def allows(
    policies: Iterable[Mapping[str, Any]],
    action: str,
    resource: str,
    context: Mapping[str, str] | None = None,
) -> bool:
    """Return whether policies allow an action on a resource: a statement must allow it, and none may deny it.

    Args:
        resource: an ARN.
        context: the values of the request's condition keys.

    >>> statement = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/tables/*"}
    >>> policies = [{"Statement": statement}]
    >>> allows(policies, "s3:GetObject", "arn:aws:s3:::b/tables/t"), allows(policies, "s3:GetObject", "arn:aws:s3:::b/x")
    (True, False)
    """
    effects = [
        statement["Effect"]
        for policy in policies
        for statement in _listed(policy.get("Statement"))
        if _applies(statement, action, resource, context or {})
    ]
    return "Allow" in effects and "Deny" not in effects


def trusts(policy: Mapping[str, Any], service: str, account_id: str) -> bool:
    """Return whether a role lets a service assume it on behalf of an account.

    >>> statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "glue.amazonaws.com"}}
    >>> trusts({"Statement": [statement]}, "glue.amazonaws.com", "123456789012")
    True
    """
    return any(
        statement["Effect"] == "Allow"
        and "sts:AssumeRole" in _listed(statement["Action"])
        and service in _listed(statement.get("Principal", {}).get("Service"))
        and _holds(statement, {"aws:SourceAccount": account_id})
        for statement in _listed(policy.get("Statement"))
    )


def lets_service(
    policy: Mapping[str, Any],
    service: str,
    action: str,
    resource: str,
    context: Mapping[str, str] | None = None,
) -> bool:
    """Return whether the policy of a topic or queue allows an action to a service of AWS.

    Args:
        context: the values of the service's condition keys; a condition on another key does not hold.

    >>> statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
    >>> policy = {"Statement": [statement | {"Resource": "arn:aws:sns:eu-west-1:123456789012:alerts"}]}
    >>> topic = "arn:aws:sns:eu-west-1:123456789012:alerts"
    >>> lets_service(policy, "events.amazonaws.com", "sns:Publish", topic)
    True
    >>> lets_service(policy, "cloudwatch.amazonaws.com", "sns:Publish", topic)
    False
    """
    statements = [one for one in _listed(policy.get("Statement")) if _names(one, service)]
    return allows([{"Statement": statements}], action, resource, context)


def _names(statement: Mapping[str, Any], service: str) -> bool:
    """Return whether a statement's principals include a service."""
    principal = statement.get("Principal")
    if isinstance(principal, Mapping):
        return "*" in _listed(principal.get("AWS")) or service in _listed(principal.get("Service"))
    return principal == "*"


def _applies(
    statement: Mapping[str, Any], action: str, resource: str, context: Mapping[str, str]
) -> bool:
    # Actions ignore case; resources do not.
    return (
        any(_matches(one.lower(), action.lower()) for one in _listed(statement.get("Action")))
        and any(_matches(one, resource) for one in _listed(statement.get("Resource")))
        and _holds(statement, context)
    )


def _holds(statement: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    """Return whether all conditions hold; an unknown operator holds in a denial, and does not hold in a permission."""
    for operator, keys in statement.get("Condition", {}).items():
        comparison = _COMPARISONS.get(operator.replace("Not", ""))
        for key, values in keys.items():
            if comparison is None:
                if statement["Effect"] == "Deny":
                    continue
                return False
            # A key missing from the request equals nothing.
            same = key in context and any(
                comparison(value, context[key]) for value in _listed(values)
            )
            if same == ("Not" in operator):
                return False
    return True


def _matches(pattern: str, text: str) -> bool:
    """Return whether a text matches a pattern with ``*`` and ``?``."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _listed(element: Any) -> list[Any]:
    """Return an element as a list; IAM accepts a single value without one."""
    if element is None:
        return []
    return list(element) if isinstance(element, (list, tuple)) else [element]


_COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringLike": _matches,
    # Both behave alike (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
    "ArnEquals": _matches,
    "ArnLike": _matches,
    "Bool": lambda value, actual: value.lower() == actual.lower(),
}
"""The operators of conditions; each also has a negation with ``Not`` in its name."""
