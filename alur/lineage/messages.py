"""Walks a plan's messages of any kind by their fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from alur.lineage.digests import digest
from alur.lineage.python_code import pickled_digest, udf_digest
from alur.lineage.traced import Traced
from alur.lineage.uses import NONE, Uses, union, used_as

PLAN_IDS = frozenset({"common", "plan_id"})
"""Fields that number the parts of a plan; the numbers differ in each process."""
_DRAWN_SEEDS = 1 << 48


def traced_fields(
    message: Any, trace: Callable[[Any], Traced], without: frozenset[str] = frozenset()
) -> Traced:
    """Return the value of a message computed from all expressions in it.

    Args:
        trace: returns the value of an expression.
        without: names of fields that have no meaning. Relations within the message have none here either.
    """
    uses: list[Uses] = []
    parts: list[object] = [message.DESCRIPTOR.name]
    for field, content in message.ListFields():
        if field.name in PLAN_IDS or field.name in without:
            continue
        for item in _items(content):
            match _kind(item):
                case None:
                    parts += [field.name, repr(item)]
                    continue
                case "Relation":
                    continue
                case "Expression":
                    inner = trace(item)
                case "PythonUDTF":
                    inner = Traced(NONE, pickled_digest(item))
                case "CommonInlineUserDefinedFunction":
                    arguments = [trace(argument) for argument in item.arguments]
                    meanings = (argument.meaning for argument in arguments)
                    uses += [argument.uses for argument in arguments]
                    inner = Traced(NONE, digest(udf_digest(item), *meanings))
                case _:
                    inner = traced_fields(item, trace)
            uses.append(inner.uses)
            parts += [field.name, inner.meaning]
    return Traced(used_as(union(uses), "value"), digest(*parts))


def ignored_seed(message: Any) -> frozenset[str]:
    """Return the field of a seed that PySpark has drawn, not the user.

    It draws one in each call, from 63 bits: one of less than 48 bits is the user's, except for one in 32,768.
    """
    is_drawn = getattr(message, "seed", 0) >= _DRAWN_SEEDS
    return frozenset(["seed"] if is_drawn else [])


def inputs(message: Any) -> Iterator[Any]:
    """Yield the relations directly below a relation's message."""
    for _, content in message.ListFields():
        for item in _items(content):
            kind = _kind(item)
            if kind == "Relation":
                yield item
            elif kind not in (None, "Expression"):
                yield from inputs(item)


def body(node: Any) -> Any:
    """Return the part of a relation that depends on its kind."""
    return getattr(node, node.WhichOneof("rel_type"))


def _kind(item: Any) -> str | None:
    """Return the name of a message's type; None for a plain value."""
    descriptor = getattr(item, "DESCRIPTOR", None)
    return descriptor.name if descriptor else None


def _items(content: Any) -> Iterator[Any]:
    """Yield the contents of a field: those of a list or a map one by one."""
    if _kind(content) or isinstance(content, (str, bytes, int, float, bool)):
        yield content
    elif hasattr(content, "items"):
        for key in sorted(content):
            yield key
            yield content[key]
    else:
        yield from content
