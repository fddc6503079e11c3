"""The region and the account that the server emulates."""

from __future__ import annotations

from typing import NamedTuple


class AccountRegion(NamedTuple):
    """A region of an account."""

    region: str
    account_id: str
