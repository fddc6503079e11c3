"""Reads the requirements of the project's code in addition to Alur's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alur import __version__
from alur.errors import PackagingError, Problems
from alur.packaging.glue_libraries import DISTRIBUTIONS
from alur.packaging.requirements import Pin, read_pins
from alur.project.project import Project


@dataclass(frozen=True, slots=True)
class ProjectRequirements:
    """The project's own list, without the libraries that jobs already have.

    Attributes:
        pins: by name.
        left_out: the requirements provided by Glue.
    """

    pins: dict[str, Pin]
    left_out: tuple[str, ...]

    @classmethod
    def of(cls, project: Project, own: Mapping[str, Pin]) -> ProjectRequirements:
        """Read the file named by alur.toml, if there is one.

        Args:
            own: the libraries Alur itself brings to jobs.

        Raises:
            PackagingError: lines are wrong, or require another version than Alur brings.
        """
        name = project.settings.project.requirements
        if name is None:
            return cls({}, ())
        listed = read_pins(project.root / name)
        brought = {**{pin.name: pin.version for pin in own.values()}, "alur": __version__}
        problems = Problems(
            PackagingError(
                f"{pin} differs from what Alur {__version__} brings to jobs: {pin.name}=={brought[pin.name]}",
                where=pin.where,
                remedy=f"pin {pin.name}=={brought[pin.name]}, or remove the line",
            )
            for pin in listed.values()
            if brought.get(pin.name, pin.version) != pin.version
        )
        problems.raise_any()
        here = {*brought, *DISTRIBUTIONS}
        return cls(
            {name: pin for name, pin in listed.items() if name not in here},
            tuple(str(pin) for name, pin in sorted(listed.items()) if name in DISTRIBUTIONS),
        )
