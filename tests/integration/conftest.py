"""What the integration tests share."""

from tests.glue_project import glue_session, jobs

__all__ = ["glue_session", "jobs"]
