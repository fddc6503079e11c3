"""Fixtures of the integration tests."""

from tests.gateway import account
from tests.glue_project import glue_session, jobs
from tests.spark_project import spark_jobs, spark_project

__all__ = ["account", "glue_session", "jobs", "spark_jobs", "spark_project"]
