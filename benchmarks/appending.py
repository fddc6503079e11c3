"""Appends one file to a table many times, as a pipeline's runs do, without an engine.

``python -m benchmarks.appending FOLDER COMMITS`` prints the CPU seconds of each commit as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from alur import SilverTable, contract_of
from alur.contracts.contract import Contract
from alur.pipelines.modes import WRITE_MODES
from alur.runtime.tables.pyiceberg_warehouse import LocalWarehouse
from alur.runtime.tables.warehouse import RunIdentity, Staged
from alur.runtime.tables.write_plan import plan_write


class Event(SilverTable):
    """Events."""

    id: int
    amount: float


def append(warehouse: LocalWarehouse, contract: Contract, number: int) -> None:
    """Append five rows from a file."""
    run = RunIdentity(run_id=f"run-{number}", pipeline="load", code_version="1")
    with warehouse.writing(cast(Any, None), contract, run, print) as writer:
        ids = list(range(5 * number, 5 * number + 5))
        rows = pa.table({"id": ids, "amount": [1.5] * 5})
        folder = writer.staged_folder().folder
        pq.write_table(rows, folder / "rows.parquet")
        plan = plan_write(writer.state, contract, WRITE_MODES["append"], takes_each_file_once=True)
        writer.commit(Staged(cast(Any, None), str(folder)), plan)


def main(folder: Path, commits: int) -> None:
    """Print the CPU seconds of each commit."""
    warehouse = LocalWarehouse(folder)
    contract = contract_of(Event)
    seconds = []
    for number in range(commits):
        began = time.process_time()
        append(warehouse, contract, number)
        seconds.append(time.process_time() - began)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]))
