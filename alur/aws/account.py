"""Checks the account of the credentials."""

from __future__ import annotations

from alur.aws_clients import Clients, aws_errors
from alur.errors import AwsError


def account_of(clients: Clients) -> str:
    """Return the credentials' account, of twelve digits.

    Raises:
        AwsError: there are no credentials, or AWS rejects them.
    """
    with aws_errors("the account of these credentials cannot be read"):
        account: str = clients("sts").get_caller_identity()["Account"]
    return account


def check_account(account: str, expected: str | None, environment: str) -> None:
    """Refuse an account other than the one in alur.toml.

    Raises:
        AwsError: the accounts differ.
    """
    if expected is not None and account != expected:
        raise AwsError(
            f"these credentials belong to the account {account}; "
            f"the environment {environment!r} is in {expected}",
            remedy="use that account's credentials, or correct account_id in alur.toml",
        )
