"""Fixtures for tests of packaging: a project with a buildable artifact, and a package index in a folder."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from alur.packaging import Artifact, build
from alur.packaging.alur_wheel import alur_pins
from alur.packaging.cache import WheelCache
from alur.packaging.wheels import Wheel, pure_wheel
from tests.engines import forget_modules
from tests.tiny_project import TinyProject

CACHE = Path(".alur") / "cache" / "wheels"

_CONTRACTS = """
    class Raw(BronzeTable):
        n: int
"""
_PIPELINES = """
    @pipeline(sources={"rows": files("*.csv", schema=Raw)}, target=Raw)
    def load(rows):
        return rows
"""


@dataclass
class Packaged:
    """A project with one pipeline, for tests to change and build."""

    project: TinyProject

    def build(self) -> Artifact:
        """Build the artifact of the project as its files are now."""
        return build(self.project.load(), self.project.root / "out")

    def require(self, *lines: str) -> None:
        """Write the project's list of requirements."""
        self.project.write(
            {
                "alur.toml": '[project]\nname = "shop"\nrequirements = "requirements.txt"\n',
                "requirements.txt": "".join(f"{line}\n" for line in lines),
            }
        )

    def use(self, *statements: str) -> None:
        """Put statements before the project's pipelines."""
        path = self.project.root / "pipelines.py"
        path.write_text("\n".join((*statements, path.read_text())))

    def names(self) -> set[str]:
        """Return the project's own files in its wheel, with their folder."""
        return {name for name in project_files(self.build().path) if ".dist-info/" not in name}


@dataclass
class Index:
    """A folder of wheels, pip's only package index."""

    folder: Path

    def add(
        self, name: str, version: str, *requires: str, files: dict[str, bytes] | None = None
    ) -> Path:
        """Publish a wheel with one module of its name, unless other files are given."""
        wheel = pure_wheel(name, version, requires, files or {f"{name.replace('-', '_')}.py": b""})
        path = self.folder / wheel.file_name
        assert isinstance(wheel.content, bytes)
        path.write_bytes(wheel.content)
        return path


def zip_of_wheels(*wheels: Wheel, listed: Sequence[str] = ()) -> bytes:
    """Return a zip of wheels in the form that Glue requires.

    Args:
        listed: its requirements; by default the wheels themselves.
    """
    target = io.BytesIO()
    lines = listed or [f"{wheel.name}=={wheel.version}" for wheel in wheels]
    with ZipFile(target, "w") as file:
        file.writestr("wheels/requirements.txt", "\n".join(lines))
        for wheel in wheels:
            assert isinstance(wheel.content, bytes)
            file.writestr(f"wheels/{wheel.file_name}", wheel.content)
    return target.getvalue()


def project_files(artifact: Path) -> dict[str, bytes]:
    """Return the contents of the project's wheel in an artifact."""
    with ZipFile(artifact) as archive:
        (name,) = (name for name in archive.namelist() if name.startswith("wheels/alur_project-"))
        with archive.open(name) as file, ZipFile(file) as wheel:
            return {entry: wheel.read(entry) for entry in wheel.namelist()}


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a folder with importable modules, as if they were installed."""
    folder = tmp_path / "laptop"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    yield folder
    forget_modules(folder)


@pytest.fixture(scope="session")
def library_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of Alur's wheels for every job, downloaded once for all tests."""
    folder = tmp_path_factory.mktemp("cache")
    WheelCache(folder).wheels(alur_pins())
    return folder


@pytest.fixture
def packaged(project: TinyProject, library_cache: Path) -> Packaged:
    """Return a project with Alur's wheels in its cache, so no build needs the network."""
    project.declare(_CONTRACTS, _PIPELINES)
    shutil.copytree(library_cache, project.root / CACHE)
    return Packaged(project)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """Return an empty package index, the only one for pip."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return Index(folder)
