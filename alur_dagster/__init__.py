"""A project's Dagster definitions.

>>> from alur_dagster import AlurTranslator, build_definitions
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alur_dagster.building import build_definitions
    from alur_dagster.translator import AlurTranslator

__all__ = ["AlurTranslator", "build_definitions"]

_LAZY_EXPORTS = {
    "AlurTranslator": "alur_dagster.translator",
    "build_definitions": "alur_dagster.building",
}


def __getattr__(name: str) -> Any:
    # The command line imports this package to locate the instance; it must not wait for the import of Dagster.
    if name not in _LAZY_EXPORTS:
        raise AttributeError(f"module 'alur_dagster' has no attribute {name!r}")
    return getattr(import_module(_LAZY_EXPORTS[name]), name)
