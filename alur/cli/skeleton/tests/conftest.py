"""What the tests share."""

import sys
from pathlib import Path

import pytest

from alur.testing import spark_session

sys.path.insert(0, str(Path(__file__).parents[1]))


@pytest.fixture(scope="session")
def spark():
    """The Spark session that pipelines run on; it starts in about a second."""
    with spark_session() as session:
        yield session
