"""Reads what pipelines mean from the plans of their runs, so that a run calls each function only once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from alur.lineage.facts import PlanFacts
from alur.pipelines.pipeline import Pipeline
from alur.project.project import Project
from alur.runtime.engines.engine import another_session
from alur.runtime.engines.requests import client_of
from alur.runtime.facts_cache import FactsCache
from alur.runtime.plan_facts import CallRecorder, facts_of, facts_of_call

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@contextmanager
def reading_plans(project: Project) -> Iterator[RunPlans]:
    """Yield a reader of the plans of a project's runs; at the end, keep what it has read."""
    plans = RunPlans(project.root, FactsCache.of(project))
    try:
        yield plans
    finally:
        if plans.cache.is_changed:
            plans.cache.write()


class RunPlans:
    """The plans of a project's runs: those read meanwhile, or else those known from before.

    Attributes:
        root: the project's folder.
    """

    def __init__(self, root: Path, cache: FactsCache) -> None:
        self.root = root
        self.cache = cache
        self._read: dict[str, PlanFacts] = {}

    def facts(self, pipeline: Pipeline) -> PlanFacts | None:
        """Return the facts of a pipeline; None if they are not known yet."""
        return self._read.get(pipeline.name) or self.cache.get(pipeline)

    def fingerprint(self, pipeline: Pipeline) -> str | None:
        """Return the fingerprint that a run of a pipeline records; None if it is not known yet."""
        facts = self.facts(pipeline)
        return None if facts is None else str(facts.meaning)

    def call_of(self, pipeline: Pipeline) -> RunCall:
        """Return an observer for the call of a function."""
        return RunCall(self, pipeline)

    def keep(self, pipeline: Pipeline, facts: PlanFacts) -> None:
        """Keep the facts of a pipeline."""
        self.cache.put(pipeline, facts)
        self._read[pipeline.name] = facts


class RunCall(CallRecorder):
    """The call of a pipeline's function in a run."""

    def __init__(self, plans: RunPlans, pipeline: Pipeline) -> None:
        super().__init__(stops_writes=False)
        self._plans = plans
        self._pipeline = pipeline

    def read(self, frames: Mapping[str, DataFrame], returned: DataFrame) -> None:
        """Read the facts of the pipeline, if the call was on Sail."""
        if not any(map(client_of, frames.values())):
            return
        try:
            facts = self._facts(frames, returned)
        except Exception:
            # Whatever prevents it, the run must go on; it reports the error if it meets it.
            return
        self._plans.keep(self._pipeline, facts)

    def _facts(self, frames: Mapping[str, DataFrame], returned: DataFrame) -> PlanFacts:
        session = next(iter(frames.values())).sparkSession
        varies = self._plans.cache.may_vary(self._pipeline)
        if not self.asked and not varies:
            return facts_of_call(self._pipeline, session, frames, returned, self)
        # The plan may depend on the rows or the time, and its fingerprint must not.
        if known := self._plans.cache.get(self._pipeline):
            return known
        with another_session(session) as own:
            return facts_of(self._pipeline, own, self._plans.root, may_vary=varies)
