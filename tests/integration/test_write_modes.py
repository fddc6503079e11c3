"""Every write mode with every partitioning, against a model in plain Python, on both engines."""

from datetime import datetime, timezone

import pytest
from pyiceberg.transforms import BucketTransform
from pyiceberg.types import StringType

from tests.tiny_project import csv_of

HEADER = "id,at,code,n"
BEFORE = [
    (1, "1969-12-31T23:59:59.999999Z", "ab-1", -15),
    (2, "1970-01-01T00:00:00Z", "ab-2", -1),
    (3, "2024-03-31T01:30:00Z", "b", 0),
    (4, "2024-03-31T02:30:00Z", "ü👍x", 19),
    (5, "2024-04-01T00:00:00Z", " ", 20),
    (6, None, None, None),
    (7, "2023-12-31T23:59:59Z", "ab-3", 9),
    (8, "2025-06-01T00:00:00Z", "z z/%", 999),
    (900, "2023-12-31T23:59:59Z", "ab-3", 9),
]
AFTER = [
    (1, "1969-12-31T23:00:00Z", "ab-9", -11),
    (3, "2024-03-31T01:59:59Z", "b", 5),
    (6, None, None, None),
    (20, "2024-04-30T12:00:00Z", "üx", 15),
    (21, "2030-01-01T00:00:00Z", "new", 10_000),
]
PARTITIONS = {
    "whole": None,
    "identity": '"code"',
    "years": 'years("at")',
    "months": 'months("at")',
    "days": 'days("at")',
    "hours": 'hours("at")',
    "bucket": 'bucket(3, "code")',
    "truncate_text": 'truncate(2, "code")',
    "truncate_number": 'truncate(10, "n")',
    "both": '[months("at"), bucket(2, "code")]',
}
MODES = ("overwrite", "append", "merge", "overwrite_partitions")
ALL = [
    *(("overwrite", partition) for partition in ("whole", "both")),
    *(("append", partition) for partition in PARTITIONS),
    *(("merge", partition) for partition in ("whole", "months", "bucket", "both")),
    *(("overwrite_partitions", partition) for partition in PARTITIONS if partition != "whole"),
]
ON_SPARK = [
    ("overwrite", "both"),
    ("append", "identity"),
    ("merge", "months"),
    ("overwrite_partitions", "days"),
    ("overwrite_partitions", "truncate_text"),
]


def cell(value):
    return "" if value is None else value


def text(batch):
    return csv_of(HEADER, [[cell(value) for value in row] for row in batch])


def typed(batch):
    return [(i, at and datetime.fromisoformat(at), code, n) for i, at, code, n in batch]


def bucket_of(count, value):
    return None if value is None else BucketTransform(count).transform(StringType())(value)


def partition_of(name, row):
    """Return a row's partition, by the transforms of Iceberg's specification."""
    _, at, code, n = row
    at = at and at.astimezone(timezone.utc)
    truncated = None if n is None else n - n % 10
    return {
        "whole": lambda: 0,
        "identity": lambda: code,
        "years": lambda: at and at.year,
        "months": lambda: at and (at.year, at.month),
        "days": lambda: at and at.date(),
        "hours": lambda: at and (at.date(), at.hour),
        "bucket": lambda: bucket_of(3, code),
        "truncate_text": lambda: code and code[:2],
        "truncate_number": lambda: truncated,
        "both": lambda: (at and (at.year, at.month), bucket_of(2, code)),
    }[name]()


def written(mode, partition, old, new):
    """Return the rows of a table after a batch, by the definition of the mode."""
    if mode == "append":
        return old + new
    if mode == "merge":
        return list(({row[0]: row for row in old} | {row[0]: row for row in new}).values())
    if mode == "overwrite_partitions":
        touched = {partition_of(partition, row) for row in new}
        return [row for row in old if partition_of(partition, row) not in touched] + new
    return new


def declare(project, combinations):
    contracts = """
class Batch(BronzeTable):
    id: int
    at: datetime | None
    code: str | None
    n: int | None
"""
    pipelines = """
@pipeline(sources={"batch": files("batch.csv", schema=Batch)}, target=Batch)
def take(batch):
    return batch
"""
    for mode, partition in combinations:
        by = PARTITIONS[partition]
        key = ', key="id"' if mode == "merge" else ""
        contracts += f"""
class {mode}_{partition}(SilverTable{key}{f", partition_by={by}" if by else ""}):
    id: int
    at: datetime | None
    code: str | None
    n: int | None
"""
        pipelines += f"""
@pipeline(sources={{"batch": Batch}}, target={mode}_{partition}, mode="{mode}")
def write_{mode}_{partition}(batch):
    return batch.select("n", "code", "at", "id")
"""
    return project.declare(contracts, pipelines)


def run_batches(project, combinations):
    """Return the rows of each table after each of three batches; the last two batches are the same."""
    declare(project, combinations)
    states = []
    for batch in (BEFORE, AFTER, AFTER):
        project.land("batch.csv", text(batch))
        project.run().all_succeeded()
        tables = [f"{mode}_{partition}" for mode, partition in combinations]
        states.append({t: project.rows(t, "id", "at", "code", "n") for t in tables})
    return states


@pytest.fixture(scope="module")
def outcomes(engines, tmp_path_factory):
    from tests.conftest import isolated_imports
    from tests.tiny_project import TinyProject

    root = tmp_path_factory.mktemp("modes")
    with isolated_imports():
        project = TinyProject(root / "sail", engines, "sail")
        yield project, run_batches(project, ALL)


@pytest.mark.parametrize(("mode", "partition"), ALL)
def test_tables_hold_what_the_mode_says(outcomes, mode, partition):
    _, states = outcomes
    rows = []
    for batch, state in zip((BEFORE, AFTER, AFTER), states, strict=True):
        rows = written(mode, partition, rows, typed(batch))
        assert state[f"{mode}_{partition}"] == sorted(rows, key=lambda row: (row[0], repr(row)))


def test_spark_gives_the_same_tables(outcomes, engines, tmp_path):
    from tests.tiny_project import TinyProject

    _, states = outcomes
    found = run_batches(TinyProject(tmp_path / "spark", engines, "spark"), ON_SPARK)
    for mine, theirs in zip(found, states, strict=True):
        assert mine == {table: theirs[table] for table in mine}


@pytest.mark.parametrize("partition", [p for p in PARTITIONS if p != "whole"])
def test_iceberg_readers_find_rows_by_their_partition(outcomes, partition):
    """A wrong partition value would hide rows from every reader that skips files."""
    project, states = outcomes
    table = project.table(f"append_{partition}")
    for row in states[-1][f"append_{partition}"]:
        found = [f"id == {row[0]}"]
        for name, value in zip(("at", "code", "n"), row[1:], strict=True):
            shown = value.isoformat() if isinstance(value, datetime) else value
            found.append(
                f"{name} is null"
                if value is None
                else f"{name} == {shown}"
                if isinstance(value, int)
                else f"{name} == '{shown}'"
            )
        assert table.scan(row_filter=" and ".join(found)).to_arrow().num_rows >= 1, row


def test_a_run_is_one_snapshot_that_says_who_made_it(outcomes):
    project, _ = outcomes
    for mode in MODES:
        table = project.table(f"{mode}_both")
        summaries = [snapshot.summary for snapshot in table.metadata.snapshots]
        # Other modes than append change nothing with the rows that the table has already.
        runs = 3 if mode == "append" else 2
        assert len(summaries) == runs
        for summary in summaries:
            assert summary["alur.pipeline"] == f"write_{mode}_both"
            assert len(summary["alur.run-id"]) == 32
            assert len(summary["alur.code-version"]) == 12
        assert len({summary["alur.run-id"] for summary in summaries}) == runs
