"""The types of other systems, by their names, as a contract's: of Hive and Glue, of warehouses, and of Spark."""

from __future__ import annotations

import re
from dataclasses import dataclass

from alur.contracts.columns import (
    ArrayType,
    Column,
    ColumnType,
    DecimalType,
    MapType,
    PrimitiveName,
    PrimitiveType,
    StructType,
)
from alur.exchange.losses import brief
from alur.exchange.names import refusal_of_column

_NAMES: dict[str, PrimitiveName] = {
    **dict.fromkeys(("string", "text", "varchar", "char", "character varying", "nvarchar"), "string"),
    **dict.fromkeys(("character", "bpchar", "uuid", "str"), "string"),
    **dict.fromkeys(("bigint", "long", "int8", "int64", "integer64"), "bigint"),
    **dict.fromkeys(("int", "integer", "int4", "int32", "smallint", "int2", "int16"), "int"),
    **dict.fromkeys(("tinyint", "short", "byte", "byteint", "mediumint"), "int"),
    **dict.fromkeys(("double", "double precision", "float8", "float64"), "double"),
    **dict.fromkeys(("float", "real", "float4", "float32"), "float"),
    **dict.fromkeys(("boolean", "bool"), "boolean"),
    **dict.fromkeys(("binary", "varbinary", "bytes", "bytea", "blob"), "binary"),
    "date": "date",
    **dict.fromkeys(("timestamp", "timestamptz", "timestamp_ltz", "timestamp_tz"), "timestamp"),
    **dict.fromkeys(("timestamp with time zone", "timestamp with local time zone"), "timestamp"),
}  # fmt: skip
_SIZED = re.compile(r"([a-z_ 0-9]+?)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)(\s+with(?:out)?.*)?")
_DECIMALS = frozenset(("decimal", "dec", "numeric", "number", "bignumeric"))
_WITHOUT_ZONE = frozenset(("timestamp_ntz", "timestamp without time zone", "datetime"))
_DEEPEST = 50


class UnknownType(Exception):
    """A type that no column of a contract has."""


@dataclass(frozen=True, slots=True)
class PhysicalType:
    """A type, and what of its text it leaves out.

    Attributes:
        lost: in words; empty if it says all.
    """

    type: ColumnType
    lost: str = ""


def physical_type(text: str) -> PhysicalType:
    """Return the type that a system calls by a name; everything within it may be null.

    Raises:
        UnknownType: no column of a contract has such a type.

    >>> str(physical_type("struct<id:bigint,prices:array<decimal(10,2)>>").type)
    'struct<id:bigint,prices:array<decimal(10,2)>>'
    >>> physical_type("VARCHAR(20)").lost
    'the length of VARCHAR(20)'
    """
    return _parsed(text.strip(), 0)


def _parsed(text: str, depth: int) -> PhysicalType:
    if depth > _DEEPEST:
        raise UnknownType("it is nested too deep")
    plain = " ".join(text.lower().split())
    if plain in _NAMES:
        return PhysicalType(PrimitiveType(_NAMES[plain]))
    if plain in _WITHOUT_ZONE:
        return PhysicalType(PrimitiveType("timestamp"), f"{text} has no time zone: read as UTC")
    if plain in _DECIMALS:
        raise UnknownType(f"{text} has no size")
    if sized := _SIZED.fullmatch(plain):
        return _sized(text, sized)
    outer, bracket, rest = text.partition("<")
    if bracket and rest.endswith(">"):
        return _nested(outer.strip().lower(), _split(rest[:-1]), text, depth)
    raise UnknownType(f"no column type for {brief(text)}")


def _sized(text: str, match: re.Match[str]) -> PhysicalType:
    name, first, second = match[1].strip(), int(match[2]), int(match[3] or 0)
    if name in _DECIMALS:
        if not (1 <= first <= 38 and second <= first):
            raise UnknownType(f"{text} has more than 38 digits")
        return PhysicalType(DecimalType(first, second))
    inner = _parsed(name + (match[4] or ""), 0)
    if str(inner.type) in ("string", "binary"):
        return PhysicalType(inner.type, f"the length of {text}")
    # Timestamps of more than microseconds do not exist here; those of fewer fit.
    return inner


def _nested(outer: str, parts: list[str], text: str, depth: int) -> PhysicalType:
    match outer, parts:
        case "array", [element]:
            inner = _parsed(element, depth + 1)
            return PhysicalType(ArrayType(inner.type, True), inner.lost)
        case "map", [key, value]:
            if _parsed(key, depth + 1).type != PrimitiveType("string"):
                raise UnknownType(f"the keys of {text} are not texts")
            inner = _parsed(value, depth + 1)
            return PhysicalType(MapType(inner.type, True), inner.lost)
        case "struct" | "row", [_, *_]:
            return _struct(parts, depth)
    raise UnknownType(f"no column type for {brief(text)}")


def _struct(parts: list[str], depth: int) -> PhysicalType:
    fields, lost = [], []
    for part in parts:
        name, colon, rest = part.strip().partition(":")
        if not colon:
            raise UnknownType(f"the field {brief(part)} has no type")
        if refusal := refusal_of_column(name.strip()):
            raise UnknownType(refusal)
        inner = _parsed(rest.strip(), depth + 1)
        fields.append(Column(name.strip(), inner.type, nullable=True))
        lost += [inner.lost] if inner.lost else []
    return PhysicalType(StructType(tuple(fields)), "; ".join(lost))


def _split(text: str) -> list[str]:
    """Return the parts between the commas outside brackets."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character in "<(") - (character in ">)")
        if character == "," and not depth:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]
