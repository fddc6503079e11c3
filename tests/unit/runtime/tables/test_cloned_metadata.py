"""The metadata of tables that share files: the origin keeps the snapshot, and the clone deletes nothing."""

from datetime import UTC, datetime, timedelta

from alur.contracts.retention import Retention
from alur.runtime.tables.cloned_metadata import cloned, cloned_at_present
from alur.runtime.tables.metadata_file import with_tag
from alur.runtime.tables.snapshot_history import SnapshotHistory

AT_ONCE = Retention(timedelta(0), 1, every=timedelta(0))
NOW = datetime(2026, 1, 2, tzinfo=UTC)
METADATA = {
    "table-uuid": "1",
    "location": "s3://bucket/tables/orders",
    "last-updated-ms": 3000,
    "current-snapshot-id": 2,
    "snapshots": [
        {"snapshot-id": 1, "timestamp-ms": 1000},
        {"snapshot-id": 2, "timestamp-ms": 2000},
    ],
    "snapshot-log": [
        {"snapshot-id": 1, "timestamp-ms": 1000},
        {"snapshot-id": 2, "timestamp-ms": 2000},
    ],
    "metadata-log": [{"timestamp-ms": 1000, "metadata-file": "s3://bucket/0.json"}],
    "refs": {"main": {"snapshot-id": 2, "type": "branch"}},
    "statistics": [{"snapshot-id": 1}],
    "properties": {"write.data.path": "s3://bucket/tables/orders/data", "owner": "ana"},
}
WRITTEN_AGAIN = {
    "current-snapshot-id": 3,
    "snapshots": [*METADATA["snapshots"], {"snapshot-id": 3, "timestamp-ms": 3000}],
    "snapshot-log": [*METADATA["snapshot-log"], {"snapshot-id": 3, "timestamp-ms": 3000}],
}


def expired(metadata):
    return SnapshotHistory.parse(metadata).expired(AT_ONCE, NOW)


def after_a_commit(metadata):
    refs = metadata["refs"] | {"main": {"snapshot-id": 3, "type": "branch"}}
    return metadata | WRITTEN_AGAIN | {"refs": refs}


def test_a_tagged_snapshot_does_not_expire_until_its_tag_is_removed():
    tagged = after_a_commit(with_tag(METADATA, "s3://bucket/1.json", "alur_env_x", 2))
    assert expired(after_a_commit(METADATA)) == {1, 2}
    assert expired(tagged) == {1}
    assert expired(with_tag(tagged, "s3://bucket/2.json", "alur_env_x", None)) == {1, 2}


def test_a_clone_begins_with_the_current_snapshot_and_deletes_no_file():
    clone = cloned_at_present(METADATA, "s3://bucket/environments/x/orders")
    assert clone["location"] == "s3://bucket/environments/x/orders"
    assert clone["table-uuid"] != "1"
    assert clone["snapshots"] == [{"snapshot-id": 2, "timestamp-ms": 2000}]
    assert clone["snapshot-log"] == [{"snapshot-id": 2, "timestamp-ms": 2000}]
    assert clone["refs"] == {"main": {"snapshot-id": 2, "type": "branch"}}
    assert (clone["metadata-log"], clone.get("statistics")) == ([], None)
    # Files of the clone go to its own location, whatever the other table's properties say.
    assert clone["properties"] == {
        "owner": "ana",
        "alur.cloned-snapshot": "2",
        "gc.enabled": "false",
    }


def test_on_this_machine_a_clone_has_all_snapshots():
    clone = cloned(METADATA, "/shop/orders")
    assert clone["snapshots"] == METADATA["snapshots"]
    assert clone["properties"] == {"owner": "ana", "alur.cloned-snapshot": "2"}
    never_written = METADATA | {"current-snapshot-id": None, "snapshots": []}
    assert cloned(never_written, "/x")["properties"]["alur.cloned-snapshot"] == "-1"
