"""What a Glue job does to tables: the same as a run on this machine, in S3 and Glue's catalog (moto's), with Sail as the engine."""

import json
from datetime import date, datetime, timezone
from decimal import Decimal

import pytest

from alur.errors import EngineError, QualityError, SchemaError, SourceError, TransformError
from tests.conftest import isolated_imports
from tests.glue_project import GlueProject, sail
from tests.integration import test_write_modes as modes
from tests.tiny_project import csv_of


@pytest.fixture(scope="module")
def session(_server):
    with pytest.MonkeyPatch.context() as patch, sail(_server, patch) as opened:
        yield opened


@pytest.fixture
def project(tmp_path, session, moto, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with isolated_imports():
        yield GlueProject(tmp_path / "shop", engines=None, session=session)


RAW = """
    class Raw(BronzeTable):
        id: int
        name: str | None
"""


def load(mode="append", **arguments):
    more = "".join(f", {key}={value!r}" for key, value in arguments.items())
    return f"""
    @pipeline(sources={{"raw": files("raw/*", schema=Raw{more})}}, target=Raw, mode="{mode}")
    def load(raw):
        return raw
    """


def test_files_are_taken_once(project):
    project.declare(RAW, load()).deploy()
    project.land("raw/b.csv", csv_of("id,name", [(1, "b")]))
    first = project.run().succeeded("load")
    assert first.files == {"raw": ("raw/b.csv",)}
    project.land("raw/c.csv", csv_of("id,name", [(2, "c"), (3, "c")]))
    project.land("raw/a.csv", csv_of("id,name", [(4, "a")]))
    second = project.run().succeeded("load")
    assert second.files == {"raw": ("raw/a.csv", "raw/c.csv")}
    commit = second.commit
    assert (second.rows_read, commit.rows_written, commit.total_rows) == ({"raw": 3}, 3, 4)
    assert commit.snapshot_id == project.table("raw").current_snapshot().snapshot_id
    assert commit.table_path == "s3://alur-shop-bronze-dev/tables/raw"
    third = project.run()
    assert third.succeeded("load").commit is None
    assert third.notices == ["no new files; the table stays as it is"]
    assert project.rows("raw", "id", "_source_file", "_run_id") == [
        (1, "raw/b.csv", "jr_1"),
        (2, "raw/c.csv", "jr_2"),
        (3, "raw/c.csv", "jr_2"),
        (4, "raw/a.csv", "jr_2"),
    ]
    assert project.staged() == []


@pytest.mark.parametrize(
    "combinations", [modes.ALL[:12], modes.ALL[12:]], ids=["overwrite, append", "the others"]
)
def test_tables_hold_what_the_mode_says(project, combinations):
    modes.declare(project, combinations)
    project.deploy()
    states = modes.run_batches(project, combinations)
    rows = {combination: [] for combination in combinations}
    for batch, state in zip((modes.BEFORE, modes.AFTER, modes.AFTER), states, strict=True):
        for mode, partition in combinations:
            rows[mode, partition] = modes.written(
                mode, partition, rows[mode, partition], modes.typed(batch)
            )
            expected = sorted(rows[mode, partition], key=lambda row: (row[0], repr(row)))
            assert state[f"{mode}_{partition}"] == expected, (mode, partition)
    for mode, partition in combinations:
        table = project.table(f"{mode}_{partition}")
        assert len(table.metadata.snapshots) == 3
        assert table.metadata.format_version == 2
    assert project.staged() == []
