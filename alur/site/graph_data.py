"""The datasets, columns and uses of a lineage as compact data for the pages' graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alur.lineage.graph import LineageGraph
from alur.lineage.uses import FROM, TO, SourceColumn, Uses, in_words
from alur.site.datasets import ALL_LAYERS, Dataset
from alur.site.uses import Use, grouped
from alur.text import in_one_line

_ALL = -1
"""Stands for all columns of a dataset."""


class GraphData:
    """Numbers datasets and columns, and the uses between them.

    Args:
        datasets: those to show; uses of other datasets are left out.
        tags: the names of each column's tags.
    """

    def __init__(
        self, datasets: Mapping[str, Dataset], tags: Mapping[SourceColumn, Mapping[str, Any]]
    ) -> None:
        self._datasets = datasets
        self._tags = tags
        self._numbers = {name: number for number, name in enumerate(datasets)}
        self._columns = {
            name: {column.name: number for number, column in enumerate(dataset.columns)}
            for name, dataset in datasets.items()
        }

    def of(
        self, graph: LineageGraph, reads: Iterable[tuple[str, str]], *, pages: bool = True
    ) -> dict[str, Any]:
        """Return the data; a use of all columns, or by all columns, has the number -1 in place of a column.

        Args:
            reads: the pairs of a dataset and one that a pipeline makes from it.
            pages: whether the boxes lead to pages.
        """
        return {
            "layers": ALL_LAYERS,
            "from": dict(FROM),
            "to": dict(TO),
            "datasets": [self._dataset(dataset, pages) for dataset in self._datasets.values()],
            "reads": [[self._numbers[name] for name in pair] for pair in reads],
            "uses": [use for name in self._datasets for use in self._uses(name, graph)],
            "rows": [row for name in self._datasets for row in self._rows(name, graph)],
        }

    def _dataset(self, dataset: Dataset, pages: bool) -> list[Any]:
        columns = [
            [
                column.name,
                str(column.type),
                [*map(in_one_line, self._tags.get(SourceColumn(dataset.name, column.name), {}))],
                int(column.system),
            ]
            for column in dataset.columns
        ]
        page = dataset.page if pages else None
        return [in_one_line(dataset.title), ALL_LAYERS.index(dataset.layer), page, columns]

    def _uses(self, name: str, graph: LineageGraph) -> list[list[Any]]:
        by_column = {
            column.name: [
                self._use(use)
                for use in grouped(self._known(graph, name, column.name), self._datasets)
            ]
            for column in self._datasets[name].columns
        }
        declared = [c.name for c in self._datasets[name].columns if not c.system]
        first = by_column.get(declared[0], []) if declared else []
        shared = [
            use
            for use in first
            if len(declared) > 1
            and use[1] == _ALL
            and all(use in by_column[other] for other in declared)
        ]
        target = self._numbers[name]
        return [
            *([*use[:2], target, _ALL, use[2]] for use in shared),
            *(
                [*use[:2], target, self._columns[name][column], use[2]]
                for column, uses in by_column.items()
                for use in uses
                if use not in shared
            ),
        ]

    def _known(self, graph: LineageGraph, name: str, column: str) -> Uses:
        uses = graph.columns.get(SourceColumn(name, column), {})
        return {source: how for source, how in uses.items() if source.table in self._numbers}

    def _use(self, use: Use) -> list[Any]:
        name = use.dataset.name
        column = _ALL if use.column is None else self._columns[name][use.column]
        return [self._numbers[name], column, use.how]

    def _rows(self, name: str, graph: LineageGraph) -> list[list[Any]]:
        deciders = {
            column: reasons
            for column, reasons in graph.row_deciders.get(name, {}).items()
            if column.table in self._numbers
        }
        rows = []
        for use in grouped(dict.fromkeys(deciders, "condition"), self._datasets):
            table = use.dataset.name
            reasons = {
                reason
                for column, found in deciders.items()
                if column.table == table and use.column in (None, column.column)
                for reason in found
            }
            rows.append([*self._use(use)[:2], self._numbers[name], in_words(reasons)])
        return rows


def reads_of(datasets: Mapping[str, Dataset]) -> list[tuple[str, str]]:
    """Return each pair of a dataset and one that a pipeline makes from it."""
    pairs = (
        (dataset.name, reader.target.identifier)
        for dataset in datasets.values()
        for reader in dataset.readers
    )
    return list(dict.fromkeys(pairs))
