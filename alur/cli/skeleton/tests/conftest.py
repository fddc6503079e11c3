"""Fixtures for all tests."""

import sys
from pathlib import Path

import pytest

from alur.testing import another_session, spark_session

sys.path.insert(0, str(Path(__file__).parents[1]))


@pytest.fixture(scope="session")
def engine():
    """Start the engine of the pipelines, in about a second."""
    with spark_session() as session:
        yield session


@pytest.fixture
def spark(engine):
    """Yield a session for each test, with settings and views of its own."""
    with another_session(engine) as session:
        yield session
