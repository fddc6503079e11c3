"""What of an Iceberg table's metadata a contract cannot hold."""

import pytest

from alur.exchange.iceberg_import import iceberg_contract

METADATA = {
    "format-version": 2,
    "schemas": [
        {"schema-id": 0, "fields": []},
        {"schema-id": 1, "fields": [{"id": 1, "name": "n", "type": "long", "required": True}]},
    ],
    "current-schema-id": 1,
    "partition-specs": [{"spec-id": 0, "fields": []}],
    "default-spec-id": 0,
}


def losses(**changed):
    found = iceberg_contract(METADATA | changed, "visits", "silver")
    return [(str(loss), loss.of_rows) for loss in found.losses]


def spec(transform, source=1):
    fields = [{"source-id": source, "name": "p", "transform": transform}]
    return {"partition-specs": [{"spec-id": 0, "fields": fields}]}


def test_a_plain_table_loses_nothing():
    assert losses() == []
    assert losses(properties={"owner": "x", "write.metadata.previous-versions-max": "9"}) == []
    assert losses(**spec("void")) == []


@pytest.mark.parametrize(
    ("changed", "loss"),
    [
        ({"format-version": 3}, "visits: version 3 of Iceberg's format"),
        (
            {"properties": {"write.merge.mode": "merge-on-read"}},
            "visits: the property write.merge.mode: merge-on-read",
        ),
        (
            {"properties": {"write.metadata.path": "s3://x/"}},
            "visits: the property write.metadata.path: s3://x/",
        ),
        (
            {
                "current-snapshot-id": 7,
                "snapshots": [{"snapshot-id": 7, "summary": {"total-delete-files": "2"}}],
            },
            "visits: its delete files; compact the table first",
        ),
        (spec("zorder"), "visits: the partitioning by zorder of n"),
        (spec("day", source=9), "visits: the partitioning by day of a nested field"),
    ],
)
def test_what_rows_need_is_marked(changed, loss):
    assert losses(**changed) == [(loss, True)]


def test_other_things_are_listed():
    order = {"default-sort-order-id": 1, "sort-orders": [{"order-id": 1, "fields": [{}]}]}
    assert losses(**order) == [("visits: its sort order", False)]
    assert losses(properties={"a": "b"}) == [("visits: the property a: b", False)]
