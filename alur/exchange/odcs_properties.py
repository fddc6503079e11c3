"""Reads the properties of a table in the Open Data Contract Standard: columns, their types and their rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alur.contracts.columns import ArrayType, Column, ColumnType, MapType, PrimitiveType, StructType
from alur.contracts.rules import Rule
from alur.contracts.tags import Tag
from alur.errors import ExchangeError
from alur.exchange import odcs_words as words
from alur.exchange.losses import Loss, brief
from alur.exchange.names import refusal_of_column
from alur.exchange.odcs_rules import custom, is_null_check, rules_of
from alur.exchange.physical_types import PhysicalType, UnknownType, physical_type

_UNDERSTOOD = frozenset(
    [
        "name",
        "logicalType",
        "physicalType",
        "logicalTypeOptions",
        "required",
        "description",
        "tags",
        "quality",
        "primaryKey",
        "primaryKeyPosition",
        "partitioned",
        "partitionKeyPosition",
        "properties",
        "items",
        "map",
        "customProperties",
        "physicalName",
    ]
)
_OWN = frozenset((words.SYSTEM, words.HOLDS_NO, words.RULES))
_DEFAULTS: dict[str, ColumnType] = {
    "string": PrimitiveType("string"),
    "integer": PrimitiveType("bigint"),
    "number": PrimitiveType("double"),
    "boolean": PrimitiveType("boolean"),
    "date": PrimitiveType("date"),
    "timestamp": PrimitiveType("timestamp"),
}
_FORMATS = {"i32": "int", "i16": "int", "i8": "int", "u8": "int", "u16": "int", "f32": "float"}
_ALSO = {("number", "integer"), ("timestamp", "date")}
"""Logical types of columns whose system has a finer one."""
_DEEPEST = 50
_MOST_FIELDS = 10_000


class PropertyReader:
    """Reads the columns of one table.

    Attributes:
        losses: what they say and a contract cannot.
        rules: the rules of the columns read so far, except those of the key.
    """

    def __init__(self, table: str) -> None:
        self._table = table
        self.losses: list[Loss] = []
        self.rules: list[Rule] = []
        self._count = 0

    def columns(self, properties: Any) -> tuple[Column, ...]:
        """Return the columns that a contract can have; the others become losses."""
        return tuple(self._fields(properties, ()))

    def _fields(self, properties: Any, path: tuple[str, ...]) -> Iterator[Column]:
        seen: set[str] = set()
        for shown in self._counted(properties if isinstance(properties, list) else []):
            name = name_of(shown)
            refusal = refusal_of_column(name)
            if refusal is None and name.lower() in seen:
                refusal = f"{brief(name)} is there twice"
            if refusal is not None:
                self._lose((*path, name), f"the column: {refusal}", of_rows=True)
                continue
            rules_before = len(self.rules)
            try:
                column = self._column(shown, (*path, name))
            except UnknownType as error:
                del self.rules[rules_before:]
                self._lose((*path, name), f"the column: {error}", of_rows=True)
                continue
            seen.add(name.lower())
            yield column

    def _counted(self, properties: Sequence[Any]) -> Iterator[Any]:
        """Yield properties; aliases of YAML can make endlessly many out of a few lines."""
        for shown in properties:
            self._count += 1
            if self._count > _MOST_FIELDS:
                raise ExchangeError(
                    f"{self._table} has more than {_MOST_FIELDS:,} columns and fields",
                    remedy="correct the document",
                )
            yield shown

    def _column(self, shown: Mapping[str, Any], path: tuple[str, ...]) -> Column:
        required = shown.get("required") is True or shown.get("primaryKey") is True
        checks = shown.get("quality")
        if isinstance(checks, list) and any(map(is_null_check, checks)):
            required = True
        type_ = self._value(shown, path, required=required)
        self._note_rest(shown, path)
        description = shown.get("description")
        return Column(
            path[-1],
            type_,
            not required,
            description if isinstance(description, str) else "",
            tags=_tags(shown, type_ if len(path) == 1 else None),
        )

    def _value(
        self, shown: Mapping[str, Any], path: tuple[str, ...], *, required: bool
    ) -> ColumnType:
        """Return the type of a property, and keep its rules."""
        if len(path) > _DEEPEST:
            raise UnknownType("it is nested too deep")
        if required:
            self.rules.append(Rule("not_null", (".".join(path),)))
        position = len(self.rules)
        type_ = self._type(shown, path)
        lost: list[str] = []
        self.rules[position:position] = rules_of(shown, type_, ".".join(path), lost)
        for text in lost:
            self._lose(path, text)
        return type_

    def _type(self, shown: Mapping[str, Any], path: tuple[str, ...]) -> ColumnType:
        logical, physical = shown.get("logicalType"), shown.get("physicalType")
        if logical == "array" and isinstance(shown.get("items"), dict):
            return self._array(shown["items"], path)
        if logical == "map" and isinstance(shown.get("map"), dict):
            value = shown["map"].get("value")
            return self._map([{**value, "name": "value"}] if isinstance(value, dict) else [], path)
        if logical in ("object", None) and isinstance(shown.get("properties"), list):
            if isinstance(physical, str) and physical.lower().startswith("map"):
                return self._map(shown["properties"], path)
            fields = tuple(self._fields(shown["properties"], path))
            if not fields:
                raise UnknownType("none of its fields can be a column's")
            return StructType(fields)
        return self._plain(logical, physical, shown, path)

    def _plain(
        self, logical: Any, physical: Any, shown: Mapping[str, Any], path: tuple[str, ...]
    ) -> ColumnType:
        """Return a type by its names: that of the system, where the standard's own agrees."""
        if isinstance(physical, str):
            try:
                found = physical_type(physical)
            except UnknownType:
                found = None
            if found is not None and _agree(found, logical):
                if found.lost:
                    self._lose(path, found.lost)
                return found.type
        if isinstance(logical, str) and logical in _DEFAULTS:
            options = shown.get("logicalTypeOptions")
            format_ = options.get("format") if isinstance(options, dict) else None
            if isinstance(format_, str) and format_ in _FORMATS:
                return PrimitiveType(_FORMATS[format_])  # type: ignore[arg-type]
            return _DEFAULTS[logical]
        raise UnknownType(f"no column type for {brief(physical or logical)}")

    def _array(self, items: Mapping[str, Any], path: tuple[str, ...]) -> ColumnType:
        required = items.get("required") is True
        return ArrayType(self._value(items, (*path, "element"), required=required), not required)

    def _map(self, properties: Sequence[Any], path: tuple[str, ...]) -> ColumnType:
        values = [p for p in properties if isinstance(p, dict) and p.get("name") == "value"]
        if not values:
            raise UnknownType("the map has no property 'value'")
        required = values[0].get("required") is True
        return MapType(self._value(values[0], (*path, "value"), required=required), not required)

    def _note_rest(self, shown: Mapping[str, Any], path: tuple[str, ...]) -> None:
        for word, value in shown.items():
            if word not in _UNDERSTOOD and value not in (None, False, [], ""):
                scalar = isinstance(value, str | int | float)
                self._lose(path, f"{word}: {brief(value)}" if scalar else word)
        if shown.get("name") not in (None, path[-1]):
            self._lose(path, f"the name {brief(shown['name'])}, beside its name in the table")
        for name, value in custom(shown).items():
            if name not in _OWN:
                self._lose(path, f"the custom property {name}: {brief(value)}")

    def _lose(self, path: tuple[str, ...], message: str, *, of_rows: bool = False) -> None:
        self.losses.append(Loss(".".join((self._table, *path)), message, of_rows))


def name_of(shown: Any) -> str:
    """Return the name of a property's column: that of the system, else its own.

    >>> name_of({"name": "reference date", "physicalName": "ref_dt"}), name_of({"name": "id"})
    ('ref_dt', 'id')
    """
    given = shown if isinstance(shown, dict) else {}
    return str(given.get("physicalName") or given.get("name") or "")


def _agree(found: PhysicalType, logical: Any) -> bool:
    """Return whether a system's type is one of those of a logical type."""
    own = words.logical_type(found.type)
    return logical is None or own == logical or (own, logical) in _ALSO


def _tags(shown: Mapping[str, Any], whole: ColumnType | None) -> tuple[Tag, ...]:
    """Return the tags of a property; of a column, also those of its fields."""
    held, refused = shown.get("tags"), custom(shown).get(words.HOLDS_NO)
    own = (
        [Tag(name) for name in held or () if isinstance(name, str)]
        if isinstance(held, list)
        else []
    )
    if isinstance(refused, list):
        own += [Tag(name, holds=False) for name in refused if isinstance(name, str)]
    within = [tag for field in _all_fields(whole) for tag in field.tags] if whole else []
    return tuple(dict.fromkeys([*own, *within]))


def _all_fields(type_: ColumnType) -> Iterator[Column]:
    match type_:
        case ArrayType(element=inner) | MapType(value=inner):
            yield from _all_fields(inner)
        case StructType(fields):
            for field in fields:
                yield field
                yield from _all_fields(field.type)
        case _:
            return
