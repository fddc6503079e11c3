"""A pytest plugin for projects: recorded tests run with the others, and modules can be imported without an engine.

pytest imports the modules when it collects the tests. Without an engine, ``@F.udf("string")`` would ask a JVM for its
type.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from alur.errors import AlurError
from alur.project.loading import functions_without_engine
from alur.project.settings import FILE_NAME

if TYPE_CHECKING:
    from alur.runtime.fixtures.replay import Replay

_REPLAYS = pytest.StashKey[dict[Path, "Replay"]]()
_RECORDED = ("tests", "fixtures", "expected.csv")
"""The folders and the name of a recorded test's file; the pipeline's folder is between them."""


_OF_PYSPARK = "ignore:distutils Version classes are deprecated:DeprecationWarning"
"""A filter for a warning that PySpark 3.5 gives hundreds of times, and that users can do nothing about."""


def pytest_configure(config: pytest.Config) -> None:
    """Leave out a warning of PySpark's."""
    config.addinivalue_line("filterwarnings", _OF_PYSPARK)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Collect the tests with PySpark's functions replaced, as in :meth:`alur.project.project.Project.load`."""
    folders = {session.config.rootpath, Path.cwd()}
    roots = [folder for folder in folders if (folder / FILE_NAME).is_file()]
    if not roots:
        return (yield)
    for root in roots:
        _restore_recordings(root)
    with functions_without_engine():
        return (yield)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the recorded tests of a project: its files ``tests/fixtures/<pipeline>/expected.csv``."""
    parts = file_path.parts
    if len(parts) < 5 or (parts[-4], parts[-3], parts[-1]) != _RECORDED:
        return None
    if parts[-2].startswith("."):
        # What a recording that was killed has left.
        return None
    if not (file_path.parents[3] / FILE_NAME).is_file():
        return None
    collector: pytest.Collector = _RecordedFile.from_parent(parent, path=file_path)
    return collector


class _RecordedFile(pytest.File):
    """The folder of one recorded test."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the test, by the pipeline's name."""
        yield _RecordedItem.from_parent(self, name=self.path.parent.name)


class _RecordedItem(pytest.Item):
    """The recorded test of one pipeline."""

    def runtest(self) -> None:
        """Run the pipeline on the recorded rows, and compare its rows with the expected ones."""
        from alur.runtime.fixtures.outcome import outcome_of
        from alur.runtime.fixtures.outcome_text import failure_lines
        from alur.runtime.fixtures.recorded import RecordedTest

        replay = _replay_of(self.session, self.path.parents[3])
        outcome = outcome_of(RecordedTest.of(replay.project, self.name), replay)
        if not outcome.passed:
            raise _Different("\n".join(failure_lines(outcome)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show the differences, without a traceback."""
        if isinstance(excinfo.value, _Different | AlurError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the file, and what a report calls the test."""
        return self.path, None, f"recorded test of {self.name}"


def _restore_recordings(root: Path) -> None:
    if any((root / "tests" / "fixtures").glob(".*")):
        from alur.runtime.fixtures.recorded import restore_recordings

        restore_recordings(root)


class _Different(Exception):
    """A pipeline does not give the expected rows; holds the differences."""


def _replay_of(session: pytest.Session, root: Path) -> Replay:
    """Return the engine for all recorded tests of a project; it starts with the first and stops after the last."""
    from alur.project.project import Project
    from alur.runtime.fixtures.replay import open_replay

    replays = session.stash.setdefault(_REPLAYS, {})
    if root not in replays:
        opened = ExitStack()
        replays[root] = opened.enter_context(open_replay(Project.load(root)))
        # Together with the fixtures of the whole session, the latest first.
        session.addfinalizer(opened.close)
    return replays[root]
