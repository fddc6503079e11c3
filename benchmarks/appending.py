"""Appends one file to a table many times, as a pipeline's runs do, without an engine.

``python -m benchmarks.appending FOLDER COMMITS [SNAPSHOTS]`` prints the CPU seconds of commits and of expiries as JSON.
With a number of snapshots, all but the latest ones expire after each 24 commits, as those of an hourly pipeline do.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from alur import SilverTable, contract_of
from alur.contracts.contract import Contract
from alur.contracts.retention import Retention
from alur.pipelines.modes import WRITE_MODES
from alur.runtime.tables.provenance import Provenance, RunIdentity
from alur.runtime.tables.pyiceberg_expiry import expire
from alur.runtime.tables.pyiceberg_warehouse import LocalWarehouse
from alur.runtime.tables.warehouse import Staged
from alur.runtime.tables.write_plan import plan_write

COMMITS_A_DAY = 24


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
        writer.commit(Staged(cast(Any, None), str(folder)), len(rows), plan, Provenance(run))


def main(folder: Path, commits: int, snapshots: int | None) -> None:
    """Print the CPU seconds of each commit and of each expiry."""
    warehouse = LocalWarehouse(folder)
    contract = contract_of(Event)
    seconds: dict[str, list[float]] = {"commits": [], "expiries": []}
    for number in range(commits):
        began = time.process_time()
        append(warehouse, contract, number)
        committed = time.process_time()
        seconds["commits"].append(committed - began)
        if snapshots and number % COMMITS_A_DAY == 0:
            expire_all_but(snapshots, warehouse, contract)
            seconds["expiries"].append(time.process_time() - committed)
    print(json.dumps(seconds))


def expire_all_but(snapshots: int, warehouse: LocalWarehouse, contract: Contract) -> None:
    """Expire old snapshots at once."""
    table = warehouse.table(contract)
    assert table is not None, "it has been written"
    at_once = timedelta(0)
    expire(table, Retention(at_once, snapshots, every=at_once), datetime.now(UTC))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]), int(sys.argv[3]) if sys.argv[3:] else None)
