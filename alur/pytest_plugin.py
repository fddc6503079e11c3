"""For pytest in a project: lets its modules be imported before the tests' engine is open.

A module is imported when pytest collects the tests. There, ``@F.udf("string")`` would ask a JVM for its type.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from alur.project.loading import functions_without_engine
from alur.project.settings import FILE_NAME


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Collect with PySpark's functions made as :meth:`alur.project.project.Project.load` has them made."""
    if not any(
        (Path(folder) / FILE_NAME).is_file() for folder in (session.config.rootpath, Path.cwd())
    ):
        return (yield)
    with functions_without_engine():
        return (yield)
