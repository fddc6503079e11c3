"""Checks whether a set of wheels is complete and consistent, as pip evaluates it in a job.

pip's own dry run evaluates markers for this machine, not for Glue's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from alur.errors import AlurError, PackagingError, Problems
from alur.packaging import glue_libraries
from alur.packaging.requirements import Pin


class Distribution(Protocol):
    """A library in one version: a wheel, or an installed library instead."""

    @property
    def name(self) -> str:
        """The name in its normal form."""

    @property
    def version(self) -> str:
        """The version in its normal form."""

    @property
    def requirements(self) -> list[Requirement]:
        """Its requirements, with the markers of each."""


def check_complete(wheels: Iterable[Distribution], pins: Mapping[str, Pin]) -> None:
    """Check the requirements of all wheels, with the extras required by pins and other wheels.

    Args:
        pins: the project's own requirements, by name.

    Raises:
        PackagingError: a required library is missing, or present in another version.
    """
    by_name = {wheel.name: wheel for wheel in wheels}
    asked = {name: set(pins[name].extras) if name in pins else set() for name in by_name}
    open_ones = list(by_name)
    problems: dict[str, AlurError] = {}
    while open_ones:
        wheel = by_name[open_ones.pop()]
        for needed in _needed(wheel, asked[wheel.name]):
            name = canonicalize_name(needed.name)
            problem = _problem(wheel, needed, by_name, pins)
            if problem:
                problems[str(problem)] = problem
            elif name in by_name and not needed.extras <= asked[name]:
                asked[name] |= needed.extras
                open_ones.append(name)
    Problems(problems[text] for text in sorted(problems)).raise_any()


def _needed(wheel: Distribution, extras: Iterable[str]) -> Iterator[Requirement]:
    """Yield the requirements of a wheel in a job, with some of its extras."""
    for requirement in wheel.requirements:
        environments = ({**glue_libraries.MARKERS, "extra": extra} for extra in ("", *extras))
        if requirement.marker is None or any(map(requirement.marker.evaluate, environments)):
            yield requirement


def _problem(
    wheel: Distribution,
    needed: Requirement,
    wheels: Mapping[str, Distribution],
    pins: Mapping[str, Pin],
) -> PackagingError | None:
    name = canonicalize_name(needed.name)
    where = pins[wheel.name].where if wheel.name in pins else None
    wanted = f"{wheel.name} {wheel.version} needs {needed.name}{needed.specifier}"
    if needed.url:
        return PackagingError(
            f"{wheel.name} {wheel.version} needs {name} from a URL, and jobs download nothing",
            where=where,
            remedy=f"pin another version of {wheel.name}",
        )
    if name in glue_libraries.DISTRIBUTIONS:
        version, owner = glue_libraries.DISTRIBUTIONS[name], "Glue 5.1 has"
        remedy = f"pin another version of {wheel.name}: jobs must keep the {name} of their engine"
    elif name in wheels:
        version, owner = wheels[name].version, "jobs get"
        remedy = f"pin versions of {wheel.name} and {name} that go together"
    else:
        return PackagingError(
            f"{wanted}, which is not in the list",
            where=where,
            remedy="list everything that is needed; uv pip compile and pip-compile write such lists",
        )
    if version is None or needed.specifier.contains(version, prereleases=True):
        return None
    return PackagingError(f"{wanted}, and {owner} {version}", where=where, remedy=remedy)
