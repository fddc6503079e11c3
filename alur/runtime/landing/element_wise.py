"""Converts a column's values one by one, where Arrow has no exact function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from alur.runtime.landing.bad_values import BadValue


def converted_each(
    values: pa.Array, convert: Callable[[Any], Any], target: pa.DataType
) -> pa.Array:
    """Return each value converted; convert each distinct value once, and keep nulls.

    Args:
        convert: raises ValueError for a value that does not fit.

    Raises:
        BadValue: the first value that does not fit.
    """
    encoded = values.dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    converted = []
    for position, value in enumerate(distinct):
        try:
            converted.append(convert(value))
        except ValueError:
            raise BadValue(encoded.indices.index(position).as_py(), value) from None
    return pa.array(converted, target).take(encoded.indices)


def refuse_where(condition: pa.Array, values: pa.Array) -> None:
    """Raise BadValue for the first value that meets a condition; null never does."""
    index = pc.fill_null(condition, False).index(True).as_py()
    if index >= 0:
        raise BadValue(index, _text(values[index]))


def _text(value: pa.Scalar) -> object:
    try:
        return value.as_py()
    except (OverflowError, ValueError):
        # A date beyond Python's range.
        return pc.cast(value, pa.string()).as_py()
