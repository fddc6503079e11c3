"""Packages all code for a project's jobs in one file, so that jobs start without a package index.

The file is a zip of ``wheels/requirements.txt`` and ``wheels/*.whl``, which Glue 5.0 and later installs
(https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html, appendix A).
"""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from alur.errors import PackagingError
from alur.packaging.alur_wheel import alur_pins, alur_wheel
from alur.packaging.archive import write_archive
from alur.packaging.cache import WheelCache
from alur.packaging.imports import check_imports, check_modules
from alur.packaging.project_requirements import ProjectRequirements
from alur.packaging.project_wheel import ProjectCode
from alur.packaging.resolution import check_complete
from alur.packaging.wheels import Wheel
from alur.project.project import Project

_KEPT = 5
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Artifact:
    """A project's code for its jobs.

    Attributes:
        path: the file, named by the first 16 digits of its digest.
        digest: SHA-256 of the file, in hexadecimal.
        wheels: the file names of the wheels in it.
        size: in bytes.
        left_out: requirements of the project that Glue itself provides, in its own versions.
        notices: modules the project's code may import, but jobs do not have.
    """

    path: Path
    digest: str
    wheels: tuple[str, ...]
    size: int
    left_out: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def build(project: Project, folder: Path) -> Artifact:
    """Package a project loaded by this process; the same sources always give the same bytes.

    Downloads from a package index are kept below ``.alur/cache`` in the project.

    Args:
        folder: receives the artifact, whole or not at all; it is created if it is missing.

    Raises:
        PackagingError: something cannot be packaged, pip cannot get a library, or a job would lack one; lists every
            such problem.
    """
    code = ProjectCode.of(project)
    own = alur_pins()
    required = ProjectRequirements.of(project, own)
    cache = WheelCache(project.root / ".alur" / "cache" / "wheels")
    libraries = [*cache.wheels(own), *cache.wheels(required.pins)]
    alur = alur_wheel()
    check_complete([alur, *libraries], required.pins)
    modules = frozenset[str]().union(*(wheel.modules for wheel in libraries))
    check_modules(project, code.files, modules)
    notices = check_imports(project.root, code.files, code.loaded, code.reached, modules)
    wheels = sorted([alur, code.wheel(), *libraries], key=lambda wheel: wheel.file_name)
    try:
        written = _write(wheels, folder)
        return replace(written, left_out=required.left_out, notices=tuple(notices))
    except OSError as error:
        raise PackagingError(
            f"{error.filename or folder} cannot be written: {error.strerror}",
            remedy="check that the folder is writable, and that the disk has space",
        ) from error


def _write(wheels: list[Wheel], folder: Path) -> Artifact:
    listed = "".join(f"{wheel.name}=={wheel.version}\n" for wheel in wheels).encode()
    entries = [("requirements.txt", listed), *((w.file_name, w.content) for w in wheels)]
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{uuid.uuid4().hex}.part"
    try:
        with partial.open("x+b") as file:
            write_archive(file, ((f"wheels/{name}", content) for name, content in entries))
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        path = folder / f"{digest[:16]}.gluewheels.zip"
        partial.replace(path)
        _sweep(folder)
    finally:
        partial.unlink(missing_ok=True)
    names = tuple(wheel.file_name for wheel in wheels)
    return Artifact(path, digest, names, path.stat().st_size)


def _sweep(folder: Path) -> None:
    """Delete all but the latest artifacts: deployed ones are in S3, and all can be built again.

    Delete the remains of killed builds, too.
    """
    artifacts = sorted(folder.glob("*.gluewheels.zip"), key=lambda path: path.stat().st_mtime)
    for path in artifacts[:-_KEPT]:
        path.unlink(missing_ok=True)
    for partial in folder.glob(".*.part"):
        # Another build may have finished it.
        with suppress(FileNotFoundError):
            if time.time() - partial.stat().st_mtime > _DAY:
                partial.unlink()
