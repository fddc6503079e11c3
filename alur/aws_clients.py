"""boto3's clients, and the one border where what AWS reports becomes an AlurError."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

from alur.errors import AlurError, AwsError, EngineError, RunError, SandboxError

SANDBOX_VARIABLE = "ALUR_SANDBOX_ADDRESS"
"""Set where an emulated AWS stands for AWS: that it cannot be reached has another remedy."""

_ATTEMPTS = 8
"""How often a call is made where AWS is busy, with a growing, random pause between: half a minute in all."""


@dataclass(frozen=True, slots=True)
class _Remedies:
    """What whoever reads an error can do about it.

    Attributes:
        by_pattern: by a pattern of AWS's code and message.
        otherwise: what else helps.
    """

    by_pattern: Mapping[str, str]
    otherwise: str

    def of(self, text: str) -> str:
        remedies = (
            remedy for pattern, remedy in self.by_pattern.items() if re.search(pattern, text)
        )
        return next(remedies, self.otherwise)


_AT_A_TERMINAL = _Remedies(
    {
        r"ExpiredToken|RequestExpired|token.* expired|SSOTokenLoadError": (
            "get new credentials, for example with aws sso login"
        ),
        # Some minutes off, and AWS refuses all (https://aws.amazon.com/blogs/developer/clock-skew-correction/).
        r"Signature (expired|not yet current)|RequestTimeTooSkewed": (
            "correct this machine's clock"
        ),
        # Regions opened after March 2019 reject accounts that have not enabled them
        # (https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html).
        r"InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|InvalidSignature|SignatureDoesNotMatch|AuthFailure": (
            "AWS does not accept these credentials: set AWS_PROFILE to those of the right account, "
            "and check that this account has enabled the region"
        ),
        r"AccessDenied|Unauthorized|not authorized|Forbidden": (
            "grant these credentials what the message names"
        ),
        r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown": (
            "AWS is busy: wait a little, and run the command again"
        ),
    },
    "correct what the message reports, and run the command again",
)
_IN_A_JOB = _Remedies(
    {
        "^(AccessDenied|AccessDeniedException|403): ": (
            "grant the job's role what it needs: alur deploy"
        ),
        "^NoSuchBucket: ": "create it: alur deploy",
        "^NoSuchKey: ": "run the pipeline again: the file was removed meanwhile",
        "^InvalidObjectState: ": "restore the object from its archive",
    },
    "run the pipeline again; if it fails again, correct what the message reports",
)

_SETTINGS = "correct ~/.aws/config, or the variables whose names begin with AWS_"
_CREDENTIALS = "provide credentials: set AWS_PROFILE, or run aws configure or aws sso login"
_LOCAL_REMEDIES = {
    "NoCredentialsError": _CREDENTIALS,
    "PartialCredentialsError": _CREDENTIALS,
    "ProfileNotFound": "set AWS_PROFILE to a profile that aws configure list-profiles shows",
    "SSOTokenLoadError": "run aws sso login",
    "UnauthorizedSSOTokenError": "run aws sso login",
    "TokenRetrievalError": "run aws sso login",
}


class Clients:
    """The boto3 clients of a region, each made when it is first asked for.

    Credentials, profile and endpoints are those that AWS's own tools would find.
    """

    def __init__(self, region: str) -> None:
        self.region = region
        self._clients: dict[str, Any] = {}
        # boto3 makes one client at a time (https://docs.aws.amazon.com/boto3/latest/guide/clients.html).
        self._lock = Lock()

    def __reduce__(self) -> tuple[type[Clients], tuple[str]]:
        """Return how another process makes its own clients."""
        return Clients, (self.region,)

    def __call__(self, service: str) -> Any:
        """Return the client of a service by its name, such as ``glue``.

        Raises:
            AwsError: boto3 is not installed, the profile does not exist, or a variable of AWS's holds nonsense.
        """
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._client(service)
            return self._clients[service]

    def s3_properties(self) -> dict[str, str]:
        """Return how PyIceberg reaches the same S3 (https://py.iceberg.apache.org/configuration/#s3).

        Raises:
            AwsError: there are no credentials.
        """
        endpoint: str = self("s3").meta.endpoint_url
        properties = {"s3.region": self.region, "s3.endpoint": endpoint}
        with aws_errors("there are no credentials for S3"):
            credentials = self._session.get_credentials()
            if credentials is not None:
                keys = credentials.get_frozen_credentials()
                properties["s3.access-key-id"] = keys.access_key
                properties["s3.secret-access-key"] = keys.secret_key
                properties |= {"s3.session-token": keys.token} if keys.token else {}
        return properties

    def _client(self, service: str) -> Any:
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        # In standard mode boto3 tries thrice; a run of an hour is worth more.
        retries: Any = {"mode": "standard"}
        if "AWS_MAX_ATTEMPTS" not in os.environ:
            retries["total_max_attempts"] = _ATTEMPTS
        config = Config(retries=retries, connect_timeout=10, read_timeout=60)
        try:
            return self._session.client(service, region_name=self.region, config=config)
        except BotoCoreError:
            raise
        except ValueError as error:
            # Such as an address without http://, or a number of attempts that is not a number.
            raise AwsError(f"AWS's settings are wrong: {error}", remedy=_SETTINGS) from error

    @cached_property
    def _session(self) -> Any:
        try:
            import boto3
        except ImportError:
            raise AwsError(
                "boto3, the client of AWS, is not installed", remedy="pip install 'alur[aws]'"
            ) from None
        from botocore.exceptions import BotoCoreError

        try:
            return boto3.Session()
        except BotoCoreError as error:
            raise _of_botocore(error, "AWS") from error


def environment_region() -> str | None:
    """Return the region that the environment or the profile names; None if neither does."""
    import boto3

    region: str | None = boto3.Session().region_name
    return region


@contextmanager
def aws_errors(doing: str) -> Iterator[None]:
    """Convert what AWS, or the way to it, reports to a command into an AlurError.

    Args:
        doing: the beginning of the message, such as ``"the job cannot be started"``.

    Raises:
        AwsError: with what AWS reported, and what to do about it.
        SandboxError: the emulated AWS has ended.
    """
    from botocore.exceptions import BotoCoreError
    from botocore.parsers import ResponseParserError

    try:
        with _client_errors(doing, AwsError, _AT_A_TERMINAL):
            yield
    except BotoCoreError as error:
        raise _of_botocore(error, doing) from error
    except ResponseParserError as error:
        raise AwsError(
            f"{doing}: the response is not from AWS",
            remedy="check AWS_ENDPOINT_URL, and whether a proxy or a login page intercepts the connection",
        ) from error


@contextmanager
def job_aws_errors(doing: str, kind: type[RunError] = EngineError) -> Iterator[None]:
    """Convert what AWS, or the way to it, reports to a job into an AlurError.

    Args:
        doing: the beginning of the message, such as ``"landing files cannot be listed"``.
    """
    from botocore.exceptions import BotoCoreError

    try:
        with _client_errors(doing, kind, _IN_A_JOB):
            yield
    except BotoCoreError as error:
        remedy = "check that the job can reach AWS, then run the pipeline again"
        raise kind(f"{doing}: {error}", remedy=remedy) from error


@contextmanager
def _client_errors(doing: str, kind: type[AlurError], remedies: _Remedies) -> Iterator[None]:
    """Convert AWS's refusals."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        code = error.response["Error"].get("Code", "")
        text = f"{code}: {error.response['Error'].get('Message') or code}"
        raise kind(f"{doing}: {text}", remedy=remedies.of(text)) from error


def _of_botocore(error: Exception, doing: str) -> AlurError:
    """Return what went wrong on the way to AWS, as an error with a remedy."""
    from botocore.exceptions import ConnectionError, HTTPClientError

    remedy = _LOCAL_REMEDIES.get(type(error).__name__, _SETTINGS)
    if isinstance(error, (ConnectionError, HTTPClientError)):
        if os.environ.get("AWS_ENDPOINT_URL") and SANDBOX_VARIABLE in os.environ:
            return SandboxError(
                f"{doing}: the sandbox no longer responds",
                remedy="bring it up again, and deploy to it: alur sandbox up",
            )
        remedy = "check that this machine can reach AWS, and that aws_region in alur.toml exists"
    return AwsError(f"{doing}: {error}", remedy=remedy)
