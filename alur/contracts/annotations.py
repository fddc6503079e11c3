"""Derives a column and its rules from the Python annotation of a field."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, GroupedMetadata, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from alur.contracts.columns import (
    ArrayType,
    Column,
    ColumnType,
    DecimalType,
    MapType,
    PrimitiveName,
    PrimitiveType,
    StructType,
    walk,
)
from alur.contracts.patterns import NotPortable, pattern_text, portable
from alur.contracts.rules import Rule, RuleKind
from alur.contracts.tags import Tag, tags_of

SUPPORTED = (
    "str, int, alur.Int32, float, alur.Float32, bool, bytes, date, datetime, "
    "Decimal with max_digits and decimal_places, list[T], dict[str, T], nested models, "
    "Literal and Enum of strings, T | None"
)


class Unsupported(Exception):
    """An annotation without a column type."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class Width:
    """Marks a number as the narrower of Spark's two kinds."""

    def __init__(self, name: PrimitiveName) -> None:
        self.name = name


Int32 = Annotated[int, Width("int")]
"""A 32-bit integer (Spark's ``int``), where ``int`` is 64 bits wide."""

Float32 = Annotated[float, Width("float")]
"""A 32-bit floating-point number (Spark's ``float``), where ``float`` is 64 bits wide."""

_PRIMITIVES: dict[type, PrimitiveName] = {
    str: "string",
    int: "bigint",
    float: "double",
    bool: "boolean",
    bytes: "binary",
    date: "date",
    datetime: "timestamp",
}
_DEEPEST = 50
"""The maximum depth of nesting: far beyond real tables, but a model that contains itself has no end."""

_NUMBERS = ("bigint", "int", "double", "float", "date", "timestamp")


def column_of(name: str, field: FieldInfo) -> tuple[Column, tuple[Rule, ...]]:
    """Return the column of a pydantic field, and the rules of its constraints.

    Raises:
        Unsupported: no column type fits the annotation, or a constraint cannot be checked there.
    """
    type_, nullable, rules = _resolve(field.annotation, list(field.metadata), (name,))
    required = () if nullable else (Rule("not_null", (name,)),)
    column = Column(
        name, type_, nullable, description=field.description or "", tags=_tags(field, type_)
    )
    return column, (*required, *rules)


def _tags(field: FieldInfo, type_: ColumnType) -> tuple[Tag, ...]:
    """Return the tags of a field, and those of the fields within it."""
    _, metadata, _ = _unwrap(field.annotation, list(field.metadata))
    structs = (inner for inner in walk(type_) if isinstance(inner, StructType))
    within = [tag for struct in structs for column in struct.fields for tag in column.tags]
    return tuple(dict.fromkeys([*tags_of(metadata, field.json_schema_extra), *within]))


def _resolve(
    annotation: Any, metadata: list[Any], path: tuple[str, ...]
) -> tuple[ColumnType, bool, tuple[Rule, ...]]:
    """Return the type, the nullability and the rules of an annotation.

    ``path`` leads from the column inwards: a struct's field by its name, a list's elements by ``element``, a map's
    values by ``value``.
    """
    annotation, metadata, nullable = _unwrap(annotation, metadata)
    if any(item is Tag for item in metadata):
        raise Unsupported("Tag has no name", 'give it one, such as Tag("pii")')
    allowed = _allowed_values(annotation)
    if allowed is not None:
        column = ".".join(path)
        return PrimitiveType("string"), nullable, (Rule("one_of", (column,), allowed),)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        struct, rules = _struct(annotation, path)
        return struct, nullable, rules
    type_, inner_rules = _plain_type(annotation, metadata, path)
    rules = tuple(_constraints(type_, metadata, ".".join(path)))
    return type_, nullable, (*rules, *inner_rules)


def _unwrap(annotation: Any, metadata: list[Any]) -> tuple[Any, list[Any], bool]:
    """Take off ``Annotated`` and ``| None``, from the outside in."""
    nullable = False
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *more = get_args(annotation)
            metadata = [*metadata, *more]
        elif origin in (Union, types.UnionType) and type(None) in get_args(annotation):
            nullable = True
            rest = tuple(arg for arg in get_args(annotation) if arg is not type(None))
            annotation = Union[rest]  # noqa: UP007 - built at run time
        elif origin is Literal and None in get_args(annotation):
            nullable = True
            annotation = Literal[tuple(arg for arg in get_args(annotation) if arg is not None)]
        else:
            return annotation, list(_flatten(metadata)), nullable


def _flatten(metadata: Iterable[Any]) -> Iterator[Any]:
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from _flatten(item.metadata)
        elif isinstance(item, GroupedMetadata):
            yield from _flatten(item)
        else:
            yield item


def _allowed_values(annotation: Any) -> tuple[str, ...] | None:
    if get_origin(annotation) is Literal:
        values = get_args(annotation)
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        values = tuple(member.value for member in annotation)
    else:
        return None
    if not values or not all(isinstance(value, str) for value in values):
        raise Unsupported(
            "its allowed values are not all strings", "use strings, or int with ge and le"
        )
    return tuple(str(value) for value in values)


def _struct(model: type[BaseModel], path: tuple[str, ...]) -> tuple[StructType, tuple[Rule, ...]]:
    if len(path) > _DEEPEST:
        raise Unsupported(
            f"the nested model {model.__name__} contains itself",
            "refer to the other by its key instead",
        )
    fields: list[Column] = []
    rules: list[Rule] = []
    for name, field in model.model_fields.items():
        type_, nullable, more = _inner(Annotated[field.annotation, field], (*path, name))
        tags = tags_of(field.metadata, field.json_schema_extra)
        fields.append(Column(name, type_, nullable, field.description or "", tags=tags))
        rules.extend(more)
    if not fields:
        raise Unsupported(f"the nested model {model.__name__} has no fields", "give it fields")
    return StructType(tuple(fields)), tuple(rules)


def _plain_type(
    annotation: Any, metadata: list[Any], path: tuple[str, ...]
) -> tuple[ColumnType, tuple[Rule, ...]]:
    """Return a type other than a struct or a set of allowed values, and the rules of its inner types."""
    narrow = next((item.name for item in metadata if isinstance(item, Width)), None)
    if narrow is not None:
        return PrimitiveType(narrow), ()
    if annotation is Decimal:
        return _decimal(metadata), ()
    if isinstance(annotation, type) and annotation in _PRIMITIVES:
        return PrimitiveType(_PRIMITIVES[annotation]), ()
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is list and len(args) == 1:
        type_, nullable, rules = _inner(args[0], (*path, "element"))
        return ArrayType(type_, nullable), rules
    if origin is dict and len(args) == 2:
        if args[0] is not str:
            raise Unsupported("a map's keys must be str", "use dict[str, T]")
        type_, nullable, rules = _inner(args[1], (*path, "value"))
        return MapType(type_, nullable), rules
    shown = getattr(annotation, "__name__", None) if not args else None
    raise Unsupported(
        f"no column type for {shown or annotation}", f"use one of the types: {SUPPORTED}"
    )


def _decimal(metadata: list[Any]) -> DecimalType:
    digits = _keyword(metadata, "max_digits")
    places = _keyword(metadata, "decimal_places")
    if digits is None or places is None:
        raise Unsupported(
            "a bare Decimal has no size",
            "write Field(max_digits=12, decimal_places=2)",
        )
    if not (1 <= digits <= 38 and 0 <= places <= digits):
        raise Unsupported(
            f"decimal({digits},{places}) is not a valid type",
            "use max_digits from 1 to 38, and decimal_places from 0 to max_digits",
        )
    return DecimalType(digits, places)


def _keyword(metadata: list[Any], name: str) -> Any:
    """Return a constraint stored as an attribute of pydantic's own metadata object."""
    values = (getattr(item, name, None) for item in metadata)
    return next((value for value in values if value is not None), None)


def _inner(annotation: Any, path: tuple[str, ...]) -> tuple[ColumnType, bool, tuple[Rule, ...]]:
    """Return the type, the nullability and the rules of the values within a struct, list or map at ``path``."""
    type_, nullable, rules = _resolve(annotation, [], path)
    required = () if nullable else (Rule("not_null", (".".join(path),)),)
    return type_, nullable, (*required, *rules)


def _constraints(type_: ColumnType, metadata: list[Any], column: str) -> Iterator[Rule]:
    bounds: list[tuple[type, RuleKind]] = [(Ge, "ge"), (Gt, "gt"), (Le, "le"), (Lt, "lt")]
    for item in metadata:
        for kind, name in bounds:
            if isinstance(item, kind):
                _require(isinstance(type_, DecimalType) or str(type_) in _NUMBERS, name, type_)
                yield Rule(name, (column,), getattr(item, name))
        if isinstance(item, MinLen):
            _require(_has_length(type_), "min_length", type_)
            yield Rule("min_length", (column,), item.min_length)
        if isinstance(item, MaxLen):
            _require(_has_length(type_), "max_length", type_)
            yield Rule("max_length", (column,), item.max_length)
    pattern = _keyword(metadata, "pattern")
    if pattern is not None:
        _require(str(type_) == "string", "pattern", type_)
        yield Rule("pattern", (column,), _checkable(pattern))
    if _keyword(metadata, "multiple_of") is not None:
        raise Unsupported("multiple_of is not checked", "drop it, or check it in the pipeline")


def _checkable(pattern: str | re.Pattern[str]) -> str:
    text = pattern_text(pattern)
    try:
        portable(text)
    except NotPortable as error:
        raise Unsupported(
            f"the pattern {text!r} cannot be checked alike on every engine: {error}",
            "rewrite it, or check it in the pipeline",
        ) from None
    return text


def _has_length(type_: ColumnType) -> bool:
    return isinstance(type_, ArrayType | MapType) or str(type_) in ("string", "binary")


def _require(holds: bool, rule: str, type_: ColumnType) -> None:
    if not holds:
        raise Unsupported(f"{rule} does not apply to {type_}", f"drop {rule}")
