"""Lists and empties buckets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from alur.aws_clients import Clients, aws_errors
from alur.errors import AwsError
from alur.text import counted

_BATCH = 1_000
"""The most objects S3 deletes in one call
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html)."""


def holds_anything(clients: Clients, bucket: str) -> bool:
    """Return whether a bucket has current objects; False for a missing bucket.

    Raises:
        AwsError: the bucket cannot be listed.
    """
    with aws_errors(f"the bucket {bucket} cannot be listed"):
        if not exists(clients, bucket):
            return False
        page = clients("s3").list_objects_v2(Bucket=bucket, MaxKeys=1)
    return bool(page.get("KeyCount"))


def exists(clients: Clients, bucket: str) -> bool:
    """Return whether a bucket exists.

    Raises:
        ClientError: the credentials may not use it.
    """
    from botocore.exceptions import ClientError

    try:
        clients("s3").head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
            return False
        raise
    return True


def latest_first(clients: Clients, bucket: str, prefix: str) -> list[str]:
    """Return the keys below a prefix, the latest first.

    Raises:
        AwsError: the bucket cannot be listed, or does not exist.
    """
    with aws_errors(f"the bucket {bucket} cannot be listed"):
        pages = (
            clients("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        )
        objects = [
            (entry["LastModified"], entry["Key"]) for p in pages for entry in p.get("Contents", ())
        ]
    return [key for _, key in sorted(objects, reverse=True)]


def empty(clients: Clients, bucket: str, progress: Callable[[int], None]) -> int:
    """Delete all versions of all objects, and abort incomplete uploads.

    Args:
        progress: receives the number of versions deleted so far, after each batch.

    Returns:
        How many versions and delete markers were deleted.

    Raises:
        AwsError: some could not be deleted; with their number and the first of them. The others are gone.
    """
    deleted = 0
    refused: list[dict[str, str]] = []
    with aws_errors(f"the bucket {bucket} cannot be emptied"):
        if not exists(clients, bucket):
            return 0
        s3 = clients("s3")
        for batch in _batches(s3, bucket, refused):
            request = {"Objects": batch, "Quiet": True}
            errors = s3.delete_objects(Bucket=bucket, Delete=request).get("Errors", [])
            refused += errors
            deleted += len(batch) - len(errors)
            progress(deleted)
        _abort_uploads(s3, bucket)
    if refused:
        first = refused[0]
        raise AwsError(
            f"{counted(len(refused), 'version')} in {bucket} cannot be deleted, the first being of "
            f"{first.get('Key')}: {first.get('Code')}: {first.get('Message')}",
            remedy="check the bucket's policy and object locks, then run the command again",
        )
    return deleted


def _batches(
    s3: Any, bucket: str, refused: Sequence[dict[str, str]]
) -> Iterator[list[dict[str, str]]]:
    """Yield versions and delete markers in batches; delete each batch before asking for the next.

    Each batch is listed afresh, after the deletion of the last; only versions that S3 refused to delete are skipped.
    """
    after: dict[str, str] = {}
    while True:
        page = s3.list_object_versions(Bucket=bucket, MaxKeys=_BATCH, **after)
        items = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if not items:
            return
        before = len(refused)
        yield [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in items]
        if len(refused) > before:
            stayed = {"KeyMarker": max(item["Key"] for item in refused)}
            if stayed == after:
                return
            after = stayed


def _abort_uploads(s3: Any, bucket: str) -> None:
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket)
    for page in pages:
        for upload in page.get("Uploads", ()):
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
