"""The column types of a table: one small frozen tree, independent of any engine.

Each back end converts this tree into its own types in one function. ``str()`` of a type is Spark's name for it, which Glue
and Hive share: ``decimal(12,2)``, ``array<string>``, ``struct<city:string>``.

>>> str(ArrayType(DecimalType(12, 2), element_nullable=False))
'array<decimal(12,2)>'
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from alur.contracts.tags import Tag

PrimitiveName = Literal[
    "string",
    "bigint",
    "int",
    "double",
    "float",
    "boolean",
    "binary",
    "date",
    "timestamp",
]


@dataclass(frozen=True, slots=True)
class PrimitiveType:
    """A type without parameters. A ``timestamp`` is an instant in UTC, in microseconds."""

    name: PrimitiveName

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class DecimalType:
    """An exact number: ``precision`` digits in all (1 to 38), ``scale`` of them after the point."""

    precision: int
    scale: int

    def __str__(self) -> str:
        return f"decimal({self.precision},{self.scale})"


@dataclass(frozen=True, slots=True)
class ArrayType:
    """A list of values of one type."""

    element: ColumnType
    element_nullable: bool

    def __str__(self) -> str:
        return f"array<{self.element}>"


@dataclass(frozen=True, slots=True)
class MapType:
    """Values of one type by string keys."""

    value: ColumnType
    value_nullable: bool

    def __str__(self) -> str:
        return f"map<string,{self.value}>"


@dataclass(frozen=True, slots=True)
class StructType:
    """Named fields within one column."""

    fields: tuple[Column, ...]

    def __str__(self) -> str:
        return f"struct<{','.join(f'{field.name}:{field.type}' for field in self.fields)}>"


ColumnType = PrimitiveType | DecimalType | ArrayType | MapType | StructType


@dataclass(frozen=True, slots=True)
class Column:
    """A named, typed place in a row.

    Attributes:
        system: whether Alur fills it in, such as ``_ingested_at``; users never declare these columns.
        tags: its own tags, and those of its fields.
    """

    name: str
    type: ColumnType
    nullable: bool
    description: str = ""
    system: bool = False
    tags: tuple[Tag, ...] = field(default=(), compare=False)


INGESTED_AT = "_ingested_at"
SOURCE_FILE = "_source_file"
RUN_ID = "_run_id"

CHANGE = "_change"

OF_A_RUN = (INGESTED_AT, RUN_ID)
"""The columns for a run or its time, different in every run."""

BRONZE_COLUMNS = (
    Column(
        INGESTED_AT,
        PrimitiveType("timestamp"),
        nullable=False,
        description="When the run that wrote the row began (UTC)",
        system=True,
    ),
    Column(
        SOURCE_FILE,
        PrimitiveType("string"),
        nullable=True,
        description="The landing file the row came from, relative to the landing location",
        system=True,
    ),
    Column(
        RUN_ID,
        PrimitiveType("string"),
        nullable=False,
        description="The run that wrote the row",
        system=True,
    ),
)

CHANGE_COLUMN = Column(
    CHANGE,
    PrimitiveType("string"),
    nullable=False,
    description='In changes of the table: "added" for a row that came into it, "removed" for one that left it',
    system=True,
)
"""Beside the columns of a table of which a pipeline receives the changes."""


def walk(type_: ColumnType) -> Iterator[ColumnType]:
    """Yield the type and every type within it, outermost first.

    >>> [str(t) for t in walk(ArrayType(PrimitiveType("date"), True))]
    ['array<date>', 'date']
    """
    yield type_
    match type_:
        case ArrayType(element=inner) | MapType(value=inner):
            yield from walk(inner)
        case StructType(fields=fields):
            for field in fields:
                yield from walk(field.type)
        case _:
            return
