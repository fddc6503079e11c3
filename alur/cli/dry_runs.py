"""Describes what is known of pipelines before they run, for ``validate`` and ``list --verbose``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alur.project.settings import LOCAL
from alur.text import counted

if TYPE_CHECKING:
    from alur.project.project import Project
    from alur.runtime.dry_run import DryRun

_SHOWN = 3


def dry_runs_of(project: Project) -> dict[str, DryRun]:
    """Return what is known of each pipeline, or an empty dict if the packages to run pipelines are not installed."""
    try:
        from alur.runtime.dry_run import dry_runs
    except ModuleNotFoundError:
        return {}
    choice = project.environment(LOCAL).settings.engine
    return {found.pipeline: found for found in dry_runs(project, choice)}


def engine_lines(found: DryRun | None) -> list[str]:
    """Return lines with a pipeline's engine, and the reasons for it."""
    if found is None or found.problem:
        return []
    if found.engine is None:
        return [f"Engine: known when it runs ({found.undecided})"]
    shown = [f"  {finding}" for finding in found.findings[:_SHOWN]]
    if more := len(found.findings) - len(shown):
        shown.append(f"  and {counted(more, 'more reason')}")
    warning = ", which may give other rows than Spark" if found.engine == "sail" and shown else ""
    return [f"Engine: {found.engine}{warning}", *shown]
