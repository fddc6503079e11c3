"""Builds Alur's own wheel from the running package, installed or in a checkout."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement

from alur import __version__
from alur.errors import PackagingError
from alur.packaging.requirements import Pin, read_pins
from alur.packaging.source_tree import SourceTree
from alur.packaging.wheels import Wheel, pure_wheel

_PACKAGE = Path(__file__).parents[1].resolve()

# Jobs neither render Terraform or pages nor have a terminal. The templates are within an installed Alur, but beside a checkout.
_LEFT_OUT = frozenset({"cli", "site", "terraform_templates"})
_OF_THE_TERMINAL = frozenset({"click", "rich"})


def alur_wheel() -> Wheel:
    """Return the package ``alur`` without its command line, and with the requirements of the rest.

    Raises:
        PackagingError: this Alur was never installed, so its requirements are unknown.
    """
    try:
        lines = requires("alur") or []
    except PackageNotFoundError:
        raise PackagingError(
            "this Alur is not installed, so its requirements are unknown",
            remedy="install it: pip install 'alur[aws]', or pip install -e . in a checkout",
        ) from None
    needed = [Requirement(line) for line in lines]
    light = sorted(
        str(requirement)
        for requirement in needed
        if requirement.marker is None and requirement.name not in _OF_THE_TERMINAL
    )
    files = SourceTree(_PACKAGE.parent, _LEFT_OUT).files(_PACKAGE.name)
    # This module starts the command line, which is left out.
    del files[f"{_PACKAGE.name}/__main__.py"]
    return pure_wheel("alur", __version__, light, files)


def alur_pins() -> dict[str, Pin]:
    """Return every library Alur needs in a job, in the version and with the hashes it was tested with."""
    return read_pins(Path(__file__).with_name("glue_requirements.txt"))
