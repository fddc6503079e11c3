"""A pytest plugin for projects: their modules can be imported before the tests' engine is started.

pytest imports the modules when it collects the tests. Without an engine, ``@F.udf("string")`` would ask a JVM for its
type.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from alur.project.loading import functions_without_engine
from alur.project.settings import FILE_NAME


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Collect the tests with PySpark's functions replaced, as in :meth:`alur.project.project.Project.load`."""
    if not any(
        (Path(folder) / FILE_NAME).is_file() for folder in (session.config.rootpath, Path.cwd())
    ):
        return (yield)
    with functions_without_engine():
        return (yield)
