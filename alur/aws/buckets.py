"""What buckets hold, and emptying them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alur.aws.session import Clients, aws_errors
from alur.errors import AwsError

_BATCH = 1_000
"""S3 deletes at most so many objects in one call
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html)."""


def holds_anything(clients: Clients, bucket: str, prefix: str = "") -> bool:
    """Whether a bucket has objects now; one that does not exist has none.

    Raises:
        AwsError: AWS does not say.
    """
    with aws_errors(f"the bucket {bucket} cannot be listed"):
        if not exists(clients, bucket):
            return False
        found = clients("s3").list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
    return bool(found.get("KeyCount"))


def exists(clients: Clients, bucket: str) -> bool:
    """Whether a bucket is there, and these credentials may use it."""
    from botocore.exceptions import ClientError

    try:
        clients("s3").head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
            return False
        raise
    return True


def empty(clients: Clients, bucket: str, progress: Callable[[int], None], prefix: str = "") -> int:
    """Deletes all versions of all objects, and aborts uploads that were never completed.

    Args:
        progress: told how many versions are deleted so far, after each batch.

    Returns:
        How many versions and delete markers were deleted.

    Raises:
        AwsError: some could not be deleted; they are named. The others are gone.
    """
    deleted = 0
    with aws_errors(f"the bucket {bucket} cannot be emptied"):
        if not exists(clients, bucket):
            return 0
        s3 = clients("s3")
        while batch := _first_versions(s3, bucket, prefix):
            request = {"Objects": batch, "Quiet": True}
            refused = s3.delete_objects(Bucket=bucket, Delete=request).get("Errors", [])
            if refused:
                first = refused[0]
                raise AwsError(
                    f"{len(refused)} objects in {bucket} cannot be deleted, the first being "
                    f"{first.get('Key')}: {first.get('Code')}: {first.get('Message')}",
                    remedy="see the bucket's policy and object locks, then run the command again",
                )
            deleted += len(batch)
            progress(deleted)
        _abort_uploads(s3, bucket, prefix)
    return deleted


def _first_versions(s3: Any, bucket: str, prefix: str) -> list[dict[str, str]]:
    """The first versions and delete markers that are still there: a listing is not to be gone on with while it shrinks."""
    page = s3.list_object_versions(Bucket=bucket, Prefix=prefix, MaxKeys=_BATCH)
    return [
        {"Key": item["Key"], "VersionId": item["VersionId"]}
        for item in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
    ]


def _abort_uploads(s3: Any, bucket: str, prefix: str) -> None:
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for upload in page.get("Uploads", ()):
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
