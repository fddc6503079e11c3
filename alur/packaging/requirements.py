"""Reads lists of pinned requirements, in the form of pip's requirements files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import Specifier
from packaging.utils import canonicalize_name
from packaging.version import Version

from alur.errors import Location, PackagingError, Problems
from alur.packaging.glue_libraries import MARKERS

_COMMENT = re.compile(r"(^|\s)#.*$")
_HASH = re.compile(r"\s--hash[= ](\S+)")
_WRITE_THE_LIST = "uv pip compile and pip-compile write such lists"


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of a list: a distribution in one version.

    Attributes:
        name, version: in their normal forms.
        hashes: of the acceptable files; empty for any file of the index.
    """

    name: str
    version: str
    extras: frozenset[str]
    hashes: tuple[str, ...]
    where: Location

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


def read_pins(path: Path) -> dict[str, Pin]:
    """Return the requirements of a file that apply in a job, by name.

    Raises:
        PackagingError: the file cannot be read, or lines are not valid pins.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PackagingError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}",
            remedy="correct requirements in alur.toml, or the file",
        ) from None
    pins: dict[str, Pin] = {}
    problems = Problems()
    for number, line in _logical_lines(text):
        where = Location(str(path), number)
        with problems.caught():
            pin = _pin(line, where)
            if pin and pins.setdefault(pin.name, pin).version != pin.version:
                raise PackagingError(
                    f"{pin.name} is pinned twice, to {pins[pin.name].version} and to {pin.version}",
                    where=where,
                    remedy="remove one of the two lines",
                )
    if len({bool(pin.hashes) for pin in pins.values()}) > 1:
        problems.add(*(_without_hash(pin) for pin in pins.values() if not pin.hashes))
    problems.raise_any()
    return pins


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line with the number at which it begins; a backslash at the end joins two lines, as in pip."""
    parts: list[str] = []
    begins = 1
    for number, line in enumerate(text.splitlines(), 1):
        if not parts:
            begins = number
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            parts.append(line[:-1])
            continue
        whole = _COMMENT.sub("", "".join((*parts, line))).strip()
        parts = []
        if whole:
            yield begins, whole
    if parts:
        yield begins, "".join(parts).strip()


def _pin(line: str, where: Location) -> Pin | None:
    """Return the requirement of a line; None if its marker does not apply in a job."""
    # A line may contain a password in a URL, so no message repeats it.
    if line.startswith("-"):
        raise PackagingError(
            "a list of requirements cannot contain options of pip",
            where=where,
            remedy="leave only lines of the form name==version; name pip's index in pip's own settings",
        )
    hashes = tuple(sorted(_HASH.findall(line)))
    try:
        requirement = Requirement(_HASH.sub("", line))
    except InvalidRequirement:
        raise _unpinned("this line is not of the form name==version", where) from None
    if requirement.url:
        raise _unpinned(f"{requirement.name} is given by a URL", where)
    if requirement.marker and not requirement.marker.evaluate(MARKERS):
        return None
    version = _exact(list(requirement.specifier))
    if version is None:
        raise _unpinned(f"{requirement.name} is not pinned to one version", where)
    extras = frozenset(canonicalize_name(extra) for extra in requirement.extras)
    return Pin(canonicalize_name(requirement.name), version, extras, hashes, where)


def _exact(specifiers: list[Specifier]) -> str | None:
    if len(specifiers) != 1 or specifiers[0].operator != "==":
        return None
    version = specifiers[0].version
    return None if version.endswith(".*") else str(Version(version))


def _unpinned(message: str, where: Location) -> PackagingError:
    return PackagingError(
        message,
        where=where,
        remedy=f"write name==version, so that every job gets what was tested; {_WRITE_THE_LIST}",
    )


def _without_hash(pin: Pin) -> PackagingError:
    return PackagingError(
        f"{pin.name} has no hash, and other lines have one",
        where=pin.where,
        remedy=f"give every line a hash, or none; {_WRITE_THE_LIST} with --generate-hashes",
    )
