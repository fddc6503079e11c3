"""The input of a rule's target, made from an event.

(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html)
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_VARIABLE = re.compile(r"<([\w-]+)>")


def target_input(target: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """Return the text for a target.

    Args:
        target: EventBridge's description, with an input, a path, a transformer, or none of them.

    >>> template = {"InputPathsMap": {"job": "$.detail.jobName"}, "InputTemplate": '"<job> failed"'}
    >>> target_input({"InputTransformer": template}, {"detail": {"jobName": "load"}})
    '"load failed"'
    """
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_at(target["InputPath"], event))
    transformer = target.get("InputTransformer")
    if transformer is None:
        return json.dumps(event)
    paths = transformer.get("InputPathsMap", {})
    return _VARIABLE.sub(
        lambda match: _text(_at(paths[match[1]], event)) if match[1] in paths else match[0],
        transformer["InputTemplate"],
    )


def _at(path: str, event: Mapping[str, Any]) -> Any:
    """Return the value at a path such as ``$.detail.state``; None if it is missing."""
    value: Any = event
    for name in path.removeprefix("$").split(".")[1:]:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
