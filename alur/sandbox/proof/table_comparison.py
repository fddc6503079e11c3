"""Two states of one table, row by row."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alur.contracts.columns import INGESTED_AT, RUN_ID
from alur.contracts.table import Contract
from alur.text import counted

if TYPE_CHECKING:
    import pyarrow as pa

OF_A_RUN = (INGESTED_AT, RUN_ID)
"""The columns that name a run or its time, which no two runs share."""

_TOLERANCE = 1e-9
"""How far sums of floating-point numbers may be apart, relative to them: engines add in any order."""

_SHOWN = 5

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class TableComparison:
    """What a comparison has found.

    Attributes:
        table: ``layer.table``.
        left_out: the columns that were not compared.
        differences: in words; none if both are the same.
    """

    table: str
    rows_here: int
    rows_there: int
    left_out: tuple[str, ...]
    differences: tuple[str, ...]


def compare_tables(
    here: pa.Table, there: pa.Table, contract: Contract, ignored: Iterable[str] = ()
) -> TableComparison:
    """Compares all rows, in whatever order they come.

    Args:
        here, there: the table on this machine, and in the sandbox.
        ignored: columns to be left out beside those of a run.
    """
    out = {*OF_A_RUN, *ignored}
    left_out = tuple(column.name for column in contract.columns if column.name in out)
    differences = _schema_differences(here.schema, there.schema)
    if not differences:
        names = [name for name in here.schema.names if name not in out]
        first, second = here.select(names), there.select(names)
        if not names and here.num_rows != there.num_rows:
            differences = ["the numbers of rows differ"]
        elif not _same_at_once(first, second):
            differences = _row_differences(_rows(first), _rows(second), names, contract)
    return TableComparison(
        contract.identifier, here.num_rows, there.num_rows, left_out, tuple(differences)
    )


def _same_at_once(here: pa.Table, there: pa.Table) -> bool:
    """Whether two tables are the same to the last digit, which most are; where not, each row is looked at."""
    import pyarrow.types as kinds

    order = [(field.name, "ascending") for field in here.schema if not kinds.is_nested(field.type)]
    if not order or here.num_rows != there.num_rows:
        return False
    first, second = (table.sort_by(order) for table in (here, there))
    return bool(first.equals(second))


def _schema_differences(here: pa.Schema, there: pa.Schema) -> list[str]:
    if here.equals(there):
        return []
    ours, theirs = ({f.name: _field(f) for f in schema} for schema in (here, there))
    found = [
        f"column {name}: here {ours.get(name, 'none')}, in the sandbox {theirs.get(name, 'none')}"
        for name in dict.fromkeys((*ours, *theirs))
        if ours.get(name) != theirs.get(name)
    ]
    return found or ["the columns have another order"]


def _field(field: pa.Field) -> str:
    return f"{field.type}{'' if field.nullable else ' not null'}"


def _rows(table: pa.Table) -> Counter[Row]:
    """The rows, each with its number; maps are in the order of their keys."""
    types = [field.type for field in table.schema]
    columns = [column.to_pylist() for column in table.columns]
    return Counter(
        tuple(_comparable(value, type_) for value, type_ in zip(row, types, strict=True))
        for row in zip(*columns, strict=True)
    )


def _comparable(value: Any, type_: pa.DataType) -> Any:
    """A value that can be a key of a dict, and is equal to another where the values are."""
    import pyarrow.types as kinds

    if value is None:
        return None
    if kinds.is_floating(type_):
        return _Float(value)
    if kinds.is_struct(type_):
        return tuple((field.name, _comparable(value[field.name], field.type)) for field in type_)
    if kinds.is_map(type_):
        items = (
            (_comparable(key, type_.key_type), _comparable(item, type_.item_type))
            for key, item in value
        )
        # Keys of any type have a text, and equal ones the same.
        return tuple(sorted(items, key=lambda item: repr(item[0])))
    if kinds.is_list(type_) or kinds.is_large_list(type_):
        return tuple(_comparable(item, type_.value_type) for item in value)
    return value


@dataclass(frozen=True, slots=True)
class _Float:
    """A floating-point number; NaN is NaN."""

    value: float

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Float):
            return NotImplemented
        return self.value == other.value or (math.isnan(self.value) and math.isnan(other.value))

    def __hash__(self) -> int:
        return 0 if math.isnan(self.value) else hash(self.value)

    def is_close(self, other: _Float) -> bool:
        return self == other or math.isclose(self.value, other.value, rel_tol=_TOLERANCE)


def _row_differences(
    here: Counter[Row], there: Counter[Row], names: list[str], contract: Contract
) -> list[str]:
    ours, theirs = _without_close(list((here - there).elements()), list((there - here).elements()))
    if not ours and not theirs:
        return []
    total = max(len(ours), len(theirs))
    changed, ours, theirs = _paired(ours, theirs, names, contract)
    lines = [f"{counted(total, 'row differs', 'rows differ')}", *changed[:_SHOWN]]
    lines += [f"only here: {_text(row, names)}" for row in ours[:_SHOWN]]
    lines += [f"only in the sandbox: {_text(row, names)}" for row in theirs[:_SHOWN]]
    shown = min(len(changed), _SHOWN) + min(len(ours), _SHOWN) + min(len(theirs), _SHOWN)
    more = len(changed) + len(ours) + len(theirs) - shown
    return [*lines, f"and {more:,} more"] if more else lines


def _without_close(here: list[Row], there: list[Row]) -> tuple[list[Row], list[Row]]:
    """The rows that have no partner which differs from them by nothing but the last digits of floats."""
    partners: dict[Row, list[Row]] = {}
    for row in there:
        partners.setdefault(_skeleton(row), []).append(row)
    left = []
    for row in here:
        candidates = partners.get(_skeleton(row), [])
        match = next((one for one in candidates if _close(row, one)), None)
        if match is None:
            left.append(row)
        else:
            candidates.remove(match)
    return left, [row for rows in partners.values() for row in rows]


def _skeleton(value: Any) -> Any:
    """A value without its floats."""
    if isinstance(value, tuple):
        return tuple(map(_skeleton, value))
    return "float" if isinstance(value, _Float) else value


def _floats(value: Any) -> Iterator[_Float]:
    if isinstance(value, tuple):
        for part in value:
            yield from _floats(part)
    elif isinstance(value, _Float):
        yield value


def _close(row: Row, other: Row) -> bool:
    return all(a.is_close(b) for a, b in zip(_floats(row), _floats(other), strict=True))


def _paired(
    here: list[Row], there: list[Row], names: list[str], contract: Contract
) -> tuple[list[str], list[Row], list[Row]]:
    """Rows of the same key, in words; and the rows that have no partner."""
    positions = [names.index(key) for key in contract.key if key in names]
    if not positions or len(positions) < len(contract.key):
        return [], here, there
    partners = {tuple(row[p] for p in positions): row for row in there}
    changed, alone = [], []
    for row in here:
        key = tuple(row[p] for p in positions)
        other = partners.pop(key, None)
        if other is None:
            alone.append(row)
        else:
            changed.append(_change(row, other, names, contract))
    return changed, alone, list(partners.values())


def _change(row: Row, other: Row, names: list[str], contract: Contract) -> str:
    values = dict(zip(names, row, strict=True))
    key = ", ".join(f"{name}={_value(values[name])}" for name in contract.key)
    what = "; ".join(
        f"{name} is {_value(a)} here and {_value(b)} in the sandbox"
        for name, a, b in zip(names, row, other, strict=True)
        if a != b
    )
    return f"{key}: {what}"


def _text(row: Row, names: list[str]) -> str:
    return ", ".join(f"{name}={_value(value)}" for name, value in zip(names, row, strict=True))


def _value(value: Any) -> str:
    if isinstance(value, _Float):
        return repr(value.value)
    if isinstance(value, tuple):
        return f"({', '.join(map(_value, value))})"
    return str(value)
