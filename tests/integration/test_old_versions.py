"""The sandbox counts the versions of replaced and deleted objects."""

from __future__ import annotations

import boto3

from alur.aws_clients import Clients
from alur.naming import BUCKETS, Names
from alur.sandbox.proof.old_versions import OldVersions, old_versions

REGION = "us-east-1"


def test_bytes_by_prefix(moto):
    s3 = boto3.client("s3", region_name=REGION)
    for kind in BUCKETS:
        s3.create_bucket(Bucket=f"alur-shop-{kind}-sandbox")
        versioning = {"Status": "Enabled"}
        s3.put_bucket_versioning(
            Bucket=f"alur-shop-{kind}-sandbox", VersioningConfiguration=versioning
        )

    def put(kind, key, *sizes):
        for size in sizes:
            s3.put_object(Bucket=f"alur-shop-{kind}-sandbox", Key=key, Body=b"x" * size)

    # Of each key, the last is current.
    put("silver", "tables/clean/data/a", 5, 70, 1)
    put("silver", "tables/clean/metadata/b", 600, 1)
    put("silver", "tables/other/data/a", 1)
    put("bronze", "landing/a.csv", 9, 1)
    put("artifacts", "shop/sandbox/temp/load/x", 11)
    put("artifacts", "shop/sandbox/code/x", 1)
    # A deleted object has no current version, and its marker has no bytes.
    s3.delete_object(Bucket="alur-shop-artifacts-sandbox", Key="shop/sandbox/temp/load/x")
    assert old_versions(Clients(REGION), Names("shop", "sandbox")) == [
        OldVersions("alur-shop-bronze-sandbox", "landing/", 1, 9),
        OldVersions("alur-shop-silver-sandbox", "tables/clean/", 3, 675),
        OldVersions("alur-shop-artifacts-sandbox", "shop/sandbox/temp/", 1, 11),
    ]
