"""What the tests share: tiny projects in folders of their own, and one session of each engine for all of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
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

# Nothing here can reach AWS; a test that wants an AWS asks for the fixture moto.
os.environ |= aws.environment("http://127.0.0.1:1") | {"AWS_MAX_ATTEMPTS": "1"}

# Processes here live for minutes at most. What the JVM's second compiler and Go's collector of garbage would win later,
# they cost several times over.
os.environ |= {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC", "GOGC": "400"}

# Tests rewrite modules within a second, which is too quick for the time stamps in compiled files.
sys.dont_write_bytecode = True

# The same examples in every run; `--hypothesis-profile` names another number of them.
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
    """Deselect the tests that ``make nightly`` runs, or all others."""
    wanted = config.getoption("nightly")
    left_out = [item for item in items if bool(item.get_closest_marker("nightly")) is not wanted]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """Both engines, each started when it is first needed."""
    with Engines() as started:
        yield started


@pytest.fixture
def engine() -> str:
    """The engine that ``project`` runs on; ``@each_engine`` gives a test both, one after the other."""
    return "sail"


@pytest.fixture
def project(tmp_path: Path, engines: Engines, engine: str) -> Iterator[TinyProject]:
    """An empty project; write its files, then run it."""
    with isolated_imports():
        yield TinyProject(tmp_path / "shop", engines, engine)


@pytest.fixture
def twins(tmp_path: Path, engines: Engines) -> Iterator[tuple[TinyProject, TinyProject]]:
    """The same project twice, for Sail and for Spark."""
    with isolated_imports():
        yield (
            TinyProject(tmp_path / "sail" / "shop", engines, "sail"),
            TinyProject(tmp_path / "spark" / "shop", engines, "spark"),
        )


class isolated_imports:  # noqa: N801 - used like a function
    """Takes back what loading projects does to the import path and to the modules of this process."""

    def __enter__(self) -> None:
        self._path, self._modules = list(sys.path), set(sys.modules)

    def __exit__(self, *_: object) -> None:
        sys.path[:] = self._path
        for name in set(sys.modules) - self._modules:
            if name.partition(".")[0] in ("contracts", "pipelines"):
                del sys.modules[name]
