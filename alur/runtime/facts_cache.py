"""Keeps the facts of pipelines in a file, by everything they depend on."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from alur import __version__
from alur.lineage.digests import digest
from alur.lineage.facts import PlanFacts
from alur.lineage.opened_files import content_digest
from alur.lineage.python_code import read_code
from alur.lineage.source_text import SourceTexts
from alur.pipelines.pipeline import Pipeline
from alur.project.project import Project
from alur.runtime.kept_texts import keep_entries, keep_texts, kept_entries, source_texts

_PACKAGES = ("pyspark", "pysail", "sqlglot")
_FACTS = "facts.json"


@dataclass
class FactsCache:
    """The facts in a file; an unreadable file counts as empty.

    Attributes:
        root: the project's folder.
        entries: the facts and the key of each pipeline, as in the file.
        texts: the texts of the project's modules.
        is_changed: whether the facts differ from those in the file.
    """

    root: Path
    entries: dict[str, Any]
    texts: SourceTexts
    is_changed: bool = False
    _versions: str = field(default_factory=lambda: digest(__version__, sys.version, *_versions()))
    _keys: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, project: Project) -> FactsCache:
        """Return the cache of a project."""
        names = {pipeline.name for pipeline in project.pipelines}
        kept = kept_entries(project.root, _FACTS)
        entries = {name: entry for name, entry in kept.items() if name in names}
        cache = cls(project.root, entries, source_texts(project))
        for pipeline in project.pipelines:
            # Taken at once, for a file may change while its code runs.
            cache._key(pipeline)
        return cache

    def get(self, pipeline: Pipeline) -> PlanFacts | None:
        """Return the facts of an unchanged pipeline; None if it has changed."""
        try:
            entry = self.entries[pipeline.name]
            if entry["key"] == self._key(pipeline):
                facts = PlanFacts.of_data(entry["facts"])
                return facts if self._has_read_the_same(facts) else None
        except (AttributeError, KeyError, TypeError, ValueError):
            pass
        return None

    def put(self, pipeline: Pipeline, facts: PlanFacts) -> None:
        """Keep the facts of a pipeline."""
        entry = {"key": self._key(pipeline), "facts": facts.as_data()}
        self.is_changed |= self.entries.get(pipeline.name) != entry
        self.entries[pipeline.name] = entry

    def may_vary(self, pipeline: Pipeline) -> bool:
        """Return whether the code of a pipeline may use the time, or chance."""
        return self.texts.may_vary(pipeline.module)

    def write(self) -> None:
        """Write the files atomically; a folder that cannot be written costs only time."""
        keep_entries(self.root, _FACTS, self.entries)
        keep_texts(self.root, self.texts)

    def _has_read_the_same(self, facts: PlanFacts) -> bool:
        return all(
            content_digest(str(self.root / path)) == known for path, known in facts.files.items()
        )

    def _key(self, pipeline: Pipeline) -> str:
        if pipeline.name not in self._keys:
            self._keys[pipeline.name] = digest(
                self._versions,
                self.texts.digest(pipeline.module),
                self.texts.digest(getattr(pipeline.function, "__module__", None) or ""),
                read_code(pipeline.function)[0],
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
