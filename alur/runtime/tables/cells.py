"""Converts the values of a table to text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa


def texts(rows: pa.Table) -> Iterator[list[str]]:
    """Yield each row's values as text.

    Returns:
        ISO 8601 for times, hexadecimal for bytes, JSON for lists, maps and structs, nothing for null.
    """
    types = rows.schema.types
    for batch in rows.to_batches():
        columns = [column.to_pylist() for column in batch.columns]
        for row in zip(*columns, strict=True):
            yield [_text(value, type_) for value, type_ in zip(row, types, strict=True)]


def is_number(type_: pa.DataType) -> bool:
    """Return whether values of a type are numbers, and so right-aligned."""
    return str(type_).startswith(("int", "float", "double", "decimal"))


def _text(value: Any, type_: pa.DataType) -> str:
    if value is None:
        return ""
    form = plain(value, type_)
    return json.dumps(form, ensure_ascii=False) if isinstance(form, list | dict) else str(form)


def plain(value: Any, type_: pa.DataType) -> Any:
    """Return a value in its JSON form; a value without an exact JSON form becomes text."""
    import pyarrow as pa

    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if pa.types.is_struct(type_):
        return {field.name: plain(value[field.name], field.type) for field in type_}
    if pa.types.is_map(type_):
        return {str(plain(k, type_.key_type)): plain(v, type_.item_type) for k, v in value}
    if isinstance(value, list):
        return [plain(item, type_.value_type) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
