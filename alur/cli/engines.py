"""Describes the local engine of each pipeline, for ``validate`` and ``list --verbose``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alur.project.settings import LOCAL
from alur.text import counted

if TYPE_CHECKING:
    from alur.project.project import Project
    from alur.runtime.engine_use import EngineUse

_SHOWN = 3


def engines_of(project: Project) -> dict[str, EngineUse]:
    """Return the engine of each pipeline, or an empty dict if the packages to run pipelines are not installed."""
    try:
        from alur.runtime.engine_use import engine_uses
    except ModuleNotFoundError:
        return {}
    choice = project.environment(LOCAL).settings.engine
    return {use.pipeline: use for use in engine_uses(project, choice)}


def engine_lines(use: EngineUse | None) -> list[str]:
    """Return lines with a pipeline's engine, and the reasons for it."""
    if use is None:
        return []
    if use.engine is None:
        return [f"Engine: known when it runs, for it looks at its rows ({use.error})"]
    shown = [f"  {finding}" for finding in use.findings[:_SHOWN]]
    if more := len(use.findings) - len(shown):
        shown.append(f"  and {counted(more, 'more reason')}")
    warning = ", which may give other rows than Spark" if use.engine == "sail" and shown else ""
    return [f"Engine: {use.engine}{warning}", *shown]
