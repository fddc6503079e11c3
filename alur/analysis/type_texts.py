"""Parses types as users and Spark write them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from pyspark.sql import types as T

_ATOMS: dict[str, T.DataType] = {
    "boolean": T.BooleanType(),
    "tinyint": T.ByteType(),
    "byte": T.ByteType(),
    "smallint": T.ShortType(),
    "short": T.ShortType(),
    "int": T.IntegerType(),
    "integer": T.IntegerType(),
    "bigint": T.LongType(),
    "long": T.LongType(),
    "float": T.FloatType(),
    "real": T.FloatType(),
    "double": T.DoubleType(),
    "string": T.StringType(),
    "binary": T.BinaryType(),
    "date": T.DateType(),
    "timestamp": T.TimestampType(),
    "timestamp_ltz": T.TimestampType(),
    "timestamp_ntz": T.TimestampNTZType(),
    "void": T.NullType(),
}
_DECIMAL = re.compile(r"(?:decimal|dec|numeric)(?:\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?")
_FIELD = re.compile(r"(?:`([^`]+)`|(\w+))\s*(?::\s*|\s+)(.+)", re.DOTALL)
_COMMENT_OR_CONSTRAINT = re.compile(r"\s+(?:not\s+null|comment\s).*", re.IGNORECASE | re.DOTALL)


@lru_cache(maxsize=4096)
def parsed_type(text: str) -> T.DataType | None:
    """Return the type named by a text; None if it is unknown here.

    >>> parsed_type("array<struct<id:bigint,price:decimal(10,2)>>").simpleString()
    'array<struct<id:bigint,price:decimal(10,2)>>'
    >>> parsed_type("Decimal"), parsed_type("interval day")
    (DecimalType(10,0), None)
    """
    plain = text.strip()
    lower = plain.lower()
    if lower in _ATOMS:
        return _ATOMS[lower]
    if decimal := _DECIMAL.fullmatch(lower):
        precision, scale = int(decimal[1] or 10), int(decimal[2] or 0)
        return T.DecimalType(precision, scale) if scale <= precision <= 38 else None
    outer, bracket, rest = plain.partition("<")
    if not bracket or not rest.endswith(">"):
        return None
    return _nested(outer.strip().lower(), _split(rest[:-1]))


def parsed_schema(text: str) -> T.StructType | None:
    """Return the struct described by a list of columns, as in ``"id bigint, name string"``.

    >>> parsed_schema("id bigint, tags array<string>").simpleString()
    'struct<id:bigint,tags:array<string>>'
    """
    whole = parsed_type(text)
    if isinstance(whole, T.StructType):
        return whole
    fields = [_field(part) for part in _split(text)]
    return T.StructType([f for f in fields if f]) if fields and all(fields) else None


def _nested(outer: str, parts: list[str]) -> T.DataType | None:
    match outer, parts:
        case "array", [element]:
            inner = parsed_type(element)
            return T.ArrayType(inner) if inner else None
        case "map", [key, value]:
            keys, values = parsed_type(key), parsed_type(value)
            return T.MapType(keys, values) if keys and values else None
        case "struct", _:
            fields = [_field(part) for part in parts]
            return T.StructType([f for f in fields if f]) if all(fields) else None
        case _:
            return None


def _field(text: str) -> T.StructField | None:
    if not (match := _FIELD.fullmatch(text.strip())):
        return None
    type_ = parsed_type(_COMMENT_OR_CONSTRAINT.sub("", match[3]))
    return T.StructField(match[1] or match[2], type_) if type_ else None


def _split(text: str) -> list[str]:
    """Return the parts between the commas outside brackets."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character in "<(") - (character in ">)")
        if character == "," and not depth:
            parts.append(text[start:position])
            start = position + 1
    last = text[start:].strip()
    return [*parts, last] if last else parts


def cast_type(cast: Any) -> T.DataType | None:
    """Return the type of a plan's cast; None if it is unknown."""
    if cast.WhichOneof("cast_to_type") == "type_str":
        return parsed_type(cast.type_str)
    from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type

    return proto_schema_to_pyspark_data_type(cast.type)
