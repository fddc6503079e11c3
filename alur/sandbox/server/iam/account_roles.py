"""Reads the roles of an account."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend

Policy = Mapping[str, Any]


class UnknownRole(Exception):
    """No role has the requested name."""


class AccountRoles:
    """The roles of an account.

    Args:
        iam: moto's account.
    """

    def __init__(self, iam: IAMBackend, account_id: str) -> None:
        self._iam = iam
        self.account_id = account_id

    def trust_policy(self, name: str) -> Policy:
        """Return the policy of who may assume a role.

        Raises:
            UnknownRole: no role has this name.
        """
        return _document(self._role(name).assume_role_policy_document)

    def policies(self, name: str) -> list[Policy]:
        """Return a role's own policies.

        Raises:
            UnknownRole: no role has this name.
        """
        return [_document(text) for text in self._role(name).policies.values()]

    def _role(self, name: str) -> Any:
        try:
            return self._iam.get_role(name)
        except NotFoundException:
            raise UnknownRole(name) from None


def _document(content: Any) -> Policy:
    """Return a policy that moto keeps parsed, as JSON, or as JSON in a URL's encoding."""
    if isinstance(content, dict):
        return content
    text = content if content.lstrip().startswith("{") else unquote(content)
    document: Policy = json.loads(text)
    return document
