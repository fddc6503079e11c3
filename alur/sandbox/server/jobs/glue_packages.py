"""Provides a job in the sandbox with its Python packages: Glue's, and those of its wheels.

Glue's packages are links to this machine's own, in this machine's versions, in a folder of nothing else.
"""

from __future__ import annotations

import os
import shutil
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path
from threading import Lock

from packaging.tags import sys_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

from alur.errors import PackagingError
from alur.packaging import glue_libraries
from alur.sandbox.server.jobs.glue_pip import GluePip

CONNECT = frozenset({"grpcio", "grpcio-status", "googleapis-common-protos", "protobuf"})
"""The requirements of PySpark's client of Spark Connect beside Glue's packages."""

_INSTALLING = Lock()
"""Runs of the same code start together, and share one installation."""

ENGINE = frozenset({"pysail"})


def link_glue_packages(folder: Path) -> None:
    """Fill a new folder with links to this machine's copies of Glue's packages."""
    glue = glue_libraries.modules()
    _link(folder, (name for name, modules in _installed() if modules <= glue))
    _link(folder, {"pyspark", "py4j", "boto3", "botocore", "numpy", "pandas", "pyarrow"})


def link_connect(folder: Path) -> None:
    """Add links to the packages that PySpark's client of Spark Connect needs and Glue lacks."""
    _link(folder, CONNECT)
    # Alur reads the engine's version, and imports none of its code.
    _link(folder, ENGINE, metadata_only=True)


def link_engine(folder: Path) -> None:
    """Fill a new folder with a link to the engine, which no job sees."""
    _link(folder, ENGINE)


def environment() -> Path:
    """Return the folder with PyIceberg and all other packages of this environment."""
    return Path(str(metadata.distribution("pyiceberg").locate_file("")))


def install(archive: Path, folder: Path, pip: Callable[[], GluePip]) -> list[str]:
    """Install a zip of wheels as Glue does, completely or not at all, without a package index.

    Args:
        archive: holds ``wheels/requirements.txt`` and ``wheels/*.whl``.
        folder: the target; if it exists, nothing is installed.
        pip: returns Glue's pip.

    Returns:
        The distributions linked from this machine, because their wheels in the zip are for Glue's platform alone.

    Raises:
        PackagingError: the zip is not a zip of wheels, pip refuses a wheel, or this machine lacks a distribution.
    """
    with _INSTALLING:
        return [] if folder.is_dir() else _install(archive, folder, pip)


def _install(archive: Path, folder: Path, pip: Callable[[], GluePip]) -> list[str]:
    partial = folder.with_name(f".{uuid.uuid4().hex}.part")
    try:
        wheels = _unpack(archive, partial / "wheels")
        fitting = [wheel for wheel in wheels if _fits(wheel)]
        glue_pip = pip()
        glue_pip.check(partial / "wheels", partial / "glue")
        glue_pip.install(fitting, partial / "packages")
        foreign = [parse_wheel_filename(w.name)[0] for w in wheels if w not in fitting]
        _link(partial / "packages", foreign)
        (partial / "packages").rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return sorted(foreign)


def _unpack(archive: Path, folder: Path) -> list[Path]:
    try:
        with zipfile.ZipFile(archive) as file:
            listed = "wheels/requirements.txt"
            names = [name for name in file.namelist() if name.endswith(".whl")]
            for name in [listed, *names]:
                file.extract(name, folder.parent)
    except (zipfile.BadZipFile, KeyError) as error:
        raise PackagingError(f"{archive.name} is not a zip of wheels: {error}") from None
    return [folder.parent / name for name in names]


def _fits(wheel: Path) -> bool:
    """Return whether the wheel can run on this machine."""
    return not parse_wheel_filename(wheel.name)[3].isdisjoint(sys_tags())


def _installed() -> Iterator[tuple[str, set[str]]]:
    """Yield the distributions of this machine, each with its importable modules."""
    modules: dict[str, set[str]] = {}
    for module, distributions in metadata.packages_distributions().items():
        for name in distributions:
            modules.setdefault(name, set()).add(module)
    yield from modules.items()


def _link(folder: Path, distributions: Iterable[str], *, metadata_only: bool = False) -> None:
    """Link distributions into a folder.

    Args:
        metadata_only: whether to leave out all importable code.

    Raises:
        PackagingError: this machine lacks a distribution.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shared = {name for name, owners in metadata.packages_distributions().items() if len(owners) > 1}
    for name in sorted(set(map(canonicalize_name, distributions))):
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            raise PackagingError(
                f"{name}, which jobs in the sandbox need, is not installed here",
                remedy="pip install 'alur[sandbox]'",
            ) from None
        for entry in sorted(set(_entries(distribution, shared))):
            if metadata_only and not entry.endswith(".dist-info"):
                continue
            link = folder / entry
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.is_symlink():
                os.symlink(Path(str(distribution.locate_file(entry))), link)


def _entries(distribution: metadata.Distribution, shared: set[str]) -> Iterator[str]:
    """Yield a distribution's entries in site-packages; in a package of several distributions, its entries there."""
    for file in distribution.files or ():
        if file.parts[0] in ("..", "__pycache__") or file.is_absolute():
            continue
        depth = 2 if file.parts[0] in shared and len(file.parts) > 1 else 1
        yield str(Path(*file.parts[:depth]))
