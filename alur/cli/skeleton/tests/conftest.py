"""What the tests share."""

import sys
from pathlib import Path

import pytest

from alur.testing import another_session, spark_session

sys.path.insert(0, str(Path(__file__).parents[1]))


@pytest.fixture(scope="session")
def engine():
    """The engine that pipelines run on; it starts in about a second."""
    with spark_session() as session:
        yield session


@pytest.fixture
def spark(engine):
    """A session for each test, whose settings and views reach no other."""
    with another_session(engine) as session:
        yield session
