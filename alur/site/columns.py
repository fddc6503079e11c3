"""The columns of a dataset as its page shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from alur.contracts.columns import OF_A_RUN, ArrayType, Column, ColumnType, MapType, StructType
from alur.contracts.contract import Contract
from alur.lineage.graph import LineageGraph
from alur.lineage.tagging import Path
from alur.lineage.uses import FROM, TO, Reason, SourceColumn, in_words
from alur.site.datasets import Dataset
from alur.site.links import Link, column_fragment
from alur.site.uses import Use, grouped
from alur.text import counted


@dataclass(frozen=True, slots=True)
class ShownUse:
    """A use of a column, in words: ``copied from`` a link."""

    words: str
    link: Link


@dataclass(frozen=True, slots=True)
class ShownTag:
    """A tag of a column.

    Attributes:
        origin: the column that declares it; None for the column itself.
        holds: whether the column holds such data; False if it declares that it holds none.
    """

    name: str
    origin: Link | None
    holds: bool


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field within a column of structs.

    Attributes:
        path: the names that lead to it.
    """

    path: str
    type: str
    nullable: bool
    description: str


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column as a page shows it.

    Attributes:
        unused: what to say of a column that comes from no other; empty if it comes from some.
        rules: its rules in words; not-null and unique are elsewhere in the row.
    """

    name: str
    type: str
    nullable: bool
    is_key: bool
    system: bool
    description: str
    tags: tuple[ShownTag, ...]
    rules: tuple[str, ...]
    fields: tuple[ShownField, ...]
    sources: tuple[ShownUse, ...]
    unused: str
    users: tuple[ShownUse, ...]


class ColumnPages:
    """Shows the columns of all datasets.

    Args:
        tags: the tags of all columns, with the path to the column that declares each.
    """

    def __init__(
        self,
        datasets: Mapping[str, Dataset],
        graph: LineageGraph,
        tags: Mapping[SourceColumn, Mapping[str, Path]],
    ) -> None:
        self._datasets = datasets
        self._graph = graph
        self._tags = tags

    def columns(self, dataset: Dataset) -> tuple[ShownColumn, ...]:
        """Return the columns of a dataset."""
        return tuple(self._column(dataset, column) for column in dataset.columns)

    def row_deciders(self, dataset: Dataset) -> tuple[ShownUse, ...]:
        """Return the columns that decide the rows of a dataset, with the reasons."""
        deciders = self._graph.row_deciders.get(dataset.name, {})
        uses = grouped(dict.fromkeys(deciders, "condition"), self._datasets)
        reasons = {(table, column): in_words(found) for (table, column), found in deciders.items()}
        return tuple(
            ShownUse(
                reasons.get((use.dataset.name, use.column or ""), in_words(["function"])),
                _link(use),
            )
            for use in uses
        )

    def _column(self, dataset: Dataset, column: Column) -> ShownColumn:
        at = SourceColumn(dataset.name, column.name)
        sources = grouped(self._graph.columns.get(at, {}), self._datasets)
        users = grouped(self._graph.users.get(at, {}), self._datasets)
        contract = dataset.contract
        return ShownColumn(
            column.name,
            _type_in_short(column.type),
            column.nullable,
            contract is not None and column.name in contract.key,
            column.system,
            column.description,
            tuple(self._shown_tags(at, column)),
            tuple(_rules(contract, column.name)) if contract else (),
            tuple(_fields(column.name, column.type)),
            tuple(ShownUse(FROM[use.how], _link(use)) for use in sources),
            "" if sources else self._without_sources(dataset, column),
            (*(ShownUse(TO[use.how], _link(use)) for use in users), *self._decided(at)),
        )

    def _decided(self, column: SourceColumn) -> Iterator[ShownUse]:
        for table, reasons in self._tables_decided.get(column, {}).items():
            words = f"decides the rows ({in_words(reasons)}) of"
            yield ShownUse(words, Link(table, self._datasets[table].page))

    @cached_property
    def _tables_decided(self) -> Mapping[SourceColumn, Mapping[str, frozenset[Reason]]]:
        found: dict[SourceColumn, dict[str, frozenset[Reason]]] = {}
        for table, deciders in self._graph.row_deciders.items():
            for column, reasons in deciders.items():
                found.setdefault(column, {})[table] = reasons
        return found

    def _without_sources(self, dataset: Dataset, column: Column) -> str:
        if dataset.contract is None:
            return "read from the files"
        if column.name in OF_A_RUN:
            return "filled in by the run"
        if dataset.writer is None:
            return "no pipeline writes this table"
        is_known = SourceColumn(dataset.name, column.name) in self._graph.columns
        return "comes from no column" if is_known else "not known"

    def _shown_tags(self, at: SourceColumn, column: Column) -> Iterator[ShownTag]:
        for name, path in self._tags.get(at, {}).items():
            origin = path[-1]
            came = len(path) > 1 and origin.table in self._datasets
            yield ShownTag(name, self._column_link(origin) if came else None, True)
        yield from (ShownTag(tag.name, None, False) for tag in column.tags if not tag.holds)

    def _column_link(self, column: SourceColumn) -> Link:
        page = self._datasets[column.table].page
        return Link(str(column), page + column_fragment(column.column))


def _link(use: Use) -> Link:
    if use.column is None:
        every = counted(len(use.dataset.columns), "column")
        return Link(f"all {every} of {use.dataset.name}", use.dataset.page)
    name = str(SourceColumn(use.dataset.name, use.column))
    return Link(name, use.dataset.page + column_fragment(use.column))


def _rules(contract: Contract, column: str) -> Iterator[str]:
    for rule in contract.rules:
        subject = rule.columns[0]
        if len(rule.columns) == 1 and subject.partition(".")[0] == column:
            if rule.kind != "not_null":
                yield rule.describe().removeprefix(f"{column} ")
            elif subject != column:
                yield rule.describe()


def _type_in_short(type_: ColumnType) -> str:
    """Return a type without the fields of structs, which have rows of their own."""
    match type_:
        case StructType():
            return "struct"
        case ArrayType(element=inner):
            return f"array<{_type_in_short(inner)}>"
        case MapType(value=inner):
            return f"map<string,{_type_in_short(inner)}>"
    return str(type_)


def _fields(path: str, type_: ColumnType) -> Iterator[ShownField]:
    match type_:
        case StructType(fields=fields):
            for field in fields:
                inner = f"{path}.{field.name}"
                short = _type_in_short(field.type)
                yield ShownField(inner, short, field.nullable, field.description)
                yield from _fields(inner, field.type)
        case ArrayType(element=inner_type):
            yield from _fields(f"{path}.element", inner_type)
        case MapType(value=inner_type):
            yield from _fields(f"{path}.value", inner_type)
