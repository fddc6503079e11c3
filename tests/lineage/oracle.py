"""The truth about a pipeline's lineage: its rows, before and after one column of a source has other values."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from alur.contracts.columns import Column, ColumnType, DecimalType, PrimitiveType
from alur.contracts.contract import Contract
from alur.lineage.facts import PlanFacts
from alur.lineage.uses import SourceColumn
from alur.pipelines.pipeline import Pipeline
from alur.pipelines.sources import TableSource
from alur.runtime.engines.spark_types import spark_schema
from alur.runtime.plan_facts import facts_of
from tests.certification.engine import namespace

_ROWS = 40
_KINDS: dict[str, tuple[str, Callable[[Random], Any]]] = {
    "i32": ("int", lambda rng: rng.randint(-5, 12)),
    "i64": ("bigint", lambda rng: rng.randint(-5, 5) * 10**9),
    "f64": ("double", lambda rng: rng.randint(-20, 20) / 4),
    "d12": ("decimal(12,2)", lambda rng: Decimal(rng.randint(-900, 900)) / 100),
    "str": ("string", lambda rng: rng.choice(["a", "b", "ab,c", "2024-02-29", "7", "", "Za"])),
    "bool": ("boolean", lambda rng: rng.random() < 0.5),
    "date": ("date", lambda rng: date(2024, 1, 1) + timedelta(days=rng.randint(0, 90))),
    "ts": ("timestamp", lambda rng: datetime(2024, 1, 1) + timedelta(hours=rng.randint(0, 999))),
}
COLUMNS = {
    "k": "int",
    "g": "int",
    **{f"{letter}_{kind}": type_ for letter in "ab" for kind, (type_, _) in _KINDS.items()},
}
TABLES = ("groups", "line")
Rows = list[dict[str, Any]]


def rows_of(rng: Random) -> Rows:
    """Return rows with few different values of each kind, and nulls."""
    return [
        {"k": n, "g": n % 6} | {name: _value(name, rng) for name in list(COLUMNS)[2:]}
        for n in range(_ROWS)
    ]


def _value(column: str, rng: Random) -> Any:
    if column in ("k", "g"):
        return rng.randint(0, _ROWS)
    return None if rng.random() < 0.15 else _KINDS[column[2:]][1](rng)


def _changed(rows: Rows, column: str, rng: Random) -> Rows:
    return [row | {column: _value(column, rng)} for row in rows]


def _contract(table: str, columns: Mapping[str, str]) -> Contract:
    declared = tuple(Column(name, _type(type_), True) for name, type_ in columns.items())
    return Contract(table.title(), table, "silver", declared, ())


def _type(name: str) -> ColumnType:
    return DecimalType(12, 2) if name == "decimal(12,2)" else PrimitiveType(name)  # type: ignore[arg-type]


@cache
def _contracts() -> dict[str, Contract]:
    return {table: _contract(table, COLUMNS) for table in TABLES}


def pipeline_of(function: Callable[..., DataFrame], columns: Mapping[str, str]) -> Pipeline:
    """Return a pipeline over both sources with a target of these columns."""
    sources = {table: TableSource(contract) for table, contract in _contracts().items()}
    return Pipeline("generated", function, sources, _contract("target", columns))


def names_in_code() -> dict[str, Any]:
    """Return the names that a pipeline's text may use besides its sources."""
    from pyspark.sql.connect import functions
    from pyspark.sql.connect.window import Window

    return namespace(functions, Window)


def function_of(code: str) -> Callable[..., DataFrame]:
    """Return a pipeline's function from the text of a frame over ``groups`` and ``line``."""
    names, compiled = names_in_code(), compile(code, "<generated>", "eval")
    return lambda groups, line: eval(compiled, {**names, "groups": groups, "line": line})


def facts_for(function: Callable[..., DataFrame], session: SparkSession) -> PlanFacts:
    """Return a function's facts, with a target of all columns that it returns."""
    returned = facts_of(pipeline_of(function, {}), session, Path("/nowhere")).schema
    columns = {column.name: column.type for column in returned}
    return facts_of(pipeline_of(function, columns), session, Path("/nowhere"))


@dataclass
class Tally:
    """What was seen of the facts' claims.

    Attributes:
        missed: dependencies that the facts deny.
        claims: pairs of a source's column and a target's column, or ``rows``; whether changes were seen.
    """

    missed: list[str] = field(default_factory=list)
    claims: dict[tuple[str, SourceColumn, str], bool] = field(default_factory=dict)

    def __str__(self) -> str:
        seen = sum(self.claims.values())
        return f"{len(self.claims)} claims, {seen} of them seen, {len(self.missed)} missed"


def judge(
    code: str,
    function: Callable[..., DataFrame],
    session: SparkSession,
    seed: int,
    tally: Tally,
    changes: int = 2,
) -> None:
    """Change one column after the other, and compare the changes of the result with the facts."""
    rng = Random(seed)
    facts = facts_for(function, session)
    data = {table: rows_of(rng) for table in TABLES}
    before = _result(function, data, session)
    for table in TABLES:
        for column in COLUMNS:
            source = SourceColumn(f"silver.{table}", column)
            if column not in code and not _is_claimed(source, facts):
                continue
            for _ in range(changes):
                other = data | {table: _changed(data[table], column, rng)}
                after = _result(function, other, session)
                _compare(code, facts, source, before, after, tally)


def _is_claimed(source: SourceColumn, facts: PlanFacts) -> bool:
    return source in facts.row_deciders or any(source in uses for uses in facts.columns.values())


def _compare(
    code: str,
    facts: PlanFacts,
    source: SourceColumn,
    before: Sequence[tuple[Any, ...]],
    after: Sequence[tuple[Any, ...]],
    tally: Tally,
) -> None:
    names = [column.name for column in facts.schema]
    changed = {
        name: Counter(row[n] for row in before) != Counter(row[n] for row in after)
        for n, name in enumerate(names)
    }
    decides = source in facts.row_deciders
    if decides:
        key = (code, source, "rows")
        tally.claims[key] = tally.claims.get(key, False) or Counter(before) != Counter(after)
    for name, uses in facts.columns.items():
        if source in uses:
            key = (code, source, name)
            tally.claims[key] = tally.claims.get(key, False) or changed[name]
    if decides:
        return
    free = [n for n, name in enumerate(names) if source not in facts.columns[name]]
    kept = [Counter(tuple(row[n] for n in free) for row in rows) for rows in (before, after)]
    if kept[0] != kept[1]:
        wrong = [names[n] for n in free if changed[names[n]]]
        tally.missed.append(f"{source} -> {', '.join(wrong) or 'rows'}: {code}")


def _result(
    function: Callable[..., DataFrame], data: Mapping[str, Rows], session: SparkSession
) -> list[tuple[Any, ...]]:
    frames = {table: _frame(rows, session) for table, rows in data.items()}
    return [tuple(map(_comparable, row)) for row in function(**frames).collect()]


@cache
def _schema() -> T.StructType:
    return spark_schema(_contracts()["groups"].columns)


def _frame(rows: Rows, session: SparkSession) -> DataFrame:
    return session.createDataFrame([tuple(row.values()) for row in rows], _schema())


def _comparable(value: Any) -> Any:
    """Return a value that can be compared: floating-point numbers without the last digits, which depend on the order."""
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else f"{value + 0.0:.9g}"
    if isinstance(value, list | tuple):
        return tuple(map(_comparable, value))
    if isinstance(value, dict):
        return tuple(sorted((key, _comparable(item)) for key, item in value.items()))
    return bytes(value) if isinstance(value, bytearray) else value
