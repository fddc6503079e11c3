"""Runs pipelines of a project in the order of its graph."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from alur.errors import AlurError, EngineError, QualityError
from alur.pipelines.pipeline import Pipeline
from alur.project.project import Project
from alur.runtime.engines.engine import another_session
from alur.runtime.engines.errors import reason
from alur.runtime.engines.watching import NotCertified
from alur.runtime.results import Event, Failed, Notice, Observer, Skipped, Started, Succeeded
from alur.runtime.run import run_pipeline
from alur.runtime.runtime import Runtime
from alur.runtime.unchanged import is_unchanged

Outcome = Succeeded | Failed | Skipped


def run_graph(
    project: Project,
    names: Iterable[str] | None,
    runtime: Runtime,
    observe: Observer,
    *,
    skip_unchanged: bool = False,
) -> Iterator[Outcome]:
    """Run the named pipelines, by default all, in the order of their dependencies; yield each one's end.

    After a failure, skip the dependent pipelines and run the others.

    Args:
        skip_unchanged: whether to skip pipelines whose sources and code are those of their last run.
    """
    failed: dict[str, str] = {}
    for name in project.graph.order(names):
        cause = next((failed[p] for p in project.graph.parents[name] if p in failed), None)
        if cause or (skip_unchanged and is_unchanged(project.pipeline(name), runtime)):
            outcome: Outcome = Skipped(name, cause)
        else:
            outcome = _attempt(project, name, runtime, observe)
        if cause or isinstance(outcome, Failed):
            failed[name] = cause or name
        observe(outcome)
        yield outcome


def _attempt(
    project: Project, name: str, runtime: Runtime, observe: Observer
) -> Succeeded | Failed:
    notices: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Notice):
            notices.append(event.text)
        observe(event)

    try:
        ended = _ended(project, name, runtime, listen)
    except QualityError as error:
        return Failed(name, error, error.results)
    except AlurError as error:
        return Failed(name, error)
    except (PySparkException, Py4JError, ConnectionError) as error:
        return Failed(name, _engine_lost(project.pipeline(name), error))
    return replace(ended, notices=tuple(notices)) if isinstance(ended, Succeeded) else ended


def _ended(project: Project, name: str, runtime: Runtime, observe: Observer) -> Succeeded | Failed:
    pipeline = project.pipeline(name)
    run_id = runtime.run_id or uuid.uuid4().hex
    runtime = replace(runtime, run_id=run_id)
    observe(Started(name, run_id))
    if not runtime.always_elsewhere:
        try:
            with another_session(runtime.session, project.root) as session:
                for key, value in runtime.session_settings.items():
                    session.conf.set(key, value)
                return run_pipeline(pipeline, replace(runtime, session=session), observe)
        except NotCertified as refusal:
            observe(Notice(name, f"{refusal}; ran on Spark"))
    assert runtime.elsewhere
    plan = runtime.plan_of(pipeline)
    known = replace(runtime, plans={name: plan} if plan else {})
    return runtime.elsewhere.run(name, known, observe)


def _engine_lost(pipeline: Pipeline, error: Exception) -> AlurError:
    """Return the error that ended the pipeline and broke its session; else an error for a session that cannot open."""
    if isinstance(error.__context__, AlurError):
        return error.__context__
    return EngineError(
        f"{pipeline.name}: the engine failed: {reason(error)}",
        where=pipeline.location,
        remedy="run the pipeline again; if the engine fails again, try the other one",
    )
