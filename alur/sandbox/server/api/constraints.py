"""Checks the values in a request against a service's model: types, lengths, patterns, and required members.

The messages are worded as AWS's own
(https://docs.aws.amazon.com/glue/latest/webapi/CommonErrors.html, "ValidationError").
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import botocore

from alur.sandbox.server.api.java_patterns import matches

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "boolean": (bool,),
    "byte": (int,),
    "short": (int,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str, datetime),
    "blob": (str, bytes),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}
_NUMBERS = ("byte", "short", "integer", "long", "float", "double")
_SHOWN = 80


def violations(value: Any, shape: Any, path: str = "") -> Iterator[str]:
    """Yield a message for each violation of a model by a value.

    Args:
        value: parsed, from JSON or from the text of another protocol.
        shape: botocore's.
        path: the value's place within the request; empty for the request itself.
    """
    if getattr(shape, "is_document_type", False):
        return
    if not _is_typed(value, shape.type_name):
        yield _violation(value, path, f"Member must be of the type {shape.type_name}")
        return
    for constraint in _unmet(value, shape):
        yield _violation(value, path, constraint)
    if shape.type_name == "structure":
        yield from _of_members(value, shape, path)
    elif shape.type_name == "list":
        for number, item in enumerate(value, 1):
            yield from violations(item, shape.member, f"{path}.{number}.member")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from violations(key, shape.key, f"{path}.{key}.key")
            yield from violations(item, shape.value, f"{path}.{key}.value")


def _is_typed(value: Any, type_name: str) -> bool:
    if isinstance(value, bool):
        return type_name == "boolean"
    return isinstance(value, _TYPES[type_name])


@cache
def _members(shape: Any) -> Mapping[str, tuple[str, Any]]:
    """Return the name and the shape of each member, by its name in requests."""
    return {
        member.serialization.get("name", name): (name, member)
        for name, member in shape.members.items()
    } | {name: (name, member) for name, member in shape.members.items()}


def _of_members(value: Mapping[str, Any], shape: Any, path: str) -> Iterator[str]:
    members = _members(shape)
    given = set()
    for wire_name, item in value.items():
        name, member = members.get(wire_name, (wire_name, None))
        place = f"{path}.{name}" if path else name
        if member is None:
            known = f"{shape.name} in botocore {botocore.__version__}"
            yield _violation(item, place, f"Member must be one of {known}")
        elif item is not None:
            given.add(name)
            yield from violations(item, member, place)
    for name in shape.required_members:
        if name not in given:
            yield _violation(None, f"{path}.{name}" if path else name, "Member must not be null")


def _unmet(value: Any, shape: Any) -> Iterator[str]:
    """Yield the shape's own constraints that a value violates."""
    rules = shape.metadata
    if not rules:
        return
    numeric = shape.type_name in _NUMBERS
    measure = "value" if numeric else "length"
    size = value if numeric else _length(value, shape.type_name)
    if size is not None and size < rules.get("min", size):
        yield f"Member must have {measure} greater than or equal to {rules['min']}"
    if size is not None and size > rules.get("max", size):
        yield f"Member must have {measure} less than or equal to {rules['max']}"
    if shape.type_name == "string":
        if "pattern" in rules and not matches(rules["pattern"], value):
            yield f"Member must satisfy regular expression pattern: {rules['pattern']}"
        if shape.enum and value not in shape.enum:
            yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"


def _length(value: Any, type_name: str) -> int | None:
    if type_name == "blob" and isinstance(value, str):
        try:
            return len(base64.b64decode(value, validate=True))
        except binascii.Error:
            return None
    return len(value) if hasattr(value, "__len__") and type_name != "timestamp" else None


def _violation(value: Any, path: str, constraint: str) -> str:
    text = "null" if value is None else str(value)
    text = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
    return f"Value '{text}' at '{path}' failed to satisfy constraint: {constraint}"
