"""Fixtures of the integration tests."""

from tests.gateway import account
from tests.glue_project import glue_session, jobs

__all__ = ["account", "glue_session", "jobs"]
