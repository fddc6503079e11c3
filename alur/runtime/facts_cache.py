"""Keeps the facts of pipelines in a file, by everything they depend on."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from alur import __version__
from alur.lineage.digests import digest
from alur.lineage.facts import PlanFacts
from alur.lineage.python_code import code_digest
from alur.pipelines.pipeline import Pipeline
from alur.project.project import Project

_PACKAGES = ("pyspark", "pysail", "sqlglot")


@dataclass
class FactsCache:
    """The facts in a file; an unreadable file counts as empty."""

    path: Path
    entries: dict[str, Any]
    _versions: str = field(default_factory=lambda: digest(__version__, sys.version, *_versions()))
    _keys: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, project: Project) -> FactsCache:
        """Return the cache of a project."""
        path = project.root / ".alur" / "cache" / "facts.json"
        try:
            entries = json.loads(path.read_bytes())
        except (OSError, ValueError):
            entries = {}
        names = {pipeline.name for pipeline in project.pipelines}
        kept = entries.items() if isinstance(entries, dict) else ()
        return cls(path, {name: entry for name, entry in kept if name in names})

    def get(self, pipeline: Pipeline) -> PlanFacts | None:
        """Return the facts of an unchanged pipeline; None if it has changed."""
        try:
            entry = self.entries[pipeline.name]
            if entry["key"] == self._key(pipeline):
                return PlanFacts.of_data(entry["facts"])
        except (AttributeError, KeyError, TypeError, ValueError):
            pass
        return None

    def put(self, pipeline: Pipeline, facts: PlanFacts) -> None:
        """Keep the facts of a pipeline."""
        self.entries[pipeline.name] = {"key": self._key(pipeline), "facts": facts.as_data()}

    def write(self) -> None:
        """Write the file atomically; a folder that cannot be written costs only time."""
        new = self.path.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            new.write_text(json.dumps(self.entries, separators=(",", ":")))
            new.replace(self.path)

    def _key(self, pipeline: Pipeline) -> str:
        if pipeline.name not in self._keys:
            self._keys[pipeline.name] = digest(
                self._versions,
                code_digest(pipeline.function),
                pipeline.mode,
                *sorted(f"{name} {source!r}" for name, source in pipeline.sources.items()),
                repr(pipeline.target),
            )
        return self._keys[pipeline.name]


def kept_facts(project: Project) -> dict[str, PlanFacts]:
    """Return the facts of pipelines that have not changed since somebody asked for them, without an engine."""
    cache = FactsCache.of(project)
    known = {pipeline.name: cache.get(pipeline) for pipeline in project.pipelines}
    return {name: facts for name, facts in known.items() if facts is not None}


def _versions() -> list[str]:
    versions = []
    for package in _PACKAGES:
        try:
            versions.append(version(package))
        except PackageNotFoundError:
            versions.append("")
    return versions
