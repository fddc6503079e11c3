"""Groups the columns that a value comes from, or that come from it, by table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from alur.lineage.uses import How, Uses
from alur.site.datasets import Dataset

_FEW = 3
"""So many columns are named one by one, even if they are all columns of a table."""


class Use(NamedTuple):
    """A use of one column, or in one way of all columns of a dataset.

    Attributes:
        column: None for all columns.
    """

    dataset: Dataset
    column: str | None
    how: How


def grouped(uses: Uses, datasets: Mapping[str, Dataset]) -> list[Use]:
    """Return the uses of columns; one use stands for all columns of a dataset if they are used alike."""
    by_table: dict[str, dict[str, How]] = {}
    for source, how in uses.items():
        by_table.setdefault(source.table, {})[source.column] = how
    result = []
    for table, columns in by_table.items():
        dataset = datasets[table]
        if is_all(columns, dataset) and len(set(columns.values())) == 1:
            result.append(Use(dataset, None, next(iter(columns.values()))))
        else:
            result += [Use(dataset, column, how) for column, how in columns.items()]
    return result


def is_all(columns: Iterable[str], dataset: Dataset) -> bool:
    """Return whether these are all columns of a dataset, and too many to be named one by one."""
    every = {column.name for column in dataset.columns}
    return len(every) > _FEW and every <= set(columns)
