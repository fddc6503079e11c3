"""The tests' common fixtures: tiny projects in separate folders, and one session of each engine for all of them."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from multiprocessing.util import Finalize
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import aws
from tests.aws import _server, moto
from tests.engines import Engines
from tests.packages import index, laptop, library_cache, packaged
from tests.terraform import terraform
from tests.tiny_project import TinyProject

__all__ = ["_server", "index", "laptop", "library_cache", "moto", "packaged", "terraform"]

# Nothing here can reach AWS; a test that needs one requests the fixture moto.
os.environ |= aws.environment("http://127.0.0.1:1") | {"AWS_MAX_ATTEMPTS": "1"}

# Killed processes leave temporary files. All go at the end of the tests; pytest's own folders stay as always.
os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(prefix="alur-tests-")
# After multiprocessing has deleted its own folder there, at the priority -100.
Finalize(None, shutil.rmtree, [tempfile.tempdir], {"ignore_errors": True}, exitpriority=-200)

# Processes here live for minutes at most. The JVM's second compiler and Go's garbage collector would cost several times
# the time that they save.
_JAVA = f"-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Djava.io.tmpdir={tempfile.tempdir}"
os.environ |= {"JAVA_TOOL_OPTIONS": _JAVA, "GOGC": "400"}

# A shell starts a job in the background with Ctrl-C ignored, and children would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests rewrite modules within a second, too quickly for the time stamps in compiled files.
sys.dont_write_bytecode = True

# Every run tries the same examples; `--hypothesis-profile` chooses another number of them.
settings.register_profile(
    "sample",
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile("fast", settings.get_profile("sample"), max_examples=10)
settings.register_profile("nightly", settings.get_profile("sample"), max_examples=600)
settings.load_profile("sample")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Rewrite the files in tests/golden."
    )
    parser.addoption(
        "--nightly", action="store_true", help="Run the tests marked nightly, and only those."
    )
    parser.addoption("--seeds", type=int, default=2, help="How many generated projects to try.")
    parser.addoption("--first-seed", type=int, default=0, help="The seed of the first of them.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests of ``make nightly``, or all others."""
    wanted = config.getoption("nightly")
    left_out = [item for item in items if bool(item.get_closest_marker("nightly")) is not wanted]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """Yield both engines, each started on first use."""
    with Engines() as started:
        yield started


@pytest.fixture
def engine() -> str:
    """Return the engine for ``project``; ``@each_engine`` runs a test on both, one after the other."""
    return "sail"


@pytest.fixture
def project(tmp_path: Path, engines: Engines, engine: str) -> Iterator[TinyProject]:
    """Yield an empty project; tests write its files, then run it."""
    with isolated_imports():
        yield TinyProject(tmp_path / "shop", engines, engine)


@pytest.fixture
def twins(tmp_path: Path, engines: Engines) -> Iterator[tuple[TinyProject, TinyProject]]:
    """Yield the same project twice, for Sail and for Spark."""
    with isolated_imports():
        yield (
            TinyProject(tmp_path / "sail" / "shop", engines, "sail"),
            TinyProject(tmp_path / "spark" / "shop", engines, "spark"),
        )


class isolated_imports:  # noqa: N801 - used like a function
    """Restores the import path and the modules of this process after tests that load projects."""

    def __enter__(self) -> None:
        self._path, self._modules = list(sys.path), set(sys.modules)

    def __exit__(self, *_: object) -> None:
        sys.path[:] = self._path
        for name in set(sys.modules) - self._modules:
            if name.partition(".")[0] in ("contracts", "pipelines"):
                del sys.modules[name]
