"""``alur diff`` compares states of one table: what a run has changed, and earlier snapshots."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from alur.operations import new_environment
from alur.runtime.local import local_warehouse
from tests.command import alur, in_terminal
from tests.conftest import isolated_imports
from tests.tiny_project import TinyProject

CONTRACTS = """
    class Stock(BronzeTable, key="item"):
        item: str
        pieces: int
        price: float | None

    class Lines(BronzeTable):
        line: str
"""
PIPELINES = """
    @pipeline(sources={"rows": files("stock/*.csv", schema=Stock)}, target=Stock, mode="merge")
    def load_stock(rows):
        return rows

    @pipeline(sources={"rows": files("lines/*.csv", schema=Lines)}, target=Lines, mode="append")
    def load_lines(rows):
        return rows
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, engines) -> Iterator[TinyProject]:
    with isolated_imports():
        project = TinyProject(tmp_path_factory.mktemp("diff") / "shop", engines)
        project.declare(CONTRACTS, PIPELINES)
        project.land("stock/1.csv", "item,pieces,price\na,1,1.5\nb,2,\nc,3,3.5\n")
        project.land("lines/1.csv", "line\nx\nx\n\x1b[31mred\n")
        project.run().all_succeeded()
        project.land("stock/2.csv", "item,pieces,price\na,1,1.5\nb,2,2.5\nc,4,4.5\nd,9,\n")
        project.land("lines/2.csv", "line\nx\n")
        project.run().all_succeeded()
        yield project


def snapshots(shop: TinyProject, table: str) -> list[tuple[int, str]]:
    """Return the id and the run of each snapshot, the oldest first."""
    return [
        (s.snapshot_id, s.summary.additional_properties["alur.run-id"])
        for s in shop.table(table).metadata.snapshots
    ]


def compared(shop: TinyProject, *arguments: str) -> tuple[int, dict[str, object]]:
    done = alur(shop.root, "diff", *arguments, "--json")
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def test_the_last_commit_in_a_terminal(shop: TinyProject) -> None:
    shown = in_terminal(shop.root, "diff", "stock")
    assert shown.returncode == 2
    assert [line for line in shown.screen if line] == [
        "bronze.stock: before the last commit → now",
        "  3 → 4 rows",
        "  ! not compared: _ingested_at, _run_id",
        "3 rows changed, 1 row added",
        "changed columns: pieces (1), price (2), _source_file (3)",
        "  changed  item='a'",
        "             _source_file: was 'stock/1.csv', is 'stock/2.csv'",
        "  changed  item='b'",
        "             price: was null, is 2.5",
        "             _source_file: was 'stock/1.csv', is 'stock/2.csv'",
        "  changed  item='c'",
        "             pieces: was 3, is 4",
        "             price: was 3.5, is 4.5",
        "             _source_file: was 'stock/1.csv', is 'stock/2.csv'",
        "  added    item='d', pieces=9, price=null, _source_file='stock/2.csv'",
    ]


def test_a_run_and_a_snapshot(shop: TinyProject) -> None:
    (first, run_1), (_, run_2) = snapshots(shop, "stock")
    code, found = compared(shop, "stock", "--run", run_1)
    assert (code, found["added"], found["first"]["rows"], found["second"]["rows"]) == (2, 3, 0, 3)  # type: ignore[index]
    code, by_run = compared(shop, "stock", "--run", run_2)
    _, by_snapshot = compared(shop, "stock", "--snapshot", str(first))
    kinds = ("added", "removed", "changed", "changed_columns", "samples")
    assert [by_run[kind] for kind in kinds] == [by_snapshot[kind] for kind in kinds]
    assert by_run["changed"] == 3


def test_the_same_snapshot_is_the_same(shop: TinyProject) -> None:
    ((_, _), (last, _)) = snapshots(shop, "stock")
    done = alur(shop.root, "diff", "stock", "--snapshot", str(last))
    assert (done.returncode, done.stdout) == (
        0,
        f"bronze.stock: snapshot {last} → now\n  4 → 4 rows\n"
        "  ! not compared: _ingested_at, _run_id\n\n[OK] the same\n",
    )


def test_another_key_and_none(shop: TinyProject) -> None:
    _, found = compared(shop, "stock", "--key", "item, pieces")
    assert [found[kind] for kind in ("removed", "added", "changed")] == [1, 2, 2]
    _, found = compared(shop, "stock", "--key", "")
    assert [found[kind] for kind in ("removed", "added", "changed")] == [3, 4, 0]


def test_common_files_are_not_read(shop: TinyProject) -> None:
    project = shop.as_declared()
    table = local_warehouse(project).table(project.table("lines"))
    assert table is not None
    old = next(s for s in table.metadata.snapshots)
    (kept,) = {
        e.data_file.file_path
        for m in old.manifests(table.io)
        for e in m.fetch_manifest_entry(table.io)
    }
    path = shop.root / kept.removeprefix("file://")
    content = path.read_bytes()
    # A file that both snapshots have may even be damaged.
    path.write_bytes(content[:-1])
    try:
        code, found = compared(shop, "lines")
    finally:
        path.write_bytes(content)
    assert (code, found["added"], found["removed"]) == (2, 1, 0)


def test_values_cannot_write_to_the_terminal(shop: TinyProject) -> None:
    ((_, run), _) = snapshots(shop, "lines")
    done = alur(shop.root, "diff", "lines", "--run", run)
    assert "\x1b" not in done.stdout
    assert r"line='\x1b[31mred'" in done.stdout
    assert "3 rows added" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["stok"], 1, "did you mean"),
        (["stock", "--run", "nope"], 1, "has no commit of the run nope"),
        (["stock", "--snapshot", "7"], 1, "has no snapshot 7"),
        (["stock", "--key", "itme"], 1, "did you mean 'item'?"),
        (["stock", "--against", "local"], 2, "--against must differ from --env"),
        (["stock", "--against", "prod", "--run", "x"], 2, "only one of"),
        (["stock", "--against", "prod"], 1, "no environment 'prod'"),
    ],
)
def test_mistakes_are_answered(
    shop: TinyProject, arguments: list[str], code: int, message: str
) -> None:
    done = alur(shop.root, "diff", *arguments)
    assert done.returncode == code
    assert message in done.stderr


def test_a_table_never_written(shop: TinyProject, tmp_path, engines) -> None:
    fresh = TinyProject(tmp_path / "shop", engines)
    fresh.declare(CONTRACTS, PIPELINES)
    done = alur(fresh.root, "diff", "stock")
    assert done.returncode == 1
    assert "has never been written" in done.stderr


def test_all_tables_of_two_environments(shop: TinyProject) -> None:
    project = shop.load()
    new_environment(project, "trial")
    same = alur(shop.root, "diff", "--all", "--env", "trial", "--against", "local")
    assert (same.returncode, same.stderr) == (0, "")
    assert same.stdout == "local → trial\n\n[OK] the same: 2 tables\n"
    shop.land("lines/3.csv", "line\ny\n")
    assert alur(shop.root, "run", "load_lines", "--env", "trial").returncode == 0
    found = alur(shop.root, "diff", "--all", "--env", "trial", "--against", "local")
    assert found.returncode == 2
    assert found.stdout.splitlines() == [
        "local → trial",
        "  ~ bronze.lines: 4 → 5 rows (1 row added)",
        "",
        "1 table differs; the same: 1 table",
    ]
    code, data = compared(shop, "--all", "--env", "local", "--against", "trial")
    assert (code, data["same"], data["missing"]) == (2, False, [])
    (lines,) = (one for one in data["tables"] if one["table"] == "bronze.lines")
    counts = {"removed": 1, "added": 0, "changed": 0, "columns": []}
    assert lines == {"table": "bronze.lines", "same": False, "rows": [5, 4], **counts}


def test_a_table_that_only_one_environment_has(project: TinyProject) -> None:
    project.declare(CONTRACTS, PIPELINES)
    project.land("lines/1.csv", "line\nx\n")
    new_environment(project.load(), "trial")
    assert alur(project.root, "run", "load_lines", "--env", "trial").returncode == 0
    found = alur(project.root, "diff", "--all", "--env", "trial", "--against", "local")
    assert found.returncode == 2
    assert "  + bronze.lines: never written in local\n" in found.stdout
    assert found.stdout.endswith("1 table differs; the same: 0 tables\n")


@pytest.mark.parametrize(
    "arguments",
    [[], ["lines", "--all", "--against", "sandbox"], ["--all"], ["--all", "--snapshot", "1"]],
)
def test_all_tables_need_another_environment(shop: TinyProject, arguments: list[str]) -> None:
    assert alur(shop.root, "diff", *arguments).returncode == 2
