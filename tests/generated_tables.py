"""Generated tables: their declarations, landing files, and the rows expected by the rules of the write modes."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.transforms import BucketTransform
from pyiceberg.types import (
    BinaryType,
    DateType,
    DecimalType,
    LongType,
    PrimitiveType,
    StringType,
    TimestamptzType,
)

from tests.generated_nested import Listing, Mapping, Model, Nullable
from tests.generated_values import (
    TEXTS,
    UTC,
    Boolean,
    Bytes,
    Day,
    Floating,
    Instant,
    Integer,
    Money,
    Text,
)

Row = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column; one with a pool draws all values from it, so values repeat."""

    name: str
    kind: Any
    nullable: bool
    pool: tuple[Any, ...] = ()

    def declaration(self) -> str:
        return f"    {self.name}: {self.kind.annotation}{' | None' if self.nullable else ''}\n"

    def value(self, rng: Random) -> Any:
        if self.nullable and rng.random() < 0.25:
            return None
        return rng.choice(self.pool) if self.pool else self.kind.value(rng)


@dataclass(frozen=True)
class Partition:
    """A partitioning by one column, according to Iceberg's specification."""

    transform: str
    column: Column
    width: int = 0

    def declaration(self) -> str:
        name = f'"{self.column.name}"'
        if self.transform == "identity":
            return name
        width = f"{self.width}, " if self.width else ""
        return f"{self.transform}({width}{name})"

    def value(self, row: Row) -> Any:
        """Return a value that is the same exactly for rows of one partition."""
        value = row[self.column.name]
        if value is None:
            return None
        match self.transform:
            case "identity":
                return value
            case "bucket":
                type_ = _iceberg_type(self.column.kind)
                return BucketTransform(self.width).transform(type_)(value)
            case "truncate":
                return self._truncated(value)
            case unit:
                parts = ("year", "month", "day", "hour")
                return tuple(getattr(value, part) for part in parts[: 1 + parts.index(unit[:-1])])

    def _truncated(self, value: Any) -> Any:
        if isinstance(value, str):
            return value[: self.width]
        places = self.column.kind.places if isinstance(value, Decimal) else 0
        return int(value.scaleb(places) if places else value) // self.width


def _iceberg_type(kind: Any) -> PrimitiveType:
    match kind:
        case Money(digits, places):
            return DecimalType(digits, places)
        case Text():
            return StringType()
        case Integer():
            return LongType()
        case Bytes():
            return BinaryType()
        case Day():
            return DateType()
        case _:
            return TimestamptzType()


@dataclass(frozen=True)
class Shape:
    """The columns of a group of tables, with an optional key and partitioning."""

    columns: tuple[Column, ...]
    partition: Partition
    key: tuple[str, ...]

    def identity(self, row: Row) -> tuple[Any, ...]:
        """Return a value that is the same for rows of one key."""
        return tuple(comparable(row[name], signs=False) for name in self.key)

    def row(self, rng: Random) -> Row:
        return {column.name: column.value(rng) for column in self.columns}

    def rows(self, rng: Random, most: int) -> list[Row]:
        """Draw rows of different keys."""
        drawn = [self.row(rng) for _ in range(rng.randint(1, most))]
        return list({self.identity(row): row for row in drawn}.values())


def flat_kinds(rng: Random, *, csv: bool) -> list[Any]:
    digits = rng.randint(1, 38)
    text = Text(values=TEXTS[1:] if csv else TEXTS)  # in CSV an empty text is null
    kinds: list[Any] = [
        *(text, Integer("int", 64), Integer("Int32", 32), Boolean(), Day(), Instant()),
        *(Floating("float", False), Floating("Float32", True)),
        *(Money(38, 18), Money(9, 2), Money(digits, rng.randint(0, digits))),
        Text('Literal["S", "L", "é \'x\'"]', ("S", "L", "é 'x'")),
        Text("Colour", ("red", "dark blue")),
    ]
    return kinds if csv else [*kinds, Bytes()]


def nested_kinds(rng: Random) -> tuple[list[Any], list[Model]]:
    """Draw lists, maps and models; return them with the models to declare."""

    def some() -> Nullable:
        return Nullable(rng.choice(flat_kinds(rng, csv=False)), rng.random() < 0.5)

    inner = Model("Inner", tuple((f"i{n}", some()) for n in range(3)))
    outer = Model(
        "Outer",
        (
            ("a", some()),
            ("inner", Nullable(inner, rng.random() < 0.5)),
            ("many", Nullable(Listing(some()), rng.random() < 0.5)),
        ),
    )
    deep = rng.choice((Listing(some()), Mapping(some()), outer))
    kinds = [
        *(Listing(some()), Listing(Nullable(inner, rng.random() < 0.5)), Mapping(some()), outer),
        *(Listing(Nullable(deep, True)), Mapping(Nullable(deep, rng.random() < 0.5))),
    ]
    return kinds, [inner, outer]


def shape_of(rng: Random, *, csv: bool) -> tuple[Shape, list[Model]]:
    """Draw columns of all kinds, with one or two for a key and one for a partitioning; also return models to declare."""
    flat = flat_kinds(rng, csv=csv)
    nested, models = ([], []) if csv else nested_kinds(rng)
    keys = [
        _pooled(rng, f"k{n}", rng.choice(flat), nullable=False)
        for n in range(rng.choice((1, 1, 2)))
    ]
    partition = _partition(rng, flat)
    others = [Column(f"c{n}", kind, rng.random() < 0.6) for n, kind in enumerate([*flat, *nested])]
    columns = [*keys, partition.column, *others]
    rng.shuffle(columns)
    key = tuple(k.name for k in keys)
    return Shape(tuple(columns), partition, key), models


def _partition(rng: Random, flat: list[Any]) -> Partition:
    """Draw a partitioning by a separate column, with a transform for its type."""
    kind = rng.choice([kind for kind in flat if kind.partitions])
    by = _pooled(rng, "p", kind, nullable=rng.random() < 0.5)
    transform = rng.choice(kind.partitions)
    width = rng.choice((1, 2, 3, 10)) if transform in ("bucket", "truncate") else 0
    if transform == "truncate" and isinstance(kind, Money):
        fit = tuple(value for value in by.pool if kind.has_step_below(value, width))
        by = replace(by, pool=fit or (Decimal(0),))
    return Partition(transform, by, width)


def _pooled(rng: Random, name: str, kind: Any, *, nullable: bool) -> Column:
    return Column(name, kind, nullable, tuple(kind.value(rng) for _ in range(8)))


def written(mode: str, shape: Shape, old: list[Row], new: list[Row]) -> list[Row]:
    """Return the rows of a table after a batch, by the rule of the mode."""
    if mode == "append":
        return old + new
    if mode == "merge":
        by_key = {shape.identity(row): row for row in old} | {shape.identity(r): r for r in new}
        return list(by_key.values())
    if mode == "overwrite_partitions":
        touched = {shape.partition.value(row) for row in new}
        return [row for row in old if shape.partition.value(row) not in touched] + new
    return new


def land_csv(rng: Random, path: Path, shape: Shape, rows: list[Row]) -> None:
    """Write rows as CSV, with occasional quotes."""
    sep = ";"
    columns = rng.sample(shape.columns, len(shape.columns))
    end = rng.choice(("\n", "\r\n"))

    def field(column: Column, value: Any) -> str:
        text = "" if value is None else column.kind.text(rng, value)
        if rng.random() < 0.3 or any(mark in text for mark in (sep, '"', "\r", "\n")):
            return '"' + text.replace('"', '""') + '"'
        return text

    lines = [[column.name for column in columns]]
    lines += [[field(column, row[column.name]) for column in columns] for row in rows]
    data = "".join(sep.join(line) + end for line in lines).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def land_parquet(rng: Random, path: Path, shape: Shape, rows: list[Row]) -> None:
    """Write rows as Parquet, in types drawn for this file; leave out some columns of nulls alone."""
    arrays = {}
    for column in rng.sample(shape.columns, len(shape.columns)):
        values = [row[column.name] for row in rows]
        if all(value is None for value in values) and rng.random() < 0.5:
            continue
        type_, convert = Nullable(column.kind, column.nullable).form(rng, values)
        array = pa.array([convert(value) for value in values], type_)
        text = pa.types.is_string(type_) or pa.types.is_large_string(type_)
        arrays[column.name] = array.dictionary_encode() if text and rng.random() < 0.3 else array
    pq.write_table(
        pa.table(arrays),
        path,
        row_group_size=rng.choice((1, 3, 1000)),
        use_dictionary=rng.random() < 0.5,
        version=rng.choice(("2.4", "2.6")),
    )


def comparable(value: Any, *, signs: bool = True) -> Any:
    """Return a form of a value for exact comparison: NaN equals itself, and -0.0 differs from 0.0 if signs count."""
    match value:
        case float():
            return f"float {value if signs or value else 0.0!r}"
        case datetime():
            return f"instant {value.astimezone(UTC).isoformat()}"
        case date():
            return f"day {value.isoformat()}"
        case dict():
            return tuple((k, comparable(v)) for k, v in sorted(value.items()))
        case list() if value and all(isinstance(item, tuple) for item in value):
            return comparable(dict(value))  # Arrow's form of maps
        case list():
            return tuple(comparable(item) for item in value)
        case _:
            return f"{type(value).__name__} {value!r}"


def sorted_rows(rows: Iterable[Row], names: Iterable[str]) -> list[str]:
    """Return rows as comparable texts, sorted."""
    order = sorted(names)
    return sorted(str([(name, comparable(row[name])) for name in order]) for row in rows)
