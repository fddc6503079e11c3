"""The module of ``distutils`` that PySpark needs, without the rest."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType


@contextmanager
def only_versions_of_distutils() -> Iterator[None]:
    """Give imports ``distutils.version`` alone, unless ``distutils`` is loaded already.

    Each module of Spark Connect compares versions of libraries with it. An ordinary import of it loads all of setuptools,
    which takes 4 % of a small run's CPU time.
    """
    versions = None if "distutils" in sys.modules else _versions()
    if versions is None:
        yield
        return
    package = ModuleType("distutils")
    package.__path__ = []
    modules = {"distutils": package, versions.__name__: versions}
    sys.modules.update(modules)
    try:
        yield
    finally:
        # Setuptools warns if somebody else has loaded its distutils.
        for name, module in modules.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


def _versions() -> ModuleType | None:
    """Return the module, loaded from setuptools' file; None if there is no such file."""
    setuptools = find_spec("setuptools")
    file = (
        Path(setuptools.origin or "").parent / "_distutils" / "version.py" if setuptools else None
    )
    if file is None or not file.is_file():
        return None
    spec = spec_from_file_location("distutils.version", file)
    if spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
