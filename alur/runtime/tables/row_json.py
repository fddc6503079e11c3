"""Converts values of compared rows to JSON."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa

from alur.runtime.tables.cells import plain
from alur.runtime.tables.close_rows import Float


def json_value(value: Any, type_: pa.DataType) -> Any:
    """Return a value of a row in its JSON form: structs and maps as objects, decimals, times and bytes as texts.

    JSON has no NaN and no infinity: these become the texts ``NaN``, ``Infinity`` and ``-Infinity``.

    Args:
        value: as :func:`alur.runtime.tables.row_differences.rows_of` yields it.

    >>> json_value((("a", Float(1.5)), ("b", None)), pa.struct([("a", pa.float64()), ("b", pa.string())]))
    {'a': 1.5, 'b': None}
    """
    if value is None:
        return None
    if isinstance(value, Float):
        return _number(value.value)
    if pa.types.is_struct(type_):
        return {name: json_value(item, type_.field(name).type) for name, item in value}
    if pa.types.is_map(type_):
        keys = ((_key(key, type_.key_type), item) for key, item in value)
        return {key: json_value(item, type_.item_type) for key, item in keys}
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return [json_value(item, type_.value_type) for item in value]
    return plain(value, type_)


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _key(key: Any, type_: pa.DataType) -> str:
    return str(json_value(key, type_))
