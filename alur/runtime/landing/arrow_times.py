"""Converts dates and times of a file's own types to declared types, and to text."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pyarrow as pa
import pyarrow.compute as pc

from alur.contracts.columns import ColumnType
from alur.runtime.landing.element_wise import converted_each, refuse_where

_FIRST_DAY, _LAST_DAY = (
    (day - date(1970, 1, 1)).days for day in (date(1, 1, 1), date(9999, 12, 31))
)
_DAY = 86_400_000_000
_FIRST, _LAST = _FIRST_DAY * _DAY, (_LAST_DAY + 1) * _DAY - 1
_INSTANT = pa.timestamp("us", tz="UTC")


def instant(values: pa.Array, type_: ColumnType) -> pa.Array:
    """Return instants in microseconds; finer ones, and those beyond the years 1 to 9999, do not fit."""
    unit = values.type.unit
    count = pc.cast(values, pa.int64())
    if unit == "ns":
        whole = pc.divide(pc.subtract(count, _modulo(count, 1_000)), 1_000)
        refuse_where(pc.not_equal(pc.multiply(whole, 1_000), count), pc.cast(values, pa.string()))
    else:
        factor = {"s": 1_000_000, "ms": 1_000, "us": 1}[unit]
        beyond = pc.or_(pc.less(count, _FIRST // factor), pc.greater(count, _LAST // factor))
        refuse_where(beyond, count)
        whole = pc.multiply(count, factor)
    return pc.cast(whole, _INSTANT)


def _modulo(count: pa.Array, by: int) -> pa.Array:
    """Return the remainder; it is never negative."""
    rest = pc.subtract(count, pc.multiply(pc.divide(count, by), by))
    return pc.if_else(pc.less(rest, 0), pc.add(rest, by), rest)


def instant_as_date(values: pa.Array, type_: ColumnType) -> pa.Array:
    """Return days; instants other than midnight in UTC do not fit."""
    micros = pc.cast(instant(values, type_), pa.int64())
    refuse_where(pc.not_equal(_modulo(micros, _DAY), 0), pc.cast(values, pa.string()))
    days = pc.divide(pc.subtract(micros, _modulo(micros, _DAY)), _DAY)
    return pc.cast(pc.cast(days, pa.int32()), pa.date32())


def day(values: pa.Array, type_: ColumnType) -> pa.Array:
    """Return days of the years 1 to 9999; others do not fit."""
    dates = pc.cast(values, pa.date32())
    days = pc.cast(dates, pa.int32())
    refuse_where(pc.or_(pc.less(days, _FIRST_DAY), pc.greater(days, _LAST_DAY)), days)
    return dates


def date_as_instant(values: pa.Array, type_: ColumnType) -> pa.Array:
    """Return the days' midnights in UTC."""
    return pc.cast(pc.cast(day(values, type_), pa.timestamp("us")), _INSTANT)


def date_as_text(values: pa.Array, type_: ColumnType) -> pa.Array:
    """Return days as ISO 8601 writes them."""
    return pc.cast(day(values, type_), pa.string())


def instant_as_text(values: pa.Array, type_: ColumnType) -> pa.Array:
    """Return instants in UTC as Spark writes them, without trailing zeros."""

    def text(moment: datetime) -> str:
        shown = moment.astimezone(timezone.utc).replace(tzinfo=None).isoformat(" ")
        return shown.rstrip("0") if "." in shown else shown

    return converted_each(instant(values, type_), text, pa.string())
