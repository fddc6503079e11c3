"""Checks packaging as far as possible without a package index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import metadata
from typing import TypeVar

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from alur.errors import AlurError
from alur.packaging.alur_wheel import alur_pins
from alur.packaging.cache import WheelCache
from alur.packaging.imports import check_imports, check_modules
from alur.packaging.project_requirements import ProjectRequirements
from alur.packaging.project_wheel import ProjectCode
from alur.packaging.requirements import Pin
from alur.packaging.resolution import Distribution, check_complete
from alur.project.project import Project

_T = TypeVar("_T")


@dataclass
class PackagingForecast:
    """The outcome of packaging, as far as this machine can predict it.

    Attributes:
        files: the number of the project's files; None if they cannot be packaged.
        notices: modules the project's code may import, but jobs do not have.
        unread: pinned libraries never downloaded here, whose requirements are therefore unknown.
    """

    files: int | None = None
    notices: list[str] = field(default_factory=list)
    problems: list[AlurError] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Pinned:
    """A library for jobs, as installed here; without requirements if another version is installed."""

    pin: Pin

    @property
    def name(self) -> str:
        return self.pin.name

    @property
    def version(self) -> str:
        return self.pin.version

    @cached_property
    def _installed(self) -> metadata.Distribution | None:
        try:
            return metadata.distribution(self.pin.name)
        except metadata.PackageNotFoundError:
            return None

    @property
    def is_read(self) -> bool:
        """Whether exactly this version is installed here."""
        return self._installed is not None and self._installed.version == self.pin.version

    @property
    def requirements(self) -> list[Requirement]:
        if self._installed is None or not self.is_read:
            return []
        return [Requirement(line) for line in self._installed.requires or ()]


def predict_packaging(project: Project) -> PackagingForecast:
    """Check a project as packaging would, but without the network.

    The requirements and modules of a library come from earlier downloads, or else from its installation here.
    """
    forecast = PackagingForecast()
    own = alur_pins()
    code = _attempt(forecast, lambda: ProjectCode.of(project))
    required = _attempt(forecast, lambda: ProjectRequirements.of(project, own))
    if code is not None:
        forecast.files = len(code.files)
    if required is None:
        return forecast
    libraries, modules = _libraries(project, forecast, own, required.pins)
    _attempt(forecast, lambda: check_complete(libraries, required.pins))
    if code is not None:
        _attempt(forecast, lambda: check_modules(project, code.files, modules))
        notices = _attempt(
            forecast,
            lambda: check_imports(project.root, code.files, code.loaded, code.reached, modules),
        )
        forecast.notices = notices or []
    return forecast


def _libraries(
    project: Project, forecast: PackagingForecast, own: Mapping[str, Pin], pins: Mapping[str, Pin]
) -> tuple[list[Distribution], frozenset[str]]:
    """Return the libraries for jobs, and their importable modules."""
    cache = WheelCache(project.root / ".alur" / "cache" / "wheels")
    libraries: list[Distribution] = []
    modules: set[str] = set()
    for each in (own, pins):
        wheels = cache.kept(each)
        if wheels is not None:
            libraries += wheels
            modules |= {name for wheel in wheels for name in wheel.modules}
            continue
        pinned = [_Pinned(pin) for pin in each.values()]
        libraries += pinned
        modules |= _installed_modules(each)
        unread = [library for library in pinned if not library.is_read]
        # Most libraries are imported by their own name.
        modules |= {library.name.replace("-", "_") for library in unread}
        if each is pins:
            forecast.unread = sorted(str(library.pin) for library in unread)
    return libraries, frozenset(modules)


def _installed_modules(names: Iterable[str]) -> set[str]:
    """Return the importable modules of those distributions that are installed here."""
    wanted = set(names)
    return {
        module
        for module, owners in metadata.packages_distributions().items()
        if not wanted.isdisjoint(map(canonicalize_name, owners))
    }


def _attempt(forecast: PackagingForecast, check: Callable[[], _T]) -> _T | None:
    """Return the result of a check; if it raises, note its problems and return None."""
    try:
        return check()
    except AlurError as error:
        forecast.problems += error.problems
    return None
