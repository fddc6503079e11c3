"""Whose credentials these are."""

from __future__ import annotations

from dataclasses import dataclass

from alur.aws.session import Clients, aws_errors
from alur.errors import AwsError


@dataclass(frozen=True, slots=True)
class Caller:
    """Who AWS takes this process for.

    Attributes:
        account_id: twelve digits.
    """

    account_id: str
    arn: str


def caller(clients: Clients) -> Caller:
    """Asks AWS who this is.

    Raises:
        AwsError: there are no credentials, or AWS does not accept them.
    """
    with aws_errors("AWS does not say whose credentials these are"):
        found = clients("sts").get_caller_identity()
    return Caller(found["Account"], found["Arn"])


def check_account(found: Caller, expected: str | None, environment: str) -> None:
    """Refuses an account other than the one that alur.toml names.

    Raises:
        AwsError: it is another.
    """
    if expected is not None and found.account_id != expected:
        raise AwsError(
            f"these credentials are of the account {found.account_id}; "
            f"the environment {environment!r} is in {expected}",
            remedy="use that account's credentials, or correct account_id in alur.toml",
        )
