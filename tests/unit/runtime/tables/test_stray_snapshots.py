"""Snapshots that nothing refers to: those of Alur's killed runs go, and all others stay."""

from datetime import UTC, datetime, timedelta

from alur.runtime.tables.state import TableState
from alur.runtime.tables.stray_snapshots import stray_snapshots

NOW = datetime(2026, 5, 1, tzinfo=UTC)
RUN = {"alur.run-id": "jr_1", "alur.pipeline": "load", "alur.code-version": "84c1"}


def state(snapshots, log, refs):
    """Return a table's state; a snapshot is its id, its parent and its age in hours, and perhaps a summary."""
    entries = []
    for id, parent, hours, *summary in snapshots:
        at = NOW - timedelta(hours=hours)
        entry = {"snapshot-id": id, "timestamp-ms": int(at.timestamp() * 1000)}
        entry["summary"] = {"operation": "append", **(summary[0] if summary else RUN)}
        entries.append(entry | ({} if parent is None else {"parent-snapshot-id": parent}))
    times = {entry["snapshot-id"]: entry["timestamp-ms"] for entry in entries}
    return TableState.parse_metadata(
        {
            "location": "s3://b/t",
            "schemas": [{"schema-id": 0, "fields": []}],
            "current-schema-id": 0,
            "partition-specs": [{"spec-id": 0, "fields": []}],
            "default-spec-id": 0,
            "current-snapshot-id": refs["main"],
            "snapshots": entries,
            "snapshot-log": [{"snapshot-id": id, "timestamp-ms": times[id]} for id in log],
            "refs": {
                name: {"snapshot-id": id, "type": "tag" if name == "tag" else "branch"}
                for name, id in refs.items()
            },
        }
    )


def strays(*given):
    return stray_snapshots(state(*given), NOW - timedelta(hours=24))


def test_what_a_killed_run_has_left_goes_once_it_is_old():
    snapshots = [(1, None, 60), (2, 1, 50), (3, 2, 40), (4, 1, 23), (5, 1, 22)]
    # 2 was never current, and 3 builds on it.
    assert strays(snapshots, [1, 5], {"main": 5}) == {2, 3}


def test_what_has_a_name_stays_with_all_before_it():
    snapshots = [(1, None, 60), (2, 1, 50), (3, 2, 40), (4, 1, 30), (5, 1, 22)]
    assert strays(snapshots, [1, 5], {"main": 5, "tag": 3}) == {4}


def test_what_another_tool_has_staged_stays():
    snapshots = [(1, None, 60), (2, 1, 50, {"wap.id": "a"}), (3, 1, 22)]
    assert strays(snapshots, [1, 3], {"main": 3}) == set()


def test_the_history_of_a_replaced_table_stays():
    """Iceberg empties the log when a table is replaced."""
    snapshots = [(1, None, 60), (2, 1, 50), (3, None, 40), (4, 3, 30)]
    assert strays(snapshots, [3, 4], {"main": 4}) == set()


def test_a_rollback_leaves_what_it_has_rolled_back():
    snapshots = [(1, None, 60), (2, 1, 50)]
    assert strays(snapshots, [1, 2, 1], {"main": 1}) == set()
