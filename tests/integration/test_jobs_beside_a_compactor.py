"""Jobs in the sandbox write tables that another program compacts all the time: no row is lost, doubled or altered."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyiceberg.exceptions import NoSuchTableError

from alur.errors import EngineError
from alur.runtime.tables.pyiceberg_compaction import compact
from alur.runtime.tables.pyiceberg_glue import pyiceberg_catalog
from tests.integration import test_killed_writes as shop
from tests.integration.test_killed_jobs import TABLES, Shop
from tests.sandboxed import JOB_ENGINES
from tests.terraform import needs_provider

pytestmark = [needs_provider, pytest.mark.nightly]

FILES = 6


@pytest.fixture
def deployed(tmp_path: Path, job_engine: str) -> Iterator[Shop]:
    project = Shop(tmp_path / "shop", engines=None)  # type: ignore[arg-type]
    shop.declare(project, 0)
    try:
        project.done("sandbox", "up", "--engine", job_engine)
        project.done("deploy", "--env", "sandbox", "--auto-approve")
        yield project
    finally:
        project.close()


def compact_until(stop: threading.Event, project: Shop, done: Counter[str]) -> None:
    """Compact all tables again and again; count commits, and attempts that gave way to a job's."""
    catalog = pyiceberg_catalog(project.client("glue"), project.s3_properties)
    while not stop.wait(0.05):
        for table in TABLES.values():
            layer, _, name = table.partition(".")
            try:
                opened = catalog.load_table((f"shop_sandbox_{layer}", name))
                if opened.current_snapshot() and compact(opened):
                    done[f"compacted {name}"] += 1
            except NoSuchTableError:
                continue
            except EngineError as error:
                gave_way = "another program has written" in error.message
                done["gave way" if gave_way else error.message] += 1


@pytest.mark.parametrize("job_engine", JOB_ENGINES)
def test_no_row_is_lost_beside_a_compactor(deployed: Shop) -> None:
    stop, done = threading.Event(), Counter[str]()
    compactor = threading.Thread(target=compact_until, args=(stop, deployed, done))
    compactor.start()
    try:
        for _ in range(FILES):
            deployed.land_next()
            for pipeline in TABLES:
                run = deployed.begin(pipeline)
                while (state := deployed.end(pipeline, run)) != "SUCCEEDED":
                    # Where engines write upon what they have read, a job may be refused, and nothing is written.
                    done["repeated"] += 1
                    assert done["repeated"] < 20, state
                    run = deployed.begin(pipeline)
                deployed.assert_whole(pipeline, deployed.files)
            time.sleep(0.2)
    finally:
        stop.set()
        compactor.join()
    assert done["compacted added"] >= 2, done
    assert done.keys() <= {"gave way", "repeated", *(f"compacted {name}" for name in shop.COLUMNS)}
    for pipeline in TABLES:
        deployed.assert_whole(pipeline, FILES)
    print(dict(done))
