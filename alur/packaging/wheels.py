"""Writes wheels from files, and reads the metadata of wheels.

PyPI's ``wheel`` writes them, too, but its bytes depend on the machine's time, system and zlib.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from packaging.metadata import RawMetadata, parse_email
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from alur.errors import PackagingError
from alur.packaging.archive import write_archive


@dataclass(frozen=True)
class Wheel:
    """A wheel's file name and content.

    Attributes:
        content: the bytes, or the file with them.
    """

    file_name: str
    content: bytes | Path

    @property
    def name(self) -> str:
        """The distribution's name in its normal form.

        >>> Wheel("Rich_Text-1.0-py3-none-any.whl", b"").name
        'rich-text'
        """
        return parse_wheel_filename(self.file_name)[0]

    @property
    def version(self) -> str:
        """The distribution's version in its normal form."""
        return str(parse_wheel_filename(self.file_name)[1])

    @property
    def requirements(self) -> list[Requirement]:
        """The distribution's requirements, with the markers of each."""
        return [Requirement(line) for line in self._metadata.get("requires_dist", [])]

    @cached_property
    def modules(self) -> frozenset[str]:
        """The top-level modules that the installed wheel makes importable."""
        return frozenset(name for path in self._paths for name in [_module(path)] if name)

    @cached_property
    def _metadata(self) -> RawMetadata:
        (path,) = (
            path
            for path in self._paths
            if path.endswith(".dist-info/METADATA") and path.count("/") == 1
        )
        with ZipFile(self._file) as archive:
            return parse_email(archive.read(path))[0]

    @cached_property
    def _paths(self) -> list[str]:
        with ZipFile(self._file) as archive:
            return archive.namelist()

    @property
    def _file(self) -> io.BytesIO | Path:
        return self.content if isinstance(self.content, Path) else io.BytesIO(self.content)

    def check(self) -> None:
        """Read the wheel's metadata.

        Raises:
            PackagingError: the file is not a wheel, or is broken.
        """
        try:
            _ = self.name, self.version, self.modules, self.requirements
        except (BadZipFile, ValueError, OSError) as error:
            raise PackagingError(
                f"{self.file_name} cannot be read: {error}",
                remedy="check where the package index gets it from: it is not a valid wheel",
            ) from None


def pure_wheel(
    name: str, version: str, requires: Iterable[str], files: Mapping[str, bytes]
) -> Wheel:
    """Return a platform-independent wheel of Python code; the same files give the same bytes.

    Args:
        version: in its normal form (https://peps.python.org/pep-0440/).
        requires: the requirements to install with it.
        files: contents by path below site-packages.
    """
    distribution = canonicalize_name(name).replace("-", "_")
    info = f"{distribution}-{version}.dist-info"
    metadata = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        "Requires-Python: >=3.11",
        *(f"Requires-Dist: {requirement}" for requirement in requires),
    ]
    tags = ["Wheel-Version: 1.0", "Generator: alur", "Root-Is-Purelib: true", "Tag: py3-none-any"]
    entries = {
        **dict(sorted(files.items())),
        f"{info}/METADATA": _lines(metadata),
        f"{info}/WHEEL": _lines(tags),
    }
    entries[f"{info}/RECORD"] = _record(entries, f"{info}/RECORD")
    target = io.BytesIO()
    write_archive(target, entries.items())
    return Wheel(f"{distribution}-{version}-py3-none-any.whl", target.getvalue())


def _record(files: Mapping[str, bytes], itself: str) -> bytes:
    """Return a wheel's list of its files with their hashes (https://peps.python.org/pep-0427/#the-dist-info-directory)."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.writerow((path, f"sha256={digest}", len(content)))
    rows.writerow((itself, "", ""))
    return text.getvalue().encode()


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _module(path: str) -> str | None:
    """Return the name under which a file of a wheel is imported, or None."""
    parts = path.split("/")
    if parts[0].endswith(".data"):
        # Files below NAME.data/purelib and NAME.data/platlib go to site-packages, too.
        parts = parts[2:] if parts[1] in ("purelib", "platlib") else []
    if not parts or parts[0].endswith(".dist-info"):
        return None
    if len(parts) == 1 and not parts[0].endswith((".py", ".so")):
        return None
    return parts[0].partition(".")[0]
