"""Environments on one machine share files: whatever runs, expires or is dropped, each has exactly its own rows."""

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alur.contracts.retention import Retention
from alur.errors import AlurError, EngineError, SchemaError, SettingsError
from alur.operations import drop_environment, list_environments, new_environment, publish
from alur.pipelines.modes import WRITE_MODES
from alur.runtime.places import Places
from alur.runtime.tables import pyiceberg_maintenance
from alur.runtime.tables.provenance import Provenance, RunIdentity
from alur.runtime.tables.pyiceberg_lock import acquire
from alur.runtime.tables.warehouse import Staged
from alur.runtime.tables.write_plan import plan_write
from tests.integration.test_expiry import in_use
from tests.integration.test_many_commits import CONTRACTS, versions

AT_ONCE = timedelta(0)
TABLES = ("silver.sale", "gold.total")
OPERATIONS = ("write",) * 6 + ("maintain", "maintain", "killed", "new", "new", "drop", "publish")


@pytest.fixture
def sales(project):
    return project.declare(CONTRACTS, "").load()


def warehouse(project, environment, keep=None):
    """Return the tables of an environment as its runs have them."""
    places = Places.of(project, environment)
    retentions = dict.fromkeys(TABLES, Retention(AT_ONCE, keep, AT_ONCE)) if keep else {}
    return replace(places, retentions=retentions).tables()


def write(project, environment, table, mode, rows, keep=None):
    """Write rows as a run does, without an engine."""
    contract, run = project.table(table), RunIdentity("run", "load", "1")
    with warehouse(project, environment, keep).writing(None, contract, run, print) as writer:
        folder = writer.staged_folder().folder
        columns = {"id": [row[0] for row in rows], "shop": [row[1] for row in rows]}
        if contract.column("note"):
            columns["note"] = pa.nulls(len(rows), pa.string())
        pq.write_table(pa.table(columns), folder / "rows.parquet")
        plan = plan_write(writer.state, contract, WRITE_MODES[mode])
        writer.commit(Staged(None, str(folder)), len(rows), plan, Provenance(run))


def rows_of(project, environment, table):
    opened = warehouse(project, environment).table(project.table(table))
    if opened is None:
        return []
    assert versions(opened), "every snapshot can be read"
    rows = warehouse(project, environment).rows(project.table(table)).to_pylist()
    return sorted((row["id"], row["shop"]) for row in rows)


def after(mode, before, new):
    """Return the rows of a table after a write."""
    shops = {shop for _, shop in new}
    kept = {
        "append": before,
        "overwrite": [],
        "overwrite_partitions": [row for row in before if row[1] not in shops],
    }
    return sorted(kept[mode] + new)


class Model:
    """The rows of each environment's tables, what each was made from, and what has happened to its tables since."""

    def __init__(self):
        self.rows = {"local": {table: [] for table in TABLES}}
        self.origins = {"local": None}
        # By environment and table: how often it was written and maintained, and the same of the origin when it was made.
        self.written, self.maintained, self.before = Counter(), Counter(), {}

    def make(self, name, origin):
        self.rows[name] = {table: [*rows] for table, rows in self.rows[origin].items()}
        self.origins[name] = origin
        for table in TABLES:
            self.before[name, table] = self.events(origin, table)

    def events(self, name, table):
        return self.written[name, table], self.maintained[name, table]

    def drop(self, name):
        del self.rows[name], self.origins[name]

    def conflicts(self, name):
        """Return whether a table has changed in an environment and in its origin, surely and perhaps."""
        found = [self._changes(name, table) for table in TABLES]
        sure = any(own and theirs for (own, theirs), _ in found)
        # Where maintenance has expired the snapshot that both began with, nobody can tell.
        return sure, any(own and theirs for _, (own, theirs) in found)

    def _changes(self, name, table):
        before = self.before[name, table]
        own, theirs = self.events(name, table), self.events(self.origins[name], table)
        written = own[0] > 0, theirs[0] > before[0]
        return written, (any(own), theirs != before)

    def publish(self, name):
        origin = self.origins[name]
        for table in TABLES:
            if self.written[name, table]:
                self.rows[origin][table] = self.rows[name][table]
                self.written[origin, table] += 1
        self.drop(name)

    def has_children(self, name):
        return name in self.origins.values()


@pytest.mark.parametrize("seed", range(4))
def test_any_sequence_of_writes_maintenance_and_drops_leaves_every_environment_its_rows(
    sales, seed, monkeypatch
):
    monkeypatch.setattr(pyiceberg_maintenance, "ORPHANS_STAY", AT_ONCE)
    choice, model = random.Random(seed), Model()
    for number in range(30):
        step(sales, model, choice, number)
        for environment, tables in model.rows.items():
            for table, rows in tables.items():
                assert rows_of(sales, environment, table) == rows, (environment, table, number)
    for name in reversed([*model.origins][1:]):
        drop_environment(sales, name)
    for table in TABLES:
        leave_nothing_unused(sales, table, model.rows["local"][table])


def step(project, model, choice, number):
    """Do one thing to one environment, and to the model."""
    name, table = choice.choice([*model.rows]), choice.choice(TABLES)
    match choice.choice(OPERATIONS):
        case "write":
            mode = choice.choice(["append", "append", "overwrite", "overwrite_partitions"])
            if table == TABLES[1] and mode == "overwrite_partitions":
                mode = "append"
            new = [(number, choice.choice("abc")), (-number, choice.choice("abc"))]
            write(project, name, table, mode, new, choice.choice([None, 1, 2]))
            model.rows[name][table] = after(mode, model.rows[name][table], new)
            model.written[name, table] += 1
        case "maintain" if model.rows[name][table]:
            warehouse(project, name, 1).maintain(project.table(table), print)
            model.maintained[name, table] += 1
        case "killed":
            # What a killed run leaves makes the next one look for files without a use.
            (Places.of(project, name).warehouse / "staging" / table / "run").mkdir(
                parents=True, exist_ok=True
            )
        case "new" if len(model.rows) < 6:
            new_environment(project, f"e{number}", name)
            model.make(f"e{number}", name)
        case "drop" if name != "local" and model.has_children(name):
            with pytest.raises(SettingsError, match="was made from"):
                drop_environment(project, name)
        case "drop" if name != "local":
            drop_environment(project, name)
            model.drop(name)
        case "publish" if name != "local" and not model.has_children(name):
            sure, perhaps = model.conflicts(name)
            try:
                publish(project, name)
            except SchemaError:
                assert perhaps
            else:
                assert not sure
                model.publish(name)


def leave_nothing_unused(project, table, rows):
    """Once no clone is left, maintenance deletes all that clones alone have needed."""
    if not rows:
        return
    warehouse(project, "local", 1).maintain(project.table(table), print)
    folder = project.root / ".alur/warehouse" / table.replace(".", "/")
    on_disk = {str(path) for path in folder.rglob("*") if path.is_file()}
    assert on_disk == in_use(warehouse(project, "local").table(project.table(table)))


def test_a_clone_keeps_rows_that_its_origin_has_replaced_and_expired(sales):
    write(sales, "local", "sale", "append", [(1, "a"), (2, "b")])
    new_environment(sales, "trial")
    write(sales, "local", "sale", "overwrite", [(3, "c")], keep=1)
    assert rows_of(sales, "trial", "sale") == [(1, "a"), (2, "b")]
    drop_environment(sales, "trial")
    data = sales.root / ".alur/warehouse/silver/sale/data"
    assert len([*data.rglob("*.parquet")]) == 3


def test_nothing_is_deleted_where_it_is_not_known_what_a_clone_needs(sales):
    write(sales, "local", "sale", "append", [(1, "a")])
    new_environment(sales, "trial")
    folder = sales.root / ".alur/environments/trial/warehouse"
    for metadata in (folder / "silver/sale/metadata").iterdir():
        metadata.write_text("{")
    write(sales, "local", "sale", "append", [(2, "b")])
    before = {*(sales.root / ".alur/warehouse/silver").rglob("*.parquet")}
    with pytest.raises(EngineError, match="the environment trial needs are not known") as refused:
        warehouse(sales, "local", 1).maintain(sales.table("sale"), print)
    assert refused.value.remedy == "if it is damaged, drop it: alur drop-env trial"
    assert before <= {*(sales.root / ".alur/warehouse/silver").rglob("*.parquet")}
    drop_environment(sales, "trial")
    warehouse(sales, "local", 1).maintain(sales.table("sale"), print)
    assert rows_of(sales, "local", "sale") == [(1, "a"), (2, "b")]


def test_an_environment_that_a_run_is_writing_is_not_dropped(sales):
    write(sales, "local", "sale", "append", [(1, "a")])
    new_environment(sales, "trial")
    write(sales, "trial", "sale", "append", [(2, "b")])
    lock = acquire(Places.of(sales, "trial").warehouse / "locks", "silver.sale", print)
    with pytest.raises(EngineError, match=r"a run is writing silver\.sale in trial"):
        drop_environment(sales, "trial")
    lock.release()
    assert rows_of(sales, "trial", "sale") == [(1, "a"), (2, "b")]
    assert [(one.name, one.written) for one in list_environments(sales)] == [
        ("trial", ("silver.sale",))
    ]
    assert drop_environment(sales, "trial").bytes > 0
    assert not (sales.root / ".alur/environments/trial").exists()


def test_a_run_does_not_continue_in_an_environment_that_was_dropped(sales, monkeypatch):
    write(sales, "local", "sale", "append", [(1, "a")])
    new_environment(sales, "trial")
    opened = warehouse(sales, "trial")
    with monkeypatch.context() as patched:
        patched.setitem(globals(), "warehouse", lambda *_: opened)
        write(sales, "trial", "sale", "append", [(2, "b")])
        drop_environment(sales, "trial")
        with pytest.raises(EngineError, match="the environment trial was dropped meanwhile"):
            write(sales, "trial", "total", "append", [(3, "c")])
    assert not (sales.root / ".alur/environments/trial").exists()
    new_environment(sales, "trial")
    assert rows_of(sales, "trial", "sale") == [(1, "a")]


def test_a_moved_project_is_not_cloned(sales, tmp_path):
    write(sales, "local", "sale", "append", [(1, "a")])
    moved = sales.root.rename(tmp_path / "moved")
    with pytest.raises(AlurError, match=r"silver\.sale"):
        new_environment(replace(sales, root=moved), "trial")
    assert list_environments(replace(sales, root=moved)) == []
