"""``alur publish``: the tables of an environment become those of its origin, all of them or none."""

import json

import pytest

from alur.errors import EngineError, SchemaError, SettingsError
from alur.operations import (
    drop_environment,
    list_environments,
    new_environment,
    plan_changes,
    publish,
)
from alur.runtime.places import Places
from alur.runtime.tables import pyiceberg_publishing
from alur.runtime.tables.pyiceberg_lock import acquire
from tests.command import alur
from tests.integration.test_cloned_tables import rows_of, warehouse, write
from tests.integration.test_expiry import in_use
from tests.integration.test_many_commits import CONTRACTS, versions
from tests.integration.test_new_env import ARRIVED, PIPELINES, killed

BEFORE = [(1, "a")]
NEW = [(2, "b")]
OTHER_COLUMNS = """
class Sale(SilverTable):
    id: int
    shop: str
    note: str | None

class Total(GoldTable, partition_by="shop"):
    id: int
    shop: str
"""


@pytest.fixture
def trial(project):
    """Return a project whose environment trial has changed one table, and has written a new one."""
    loaded = project.declare(CONTRACTS, "").load()
    write(loaded, "local", "sale", "append", BEFORE)
    new_environment(loaded, "trial")
    write(loaded, "trial", "sale", "append", NEW)
    write(loaded, "trial", "total", "append", NEW)
    return loaded


def tables(project, environment="local"):
    return rows_of(project, environment, "sale"), rows_of(project, environment, "total")


def on_disk(project, table):
    folder = project.root / ".alur/warehouse" / table.replace(".", "/")
    return {str(path) for path in folder.rglob("*") if path.is_file()}


def test_rows_snapshots_and_files_become_the_origins(trial):
    ids = [
        warehouse(trial, "trial").state(trial.table(name)).snapshot.id for name in ("sale", "total")
    ]
    published = publish(trial, "trial")
    assert [(t.table, t.rows_before, t.rows_after) for t in published.tables] == [
        ("gold.total", 0, 1),
        ("silver.sale", 1, 2),
    ]
    assert tables(trial) == (BEFORE + NEW, NEW)
    for name, id_ in zip(("silver.sale", "gold.total"), ids, strict=True):
        opened = warehouse(trial, "local").table(trial.table(name))
        assert opened.current_snapshot().snapshot_id == id_
        assert opened.current_snapshot().summary["alur.pipeline"] == "load"
        assert on_disk(trial, name) >= in_use(opened)
    # An append keeps the files that were there, and the snapshot before.
    assert versions(warehouse(trial, "local").table(trial.table("sale"))) == [BEFORE, BEFORE + NEW]
    assert list_environments(trial) == []
    write(trial, "local", "sale", "overwrite", [(9, "z")])
    assert tables(trial) == ([(9, "z")], NEW)


def test_other_columns_and_partitions_are_published_and_written_again(project, trial):
    project.declare(OTHER_COLUMNS, "")
    changed = project.load()
    write(changed, "trial", "sale", "overwrite", [(3, "c"), (4, "a")])
    write(changed, "trial", "total", "overwrite", [(3, "c"), (4, "a")])
    publish(changed, "trial")
    assert tables(changed) == ([(3, "c"), (4, "a")], [(3, "c"), (4, "a")])
    sale = warehouse(changed, "local").state(changed.table("sale"))
    assert [column.name for column in sale.columns] == ["id", "shop", "note"]
    assert sale.partitioning == ()
    assert plan_changes(changed).tables == ()
    write(changed, "local", "sale", "append", [(5, "b")])
    write(changed, "local", "total", "overwrite_partitions", [(6, "c")])
    assert tables(changed) == ([(3, "c"), (4, "a"), (5, "b")], [(4, "a"), (6, "c")])


def test_nothing_is_published_where_both_have_changed_a_table(trial):
    write(trial, "local", "sale", "append", [(7, "c")])
    with pytest.raises(SchemaError, match=r"silver\.sale has changed in both environments"):
        publish(trial, "trial")
    assert tables(trial) == ([(1, "a"), (7, "c")], [])
    assert tables(trial, "trial") == (BEFORE + NEW, NEW)


def test_tables_that_only_the_origin_has_changed_stay(project):
    loaded = project.declare(CONTRACTS, "").load()
    write(loaded, "local", "sale", "append", BEFORE)
    new_environment(loaded, "trial")
    write(loaded, "trial", "total", "append", NEW)
    write(loaded, "local", "sale", "append", NEW)
    publish(loaded, "trial")
    assert tables(loaded) == (BEFORE + NEW, NEW)


def test_a_compaction_of_the_origin_is_no_change_of_its_rows(project):
    loaded = project.declare(CONTRACTS, "").load()
    for number in range(3):
        write(loaded, "local", "sale", "append", [(number, "a")])
    new_environment(loaded, "trial")
    write(loaded, "trial", "sale", "append", [(3, "b")])
    assert warehouse(loaded, "local").maintain(loaded.table("sale"), print).files_after == 1
    publish(loaded, "trial")
    assert rows_of(loaded, "local", "sale") == [(0, "a"), (1, "a"), (2, "a"), (3, "b")]


def test_an_environment_made_from_another_is_published_to_that_one(trial):
    new_environment(trial, "second", "trial")
    write(trial, "second", "sale", "overwrite", [(5, "e")])
    with pytest.raises(SettingsError, match="second was made from trial"):
        publish(trial, "trial")
    publish(trial, "second")
    assert tables(trial, "trial") == ([(5, "e")], NEW)
    assert tables(trial) == (BEFORE, [])
    publish(trial, "trial")
    assert tables(trial) == ([(5, "e")], NEW)


def test_an_environment_that_a_run_is_writing_is_not_published(trial):
    lock = acquire(Places.of(trial, "trial").warehouse / "locks", "gold.total", print)
    with pytest.raises(EngineError, match=r"a run is writing gold\.total in trial"):
        publish(trial, "trial")
    lock.release()
    assert tables(trial) == (BEFORE, [])


@pytest.mark.parametrize("commits", [0, 1])
def test_after_an_error_nothing_is_published(trial, commits, monkeypatch):
    real, calls = pyiceberg_publishing._commit, []

    def counted(*arguments):
        if len(calls) == commits:
            raise OSError("no space left on device")
        calls.append(arguments)
        real(*arguments)

    monkeypatch.setattr(pyiceberg_publishing, "_commit", counted)
    with pytest.raises(EngineError, match="no space left"):
        publish(trial, "trial")
    assert tables(trial) == (BEFORE, [])
    assert tables(trial, "trial") == (BEFORE + NEW, NEW)
    monkeypatch.undo()
    assert len(publish(trial, "trial").tables) == 2
    assert tables(trial) == (BEFORE + NEW, NEW)


@pytest.mark.parametrize("step", ["add_snapshot", "sync", "_published", "rename"])
def test_a_killed_publish_is_whole_or_nothing_and_its_repetition_ends_it(trial, step):
    owner = None if step == "rename" else pyiceberg_publishing
    assert killed(trial.root, step, publish, owner)
    whole = (BEFORE + NEW, NEW)
    assert tables(trial) == (whole if step in ("_published", "rename") else (BEFORE, []))
    assert tables(trial, "trial") == whole
    publish(trial, "trial")
    assert tables(trial) == whole
    assert list_environments(trial) == []


def test_what_another_table_has_read_is_still_what_was_read(project):
    project.declare(CONTRACTS + ARRIVED, PIPELINES).land("a.csv", "id,shop\n1,a\n")
    assert alur(project.root, "run", "--all", "--env", "local").returncode == 0
    new_environment(project.load(), "trial")
    project.land("b.csv", "id,shop\n2,b\n")
    assert alur(project.root, "run", "--all", "--env", "trial").returncode == 0
    done = alur(project.root, "publish", "trial")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "  ✓ bronze.arrived: 1 → 2 rows",
        "  ✓ gold.total: 1 → 2 rows",
        "[OK] Published 2 tables of trial to local, and dropped trial",
    ]
    # The run in trial has taken both files, and total has read the rows of both.
    again = alur(project.root, "run", "--all", "--env", "local", "--skip-unchanged", "--json")
    events = [json.loads(line) for line in again.stdout.splitlines()]
    assert [e["pipeline"] for e in events if e["event"] == "skipped"] == ["load", "total"]


def test_only_an_environment_made_by_new_env_is_published(trial):
    done = alur(trial.root, "publish", "local")
    assert done.returncode == 1
    assert "'local' is not an environment that alur new-env made" in done.stderr
    drop_environment(trial, "trial")
    assert tables(trial) == (BEFORE, [])
