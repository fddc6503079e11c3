"""Tells the user's code from that of libraries, of Python, and of Alur."""

from __future__ import annotations

import importlib
import sys
import sysconfig
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType

_LIBRARIES = (f"{sysconfig.get_path('stdlib')}/", f"{Path(__file__).parents[1]}/")
"""The folders of Python's own modules and of Alur."""
_INSTALLED = ("/site-packages/", "/dist-packages/")


@lru_cache(maxsize=16384)
def is_foreign(path: str) -> bool:
    """Return whether a file is not the user's: of a library, or of Python itself."""
    installed = any(folder in path for folder in _INSTALLED)
    return not path or installed or path.startswith(("<frozen", *_LIBRARIES))


def is_users(module: ModuleType) -> bool:
    """Return whether a module is the user's: also the program itself, and one that code has made."""
    spec = getattr(module, "__spec__", None)
    file = getattr(module, "__file__", None)
    if file:
        return not is_foreign(file)
    return spec is None and module.__name__ not in sys.builtin_module_names


def is_users_name(name: str) -> bool:
    """Return whether a name of a module is that of one of the user's; a module that is not loaded is."""
    module = sys.modules.get(name)
    return module is None or is_users(module)


def file_of(name: str) -> str | None:
    """Return the path of one of the user's modules, without running it; None if it is not the user's."""
    module = sys.modules.get(name)
    if module is not None:
        file = getattr(module, "__file__", None)
        return None if not file or is_foreign(file) else str(file)
    folders = None
    parts = name.split(".")
    origin = None
    for count in range(1, len(parts) + 1):
        spec = PathFinder.find_spec(".".join(parts[:count]), folders)
        if spec is None or (spec.origin and is_foreign(spec.origin)):
            return None
        origin, folders = spec.origin, list(spec.submodule_search_locations or ())
        if count < len(parts) and not folders:
            return None
    return origin


def users_module(name: str) -> ModuleType | None:
    """Return one of the user's modules, which is imported if it is not loaded; None for others.

    Raises:
        ImportError: it cannot be imported.
    """
    module = sys.modules.get(name)
    if module is None and file_of(name) is not None:
        try:
            module = importlib.import_module(name)
        except Exception as error:
            raise ImportError(f"{name}: {error}") from error
    return module if module is not None and is_users(module) else None
