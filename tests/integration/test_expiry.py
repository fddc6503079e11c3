"""Old snapshots expire: the files that nothing else needs go, and every remaining snapshot keeps its rows."""

import multiprocessing
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from alur.contracts.retention import Retention
from alur.runtime.places import Places
from alur.runtime.tables import pyiceberg_maintenance
from alur.runtime.tables.pyiceberg_catalog import LocalCatalog
from alur.runtime.tables.pyiceberg_expiry import expire, history_of
from alur.runtime.tables.pyiceberg_folder import TableFolder
from tests.integration.test_many_commits import CONTRACTS, opened, versions, write

AT_ONCE = timedelta(0)
LAST_TWO = Retention(AT_ONCE, 2, every=AT_ONCE)
NAME = "silver.sale"
HOUR = timedelta(hours=1)


@pytest.fixture
def sales(project):
    return project.declare(CONTRACTS, "")


def on_disk(project):
    folder = project.root / ".alur/warehouse/silver/sale"
    return {str(path) for path in folder.rglob("*") if path.is_file()}


def in_use(table):
    """Return the files that the snapshots of a table need, and its metadata files."""
    found = {table.metadata_location, *(e.metadata_file for e in table.metadata.metadata_log)}
    for snapshot in table.metadata.snapshots:
        found.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            found.add(manifest.manifest_path)
            entries = manifest.fetch_manifest_entry(table.io, discard_deleted=True)
            found.update(entry.data_file.file_path for entry in entries)
    return found


def commits(project, number, mode="append", retention=None):
    """Write one row in each of some commits; return the rows after each."""
    states, rows = [], []
    for n in range(number):
        new = [(n, "abc"[n % 3])]
        write(project.root, project.contract(NAME), mode, new, retention)
        kept = {
            "append": rows,
            "overwrite": [],
            "overwrite_partitions": [row for row in rows if row[1] != new[0][1]],
        }
        rows = sorted(kept[mode] + new)
        states.append(rows)
    return states


def replaced(table, number):
    """Return when the snapshot of a commit was replaced by the next one."""
    return datetime.fromtimestamp(table.metadata.snapshot_log[number + 1].timestamp_ms / 1000, UTC)


@pytest.mark.parametrize("mode", ["append", "overwrite", "overwrite_partitions"])
def test_files_of_expired_snapshots_go(sales, mode):
    states = commits(sales, 25, mode, LAST_TWO)
    table = opened(sales, NAME)
    assert versions(table) == states[-2:]
    assert on_disk(sales) == in_use(table)


def test_an_expiry_is_due_a_day_after_the_first_snapshot_could_go(sales):
    commits(sales, 4)
    metadata = opened(sales, NAME).metadata
    ids = [entry.snapshot_id for entry in metadata.snapshots]
    history, retention = history_of(metadata), Retention(HOUR)
    first, last = (replaced(opened(sales, NAME), n) for n in (0, 2))
    due = first + HOUR + timedelta(days=1)
    assert history.expired(retention, due) == set()
    after = max(due, last + HOUR) + timedelta(milliseconds=1)
    assert history.expired(retention, after + timedelta(days=1)) == set(ids[:3])
    assert history.expired(Retention(HOUR, 3), after + timedelta(days=1)) == {ids[0]}
    assert history.expired(Retention(HOUR, 4), after + timedelta(days=1)) == set()


def test_an_old_snapshot_stays_for_readers_that_opened_it_before_its_replacement(sales):
    """It was current for long: its own age is no reason to delete it at once."""
    commits(sales, 3, "overwrite")
    retention = Retention(HOUR, every=AT_ONCE)
    moment = timedelta(milliseconds=1)
    table = opened(sales, NAME)
    reader = table.scan(snapshot_id=table.metadata.snapshots[1].snapshot_id)
    expire(sales.table(NAME), retention, replaced(table, 1) + HOUR - moment)
    assert reader.to_arrow()["id"].to_pylist() == [1]
    expire(sales.table(NAME), retention, replaced(table, 1) + HOUR + moment)
    with pytest.raises(FileNotFoundError):
        reader.to_arrow()
    assert opened(sales, NAME).scan().to_arrow()["id"].to_pylist() == [2]
    assert on_disk(sales) == in_use(opened(sales, NAME))


def test_tags_and_branches_stay(sales):
    states = commits(sales, 5, "overwrite")
    table = opened(sales, NAME)
    ids = [entry.snapshot_id for entry in table.metadata.snapshots]
    table.manage_snapshots().create_tag(ids[1], "audit").create_branch(ids[2], "test").commit()
    write(sales.root, sales.contract(NAME), "overwrite", [(9, "z")], Retention(AT_ONCE, 1, AT_ONCE))
    table = opened(sales, NAME)
    assert versions(table) == [states[1], states[2], [(9, "z")]]
    assert on_disk(sales) == in_use(table)


def test_a_snapshot_that_became_current_again_stays(sales):
    states = commits(sales, 3, "overwrite")
    table = opened(sales, NAME)
    table.manage_snapshots().rollback_to_snapshot(table.metadata.snapshots[0].snapshot_id).commit()
    expire(sales.table(NAME), Retention(AT_ONCE, 1, AT_ONCE), datetime.now(UTC))
    assert versions(opened(sales, NAME)) == states[:1]


def test_a_snapshot_that_was_never_current_expires_by_its_commit(sales):
    """Such as an earlier one of a branch: its head alone is named."""
    states = commits(sales, 2, "overwrite")
    table = opened(sales, NAME)
    branch = {"branch": "test"}
    table.manage_snapshots().create_branch(table.current_snapshot().snapshot_id, "test").commit()
    rows = table.scan().to_arrow()
    table.append(rows, **branch)
    table.append(rows, **branch)
    head = table.metadata.refs["test"].snapshot_id
    assert len(table.metadata.snapshots) == 4
    expire(sales.table(NAME), Retention(HOUR), datetime.now(UTC) + HOUR + timedelta(days=1))
    table = opened(sales, NAME)
    assert {one.snapshot_id for one in table.metadata.snapshots} == {
        head,
        table.current_snapshot().snapshot_id,
    }
    assert versions(table) == [states[-1], states[-1] * 3]


def test_files_outside_the_table_stay(sales, tmp_path):
    commits(sales, 1)
    outside = tmp_path / "outside.parquet"
    ours = next((sales.root / ".alur/warehouse/silver/sale/data").rglob("*.parquet"))
    pq.write_table(pq.ParquetFile(ours).read(), outside)
    opened(sales, NAME).add_files([str(outside)])
    for n in (1, 2):
        write(
            sales.root,
            sales.contract(NAME),
            "overwrite",
            [(n, "a")],
            Retention(AT_ONCE, 1, AT_ONCE),
        )
    assert versions(opened(sales, NAME)) == [[(2, "a")]]
    assert outside.exists()


def test_a_damaged_old_snapshot_does_not_fail_a_run(sales):
    commits(sales, 3, "overwrite")
    table = opened(sales, NAME)
    damaged = Path(table.metadata.snapshots[0].manifests(table.io)[0].manifest_path)
    whole = damaged.read_bytes()
    for content in (None, b"", whole[: len(whole) // 2]):
        damaged.unlink() if content is None else damaged.write_bytes(content)
        before, notices = on_disk(sales), []
        write(sales.root, sales.contract(NAME), "overwrite", [(7, "a")], LAST_TWO, notices.append)
        assert notices[0].startswith("old snapshots of silver.sale stay: ")
        assert before < on_disk(sales)
        assert opened(sales, NAME).scan().to_arrow()["id"].to_pylist() == [7]
    damaged.write_bytes(whole)
    write(sales.root, sales.contract(NAME), "overwrite", [(8, "a")], LAST_TWO)
    assert versions(opened(sales, NAME)) == [[(7, "a")], [(8, "a")]]


def overwrite_and_die(root, contract, deletions):
    """Overwrite and expire; die before one of the deletions, or before the expiry is committed if there is no number."""
    left = iter(range(deletions or 0))
    delete, expiry = TableFolder.delete_file, pyiceberg_maintenance.expire

    def dying_delete(folder, path):
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        delete(folder, path)

    def dying_expiry(*args):
        # The metadata file of the expiry is on the disk, and the catalog does not name it yet.
        LocalCatalog._write_metadata = write_and_die
        expiry(*args)

    write_metadata = LocalCatalog._write_metadata

    def write_and_die(_, metadata, io, metadata_path):
        write_metadata(metadata, io, metadata_path)
        os.kill(os.getpid(), signal.SIGKILL)

    TableFolder.delete_file = dying_delete
    if deletions is None:
        pyiceberg_maintenance.expire = dying_expiry
    write(root, contract, "overwrite", [(99, "z")], Retention(AT_ONCE, 1, AT_ONCE))


@pytest.mark.parametrize("deletions", [None, 0, 1, 7])
def test_killed_within_an_expiry(sales, deletions):
    states = commits(sales, 3, "overwrite")
    context = multiprocessing.get_context("forkserver")
    arguments = sales.root, sales.contract(NAME), deletions
    child = context.Process(target=overwrite_and_die, args=arguments)
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    table = opened(sales, NAME)
    expected = [[(99, "z")]]
    assert versions(table) == (states + expected if deletions is None else expected)
    assert on_disk(sales) > in_use(table)
    write(sales.root, sales.contract(NAME), "append", [(100, "z")])
    table = opened(sales, NAME)
    assert versions(table)[-1] == [(99, "z"), (100, "z")]
    assert on_disk(sales) == in_use(table)


DAYS = {n: Retention(timedelta(days=n)) for n in (1, 7)}


@pytest.mark.parametrize(
    ("toml", "keywords", "sale", "total"),
    [
        ("", "", None, None),
        ('[defaults]\nkeep = "7 days"\n', "", DAYS[7], DAYS[7]),
        (
            '[env.local]\nkeep = "1 hour"\nkeep_snapshots = 3\n',
            "",
            Retention(HOUR, 3),
            Retention(HOUR, 3),
        ),
        ('[defaults]\nkeep = "7 days"\nsilver_keep = "1 day"\n', "", DAYS[1], DAYS[7]),
        ('[defaults]\ngold_keep = "7 days"\n', "", None, DAYS[7]),
        ('[defaults]\nsilver_keep = "1 day"\n', 'keep="7 days"', DAYS[7], None),
        ('[defaults]\nkeep = "7 days"\n', 'keep="forever"', None, DAYS[7]),
        ('[defaults]\nkeep = "7 days"\nsilver_keep = "forever"\n', "", None, DAYS[7]),
        (
            '[defaults]\nkeep = "1 hour"\nkeep_snapshots = 2\nsilver_keep_snapshots = 3\n',
            "",
            Retention(HOUR, 3),
            Retention(HOUR, 2),
        ),
        (
            '[defaults]\nkeep = "1 hour"\nsilver_keep_snapshots = 3\n',
            "keep_snapshots=4",
            Retention(HOUR, 4),
            Retention(HOUR),
        ),
    ],
)
def test_runs_follow_the_nearest_setting(project, toml, keywords, sale, total):
    """The contract's keyword is nearer than the setting of its layer, and that is nearer than the project's."""
    contracts = CONTRACTS.replace('partition_by="shop"', f'partition_by="shop", {keywords}')
    project.declare(contracts, "").write({"alur.toml": f'[project]\nname = "shop"\n{toml}'})
    loaded = project.load()
    found = Places.of(loaded).runtime(None, loaded).warehouse.retentions
    expected = {NAME: sale, "gold.total": total}
    assert found == {name: one for name, one in expected.items() if one}


def test_a_contract_keeps_less_than_its_project(sales):
    contracts = CONTRACTS.replace('partition_by="shop"', 'partition_by="shop", keep="1 hour"')
    sales.declare(contracts, "").write({"alur.toml": '[project]\nname = "shop"\n'})
    states = commits(sales, 3, "overwrite")
    retention = Places.of(sales.load()).retentions[NAME]
    due = datetime.now(UTC) + HOUR + timedelta(days=1)
    expire(sales.table(NAME), retention, due)
    assert versions(opened(sales, NAME)) == states[-1:]
