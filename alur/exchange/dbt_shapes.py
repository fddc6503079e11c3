"""The shapes of dbt's files: the types of all that the import reads."""

from __future__ import annotations

from alur.exchange.shapes import (
    MAPPING,
    TEXTS,
    ListOf,
    MappingOf,
    MappingOrText,
    OneOf,
    Shape,
    text,
)

_TEXT_OR_TEXTS = OneOf(TEXTS, text)
_CONSTRAINTS = ListOf(MappingOf({"type": text, "columns": TEXTS}))
_TESTS = ListOf(MappingOrText())
_NAMED: dict[str, Shape] = {
    "name": text,
    "alias": text,
    "description": text,
    "tags": _TEXT_OR_TEXTS,
    "constraints": _CONSTRAINTS,
    "tests": _TESTS,
    "data_tests": _TESTS,
    "config": MappingOf({"tags": _TEXT_OR_TEXTS, "unique_key": _TEXT_OR_TEXTS}),
}
_COLUMN = MappingOf({**_NAMED, "data_type": text})
_COLUMNS = OneOf(ListOf(_COLUMN), MappingOf(others=_COLUMN))
_MODEL: dict[str, Shape] = {**_NAMED, "columns": _COLUMNS, "unique_key": _TEXT_OR_TEXTS}
_NODE = MappingOf(
    {
        **_MODEL,
        "resource_type": text,
        "attached_node": text,
        "column_name": text,
        "depends_on": MappingOf({"nodes": TEXTS}),
        "test_metadata": MappingOf({"name": text, "namespace": text, "kwargs": MAPPING}),
    }
)
_TYPED = MappingOf({"name": text, "type": text})

PROPERTIES = MappingOf({"models": ListOf(MappingOf(_MODEL))})
MANIFEST = MappingOf({"nodes": MappingOf(others=_NODE)})
CATALOG = MappingOf({"nodes": MappingOf(others=MappingOf({"columns": MappingOf(others=_TYPED)}))})
