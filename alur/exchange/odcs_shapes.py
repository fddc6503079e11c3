"""The shape of a document of the Open Data Contract Standard: the types of all that the import reads."""

from __future__ import annotations

from typing import Any

from alur.exchange.shapes import (
    MAPPING,
    TEXTS,
    ListOf,
    MappingOf,
    OneOf,
    Shape,
    integer,
    text,
    truth,
)


def _property(value: Any, place: str) -> Any:
    return _PROPERTY(value, place)


_CUSTOM = ListOf(MappingOf({"property": text}))
_NAMED: dict[str, Shape] = {
    "name": text,
    "physicalName": text,
    "logicalType": text,
    "physicalType": text,
    "description": text,
    "tags": TEXTS,
    "quality": ListOf(MAPPING),
    "customProperties": _CUSTOM,
    "properties": ListOf(_property),
}
_PROPERTY = MappingOf(
    {
        **_NAMED,
        "logicalTypeOptions": MAPPING,
        "required": truth,
        "primaryKey": truth,
        "primaryKeyPosition": integer,
        "partitioned": truth,
        "partitionKeyPosition": integer,
        "items": _property,
        "map": MappingOf({"value": _property}),
    }
)
_MEMBERS = ListOf(MappingOf({"username": text, "role": text}))

DOCUMENT = MappingOf(
    {
        "name": text,
        "id": text,
        "schema": ListOf(MappingOf(_NAMED)),
        "team": OneOf(_MEMBERS, MappingOf({"members": _MEMBERS})),
    }
)
