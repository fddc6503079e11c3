"""Buckets are emptied of everything they hold, and the rest is reported."""

from __future__ import annotations

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from alur.aws import buckets
from alur.aws_clients import Clients
from alur.errors import AwsError

BUCKET = "alur-shop-bronze-dev"


@pytest.fixture
def s3(moto):
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    return client


@pytest.fixture
def clients(moto):
    return Clients("us-east-1")


def left(s3):
    page = s3.list_object_versions(Bucket=BUCKET)
    return [item["Key"] for item in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))]


def put(*keys):
    # Thousands of requests would take half a minute.
    for key in keys:
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].put_object(BUCKET, key, b"1")


def test_all_versions_in_batches(s3, clients):
    keys = [f"tables/{n}.parquet" for n in range(600)]
    put(*keys, *keys)
    for key in keys[:50]:
        s3.delete_object(Bucket=BUCKET, Key=key)
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="half")["UploadId"]
    s3.upload_part(Bucket=BUCKET, Key="half", UploadId=upload, PartNumber=1, Body=b"1")
    counts = []
    assert buckets.empty(clients, BUCKET, counts.append) == 1250
    assert counts == [1000, 1250]
    assert left(s3) == []
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)
    s3.delete_bucket(Bucket=BUCKET)


def test_what_is_held_stays_and_all_else_goes(s3, clients):
    put(*(f"a{n:04}" for n in range(1200)))
    for key in ("a0003", "a1100"):
        s3.put_object_legal_hold(Bucket=BUCKET, Key=key, LegalHold={"Status": "ON"})
    with pytest.raises(AwsError, match=f"2 versions in {BUCKET} .* first being of a0003: Access"):
        buckets.empty(clients, BUCKET, lambda _: None)
    assert left(s3) == ["a0003", "a1100"]


def test_a_key_of_which_several_versions_are_held(s3, clients):
    put("a", "b", "b", "c")
    for version in s3.list_object_versions(Bucket=BUCKET, Prefix="b")["Versions"]:
        s3.put_object_legal_hold(
            Bucket=BUCKET, Key="b", VersionId=version["VersionId"], LegalHold={"Status": "ON"}
        )
    with pytest.raises(AwsError, match="cannot be deleted, the first being of b"):
        buckets.empty(clients, BUCKET, lambda _: None)
    assert left(s3) == ["b", "b"]


def test_a_bucket_that_holds_one_object(s3, clients):
    put("tables/1")
    assert buckets.holds_anything(clients, BUCKET)
    assert buckets.empty(clients, BUCKET, lambda _: None) == 1
    assert not buckets.holds_anything(clients, BUCKET)
    assert left(s3) == []


def test_a_bucket_that_holds_old_versions_alone(s3, clients):
    put("a")
    s3.delete_object(Bucket=BUCKET, Key="a")
    assert not buckets.holds_anything(clients, BUCKET)
    assert buckets.empty(clients, BUCKET, lambda _: None) == 2


def test_a_bucket_that_is_not_there(clients):
    assert not buckets.exists(clients, BUCKET)
    assert not buckets.holds_anything(clients, BUCKET)
    assert buckets.empty(clients, BUCKET, lambda _: None) == 0
