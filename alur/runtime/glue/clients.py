"""AWS's clients as a job uses them, and their exceptions as Alur's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from alur.errors import EngineError, RunError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_REGION_SETTING = "spark.hadoop.fs.s3a.endpoint.region"

_DENIED = "give the job's role what it needs: alur deploy"
_REMEDIES = {
    "AccessDenied": _DENIED,
    "AccessDeniedException": _DENIED,
    "403": _DENIED,
    "NoSuchBucket": "create it: alur deploy",
    "NoSuchKey": "run the pipeline again: the file was removed meanwhile",
    "InvalidObjectState": "restore the object from the archive that it is in",
}


def client(service: Literal["s3", "glue"], session: SparkSession) -> Any:
    """A client in the region of the job, whose requests are tried again where AWS is busy.

    Args:
        session: its settings name the region where the environment does not.

    Raises:
        EngineError: nothing names a region.
    """
    import boto3
    from botocore.config import Config

    # In standard mode boto3 tries thrice; a run of an hour is worth more.
    retries: Any = {"mode": "standard"}
    if "AWS_MAX_ATTEMPTS" not in os.environ:
        retries["total_max_attempts"] = 8
    with aws_errors(f"there is no client for {service}"):
        region = boto3.session.Session().region_name or session.conf.get(_REGION_SETTING, None)
        return boto3.client(service, region_name=region, config=Config(retries=retries))


@contextmanager
def aws_errors(doing: str, kind: type[RunError] = EngineError) -> Iterator[None]:
    """Turns what AWS or the way to it says into an error of Alur's.

    Args:
        doing: the beginning of the message, such as ``"landing files cannot be listed"``.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        said = error.response["Error"].get("Message") or code
        remedy = _REMEDIES.get(code, "run the pipeline again; if it stays, the message says why")
        raise kind(f"{doing}: {code}: {said}", remedy=remedy) from error
    except BotoCoreError as error:
        remedy = "see that the job reaches AWS, then run the pipeline again"
        raise kind(f"{doing}: {error}", remedy=remedy) from error
