"""Adds to a run's rows the kept rows of a table whose files are all replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alur.contracts.contract import Contract
from alur.pipelines.modes import Rows
from alur.runtime.tables.merging import with_other_keys

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from alur.runtime.tables.warehouse import Staged, TableWriter
    from alur.runtime.tables.write_plan import WritePlan


def with_kept_rows(
    writer: TableWriter, contract: Contract, staged: Staged, plan: WritePlan
) -> Staged:
    """Return the staged rows together with the kept rows to write again; the same if there are none."""
    kept = _kept(writer, contract, staged, plan)
    if kept is None:
        return staged
    return writer.stage(kept.union(staged.frame.select(*kept.columns)))


def _kept(
    writer: TableWriter, contract: Contract, staged: Staged, plan: WritePlan
) -> DataFrame | None:
    match plan.written_again:
        case Rows.NONE:
            return None
        case Rows.ALL:
            return writer.existing()
        case Rows.OTHER_KEYS:
            rows = writer.existing()
            return None if rows is None else with_other_keys(rows, staged.frame, contract)
        case Rows.OTHER_PARTITIONS:
            return writer.rows_in_other_partitions(staged, plan)
