"""Concurrent commits to the emulated Glue catalog."""

from __future__ import annotations

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from pyiceberg.catalog.glue import GlueCatalog

from tests.gateway import KEY, REGION, Account

BUCKET = "lake"
ROWS = pa.schema([("n", pa.int64())])


@pytest.fixture
def glue(account):
    client = account.client("glue")
    client.create_database(DatabaseInput={"Name": "silver"})
    return client


@pytest.fixture
def table(glue):
    glue.create_table(DatabaseName="silver", TableInput={"Name": "orders", "Description": "1"})
    return lambda: glue.get_table(DatabaseName="silver", Name="orders")["Table"]


def update(glue, description, **more):
    described = {"Name": "orders", "Description": description}
    glue.update_table(DatabaseName="silver", TableInput=described, **more)


def test_a_version_that_is_no_longer_the_table_s_is_refused(glue, table):
    read = table()["VersionId"]
    update(glue, "2", VersionId=read)
    with pytest.raises(glue.exceptions.ConcurrentModificationException) as refused:
        update(glue, "3", VersionId=read)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert table()["Description"] == "2"
    update(glue, "3", VersionId=table()["VersionId"])
    assert table()["Description"] == "3"
    # Glue checks no version if the request names none.
    update(glue, "4")
    assert table()["Description"] == "4"


def test_a_table_that_is_missing(glue):
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        update(glue, "1", VersionId="1")


def test_versions_are_archived_unless_the_request_says_otherwise(glue, table):
    def archived():
        found = glue.get_table_versions(DatabaseName="silver", TableName="orders")
        return [one["Table"]["Description"] for one in found["TableVersions"]]

    update(glue, "2")
    assert archived() == ["1", "2"]
    before = table()["VersionId"]
    update(glue, "3", SkipArchive=True)
    assert archived() == ["1", "3"]
    assert table()["VersionId"] != before
    with pytest.raises(ClientError, match="ConcurrentModificationException"):
        update(glue, "4", SkipArchive=True, VersionId=before)


def account_at(address):
    """Return the account behind an address, without keys of runs."""
    return Account(address, roles=None, _sessions=None, stage=None)


class Committer:
    """An independent Iceberg client."""

    def __init__(self, account):
        settings = {
            "glue.endpoint": account.address,
            "glue.region": REGION,
            "glue.access-key-id": KEY,
            "glue.secret-access-key": "none",
            "s3.endpoint": account.address,
            "s3.region": REGION,
            "s3.access-key-id": KEY,
            "s3.secret-access-key": "none",
        }
        self.catalog = GlueCatalog("glue", **settings)
        self.refused = []
        events = self.catalog.glue.meta.events
        events.register("after-call.glue.UpdateTable", self._note)

    def _note(self, http_response, parsed, **_):
        if http_response.status_code != 200:
            self.refused.append(parsed["Error"]["Code"])

    def before_update(self, act):
        """Do something once after a commit has read the table's version, and before it replaces the table."""
        events = self.catalog.glue.meta.events

        def once(**_):
            events.unregister("before-call.glue.UpdateTable", once)
            act()

        events.register("before-call.glue.UpdateTable", once)

    def append(self, *numbers):
        rows = pa.Table.from_pylist([{"n": n} for n in numbers], schema=ROWS)
        self.catalog.load_table("silver.orders").append(rows)

    def overwrite(self, *numbers):
        rows = pa.Table.from_pylist([{"n": n} for n in numbers], schema=ROWS)
        self.catalog.load_table("silver.orders").overwrite(rows)

    def snapshots(self):
        """Return the rows of each snapshot, in the order of the commits."""
        table = self.catalog.load_table("silver.orders")
        return [table.scan(snapshot_id=s.snapshot_id).to_arrow() for s in table.snapshots()]

    def rows(self):
        return sorted(self.catalog.load_table("silver.orders").scan().to_arrow()["n"].to_pylist())


def test_two_committers_lose_nothing(account, glue):
    """Only Glue can refuse the second: its own check of the table's metadata succeeded."""
    account.client("s3").create_bucket(Bucket=BUCKET)
    one, other = Committer(account), Committer(account)
    one.catalog.create_table("silver.orders", ROWS, location=f"s3://{BUCKET}/tables/orders")
    one.append(1)
    one.before_update(lambda: other.append(20, 21))
    one.append(300)
    assert one.refused == ["ConcurrentModificationException"]
    assert other.refused == []
    assert one.rows() == other.rows() == [1, 20, 21, 300]
