"""Reads ``fillna``, ``dropna`` and ``replace`` in a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import types as T

from alur.analysis.columns import Schema, Visible
from alur.analysis.literals import literal_argument
from alur.analysis.reading import PartReader, Reader
from alur.analysis.signatures import Argument
from alur.analysis.values import Value

_LARGEST_EXACT = 1 << 53
"""Up to here each whole number is a double."""


class MissingValues(PartReader):
    """Reads ``fillna``, ``dropna`` and ``replace``."""

    @property
    def readers(self) -> Mapping[str, Reader]:
        """The reader of each kind of relation."""
        return {"fill_na": self._fill, "drop_na": self._drop, "replace": self._replace}

    def _fill(self, node: Any) -> Schema:
        fill = node.fill_na
        schema = self._read(fill.input)
        values = [_filling(value) for value in fill.values]
        names = list(fill.cols)
        for column in schema.columns:
            if names and column.name not in names:
                continue
            value = values[names.index(column.name)] if len(values) > 1 else values[0]
            if _is_filled(column, value):
                self._check("fillna", column, value, node)
                if _is_converted_otherwise(column, value):
                    self._findings.add("fillna", f"its value does not fit {column.name!r}", node)
            elif names:
                # The plan of fillna(0, ["name"]), which leaves texts as they are, is that of fillna({"name": 0}).
                self._findings.add(
                    "fillna", f"its value is not of the type of {column.name!r}", node
                )
        return schema.with_columns(_new_column(column) for column in schema.columns)

    def _drop(self, node: Any) -> Schema:
        schema = self._read(node.drop_na.input)
        names = list(node.drop_na.cols)
        chosen = [c for c in schema.columns if not names or c.name in names]
        self._expressions.check_key("dropna", [Value(c.column.type) for c in chosen], node)
        return schema

    def _replace(self, node: Any) -> Schema:
        schema = self._read(node.replace.input)
        names = list(node.replace.cols)
        for column in schema.columns:
            for replacement in node.replace.replacements:
                old = _filling(replacement.old_value)
                if (not names or column.name in names) and _is_filled(column, old):
                    self._check("replace", column, old, node)
        return schema.with_columns(_new_column(column) for column in schema.columns)

    def _check(self, subject: str, column: Visible, value: Argument | None, node: Any) -> None:
        if value is None:
            self._findings.add(subject, "Alur cannot read one of its values", node)
        elif column.column.type is not None:
            self._expressions.verdict(subject, [Value(column.column.type), Value.of(value)], node)


def _filling(literal: Any) -> Argument | None:
    """Return a value as the user wrote it; PySpark's Connect makes every whole number a bigint here."""
    value = literal_argument(literal)
    if value is None or not isinstance(value.type, T.LongType):
        return value
    return Argument(T.IntegerType(), is_literal=True, value=value.value)


def _new_column(column: Visible) -> Visible:
    return Value(column.column.type, name=column.name).visible()


def _is_converted_otherwise(column: Visible, value: Argument | None) -> bool:
    """Return whether a number does not fit a column, and Sail converts it in another way than Spark."""
    number = value.value if value else None
    match column.column.type:
        case T.DecimalType() if isinstance(number, float):
            return not number.is_integer() or abs(number) > _LARGEST_EXACT
        case T.IntegerType() | T.LongType() as whole if number is not None:
            end = 1 << (31 if isinstance(whole, T.IntegerType) else 63)
            return not -end <= number < end
        case _:
            return False


def _is_filled(column: Visible, value: Argument | None) -> bool:
    """Return whether a value fills columns of this type; other columns stay unchanged."""
    if value is None or column.column.type is None:
        return True
    for kind in (T.StringType, T.BooleanType, T.NumericType):
        if isinstance(column.column.type, kind):
            return isinstance(value.type, kind)
    return False
