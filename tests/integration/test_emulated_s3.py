"""The emulated S3's answers for missing keys, with and without permission to list the bucket."""

from __future__ import annotations

from io import BytesIO

import pytest
from botocore.exceptions import ClientError

from alur.sandbox.client.run_requests import read_run_requests
from alur.sandbox.protocol import S3Requests

BUCKET = "lake"
ARN = f"arn:aws:s3:::{BUCKET}"
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{ARN}/*"}


def listing(*prefixes):
    condition = {"StringLike": {"s3:prefix": list(prefixes)}}
    return {
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": ARN,
        "Condition": condition,
    }


@pytest.fixture
def lake(account):
    s3 = account.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="tables/t/a", Body=b"there")
    return account


def outcome(s3, operation, key, bucket=BUCKET):
    """Return the status and the error's code of a request for an object."""
    try:
        found = getattr(s3, operation)(Bucket=bucket, Key=key)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return status, error.response["Error"]["Code"]
    return found["ResponseMetadata"]["HTTPStatusCode"], ""


# HEAD has no body, and so only HTTP's status code.
@pytest.mark.parametrize(
    ("operation", "missing", "forbidden"),
    [
        ("get_object", (404, "NoSuchKey"), (403, "AccessDenied")),
        ("head_object", (404, "404"), (403, "403")),
    ],
)
def test_only_who_may_list_a_prefix_learns_what_is_missing_there(
    lake, operation, missing, forbidden
):
    s3 = lake.client("s3", lake.run_of("reader", READ, listing("tables/*", "temp")))
    assert outcome(s3, operation, "tables/t/a") == (200, "")
    assert outcome(s3, operation, "tables/t/b") == missing
    assert outcome(s3, operation, "temp") == missing
    # The condition is on the whole key.
    assert outcome(s3, operation, "temp/x") == forbidden
    assert outcome(s3, operation, "other") == forbidden
    assert lake.refusals == [
        "User: arn:aws:sts::123456789012:assumed-role/reader/GlueJobRunnerSession is not authorized to "
        f"perform: s3:ListBucket on resource: {ARN}"
    ] * len(lake.refusals)
    assert len(lake.refusals) == 2
    # The connection still serves requests after a refusal.
    assert outcome(s3, operation, "tables/t/a") == (200, "")


def test_who_may_not_list_at_all(lake):
    s3 = lake.client("s3", lake.run_of("reader", READ))
    assert outcome(s3, "get_object", "tables/t/a") == (200, "")
    assert outcome(s3, "get_object", "tables/t/b") == (403, "AccessDenied")


def test_a_deleted_object_is_missing(lake):
    lake.client("s3").put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}
    )
    lake.client("s3").delete_object(Bucket=BUCKET, Key="tables/t/a")
    s3 = lake.client("s3", lake.run_of("reader", READ))
    assert outcome(s3, "head_object", "tables/t/a") == (403, "403")


def test_a_missing_bucket_is_no_secret(lake):
    anywhere = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    s3 = lake.client("s3", lake.run_of("reader", anywhere))
    assert outcome(s3, "get_object", "a", bucket="none") == (404, "NoSuchBucket")
    assert outcome(s3, "head_object", "a", bucket="none") == (404, "404")


def test_the_user_learns_everything(lake):
    assert outcome(lake.client("s3"), "get_object", "other") == (404, "NoSuchKey")


def test_requests_are_counted_by_run(lake):
    """A refused request moves no object, and the user's own are no run's."""
    write = {
        "Effect": "Allow",
        "Action": ["s3:PutObject", "s3:DeleteObject"],
        "Resource": f"{ARN}/*",
    }
    s3 = lake.client("s3", lake.run_of("writer", READ, write, listing("tables/*")))
    s3.get_object(Bucket=BUCKET, Key="tables/t/a")["Body"].read()
    s3.head_object(Bucket=BUCKET, Key="tables/t/a")
    s3.put_object(Bucket=BUCKET, Key="tables/t/b", Body=b"twelve bytes")
    s3.list_objects_v2(Bucket=BUCKET, Prefix="tables/")
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "tables/t/b"}, {"Key": "x"}]})
    reader = lake.client("s3", lake.run_of("reader", READ))
    assert outcome(reader, "put_object", "tables/t/a") == (403, "AccessDenied")
    lake.client("s3").put_object(Bucket=BUCKET, Key="tables/t/c", Body=b"mine")
    counted = S3Requests(2, 1, 1, 1, bytes_downloaded=5, bytes_uploaded=12)
    assert read_run_requests(lake.state) == {"jr_writer": counted}


def test_large_objects_are_counted_part_by_part(lake):
    write = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{ARN}/*"}
    s3 = lake.client("s3", lake.run_of("writer", READ, write))
    content = bytes(9 << 20)
    s3.upload_fileobj(BytesIO(content), BUCKET, "big")
    received = BytesIO()
    s3.download_fileobj(BUCKET, "big", received)
    counts = read_run_requests(lake.state)["jr_writer"]
    assert received.getvalue() == content
    assert len(content) <= counts.bytes_uploaded < len(content) + 1_000
    assert counts.bytes_downloaded == len(content)
    # The beginning, two parts, and the end of the upload.
    assert counts.put == 4
