"""The outcomes of jobs that only maintained their tables: each in an object of the job's temporary location."""

from __future__ import annotations

from alur.aws_clients import Clients, aws_errors
from alur.runtime.s3_location import S3Location
from alur.runtime.tables.maintained import Maintained


def place_of_result(temporary: S3Location, run_id: str) -> tuple[str, str]:
    """Return the bucket and the key of a run's outcome.

    >>> place_of_result(S3Location("bucket", "temp/"), "jr_1")
    ('bucket', 'temp/maintained/jr_1.json')
    """
    return temporary.bucket, f"{temporary.below('maintained').prefix}{run_id}.json"


def read_result(clients: Clients, temporary: S3Location, run_id: str) -> Maintained:
    """Return the outcome of a run that has succeeded.

    Raises:
        AwsError: it cannot be read.
    """
    bucket, key = place_of_result(temporary, run_id)
    with aws_errors(f"the outcome s3://{bucket}/{key} cannot be read"):
        content: bytes = clients("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return Maintained.parse(content)
