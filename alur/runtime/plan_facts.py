"""Calls each pipeline on empty frames and reads its facts from the plan, without reading a row."""

from __future__ import annotations

import signal
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pyspark.errors import PySparkException

from alur.errors import TransformError
from alur.lineage.facts import PlanFacts
from alur.lineage.opened_files import opened_files
from alur.lineage.tracing import PlanRecord, plan_facts, unknown_facts
from alur.lineage.varying import CAVEAT, OtherPlan, without_varying
from alur.pipelines.pipeline import Pipeline
from alur.project.project import Project
from alur.project.user_output import stdout_to_stderr
from alur.runtime.dry_run import empty_frames
from alur.runtime.engines.engine import another_session, open_session
from alur.runtime.engines.errors import reason
from alur.runtime.engines.requests import client_of, observed, plan_id, relation_of
from alur.runtime.engines.watching import Watch
from alur.runtime.exits import contained_exits
from alur.runtime.facts_cache import FactsCache
from alur.runtime.transforming import called

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

FAILURES = ("without rows, ", "Sail refuses the plan: ")
"""The beginnings of caveats of a function that fails on empty frames, and of one whose plan does."""

_SECONDS = 10.0
"""The time after which a function without rows is stopped."""
_WRITES = frozenset(
    [
        "write_operation",
        "write_operation_v2",
        "write_stream_operation_start",
        "streaming_query_command",
    ]
)


class _Stopped(BaseException):
    """Stops a function that does more than to build a plan; ``except Exception`` does not catch it."""


def project_facts(
    project: Project, names: Iterable[str] | None = None, session: SparkSession | None = None
) -> dict[str, PlanFacts]:
    """Return the facts of all pipelines, or of those named, in the order of the graph.

    Facts of unchanged pipelines come from a file in ``.alur``; without changes, no engine starts.

    Args:
        session: an open session of Sail; by default Sail starts if it is needed.

    Raises:
        EngineError: Sail is not installed.
    """
    cache = FactsCache.of(project)
    pipelines = [project.pipeline(name) for name in project.graph.order(names)]
    facts = {pipeline.name: cache.get(pipeline) for pipeline in pipelines}
    missing = [pipeline for pipeline in pipelines if facts[pipeline.name] is None]
    if missing:
        with _session(session) as opened:
            for pipeline in missing:
                known = facts_of(pipeline, opened, project.root, may_vary=cache.may_vary(pipeline))
                facts[pipeline.name] = known
                cache.put(pipeline, known)
        cache.write()
    return {name: known for name, known in facts.items() if known is not None}


def plan_texts(facts: Mapping[str, PlanFacts]) -> dict[str, str]:
    """Return the fingerprints of pipelines as texts, for the record of a run."""
    return {name: str(known.meaning) for name, known in facts.items()}


@contextmanager
def _session(opened: SparkSession | None) -> Iterator[SparkSession]:
    if opened is not None:
        with another_session(opened) as own:
            yield own
        return
    with open_session("sail") as first, another_session(first) as own:
        yield own


def facts_of(
    pipeline: Pipeline, session: SparkSession, root: Path, *, may_vary: bool = False
) -> PlanFacts:
    """Return the facts of one pipeline.

    Args:
        session: a session of Sail.
        root: the project's folder.
        may_vary: whether its function may use the time, or chance, and is to be called twice.
    """
    with _quiet():
        return _facts(pipeline, session, root, may_vary)


def _facts(pipeline: Pipeline, session: SparkSession, root: Path, may_vary: bool) -> PlanFacts:
    recorder = CallRecorder(stops_writes=True)
    try:
        frames, frame = _call(pipeline, session, root, recorder)
        plan = relation_of(frame)
        if may_vary:
            another = CallRecorder(stops_writes=True)
            _, again = _call(pipeline, session, root, another)
            recorder.compare(another, plan, relation_of(again))
        return facts_of_call(pipeline, session, frames, frame, recorder, plan)
    except OtherPlan:
        why = CAVEAT
    except TransformError as error:
        why = f"{FAILURES[0]}{error.message}"
    except PySparkException as error:
        why = f"{FAILURES[1]}{reason(error)}"
    except _Stopped as error:
        why = str(error)
    return unknown_facts(pipeline, why, recorder.record)


def _call(
    pipeline: Pipeline, session: SparkSession, root: Path, recorder: CallRecorder
) -> tuple[Mapping[str, DataFrame], DataFrame]:
    """Call a function on empty frames, and return these and its frame."""
    frames = empty_frames(pipeline, session)
    with contained_exits(), observed(session.client, recorder), recorder.reading(root), _limited():
        return frames, called(pipeline, frames, root, Watch(None, stops=False))


def facts_of_call(
    pipeline: Pipeline,
    session: SparkSession,
    frames: Mapping[str, DataFrame],
    returned: DataFrame,
    recorder: CallRecorder,
    plan: Any = None,
) -> PlanFacts:
    """Return the facts of a pipeline from a call of its function.

    Args:
        session: a session of Sail, that of the frames.
        frames: the frames of its sources, by parameter.
        recorder: observed the call.
        plan: the plan of the returned frame, if it is not as it was returned.

    Raises:
        PySparkException: Sail refuses the plan.
    """
    client = session.client
    if client_of(returned) is not client:
        why = "the function returns a frame of another session"
        return unknown_facts(pipeline, why, recorder.record)
    ids = {name: plan_id(source) for name, source in frames.items()}
    plan = plan or relation_of(returned)
    return plan_facts(pipeline, plan, returned.schema, ids, recorder.record, _names(client))


def _names(client: Any) -> Any:
    """Return a function that returns the engine's names for a relation's columns."""
    from pyspark.sql.connect.proto import base_pb2

    def names_of(relation: Any) -> list[str]:
        plan = base_pb2.Plan()
        plan.root.CopyFrom(relation)
        return list(client.schema(plan).names)

    return names_of


class CallRecorder:
    """Records what a function does besides building a plan.

    Attributes:
        stops_writes: whether to stop a function that writes by itself.
        asked: whether the function has asked for rows, so that its plan may depend on them.
    """

    def __init__(self, *, stops_writes: bool) -> None:
        self.record = PlanRecord()
        self.stops_writes = stops_writes
        self.asked = False

    @contextmanager
    def reading(self, root: Path) -> Iterator[None]:
        """Record the files that the function reads."""
        with opened_files(root, self.record.files):
            yield

    def compare(self, another: CallRecorder, plan: Any, other: Any) -> None:
        """Take values that differ in another call of the function out of its plan and its views.

        Raises:
            OtherPlan: the plans differ in more than in values.
        """
        views, others = self.record.views, another.record.views
        if views.keys() != others.keys():
            raise OtherPlan
        pairs = [(plan, other), *((view, others[name]) for name, view in views.items())]
        if sum(without_varying(*pair) for pair in pairs):
            self._code_matters(CAVEAT)

    def asked_for_rows(self, plan: Any) -> None:
        """Record a request for rows, or a command."""
        if plan.WhichOneof("op_type") != "command":
            self.asked = True
            self._code_matters("the function looks at rows while it builds its plan")
            return
        kind = plan.command.WhichOneof("command_type")
        if kind == "create_dataframe_view":
            view = plan.command.create_dataframe_view
            copied = type(view.input)()
            copied.CopyFrom(view.input)
            self.record.views[view.name.lower()] = copied
        elif kind in _WRITES:
            self.asked = True
            if self.stops_writes:
                raise _Stopped("the function writes by itself")
        elif kind != "sql_command":
            self._code_matters("the function registers Python functions")

    def asked_for_schema(self, plan: Any) -> None:
        """Ignore it: the schema follows from the contracts."""

    def set(self, name: str) -> None:
        """Record a changed setting."""
        self._code_matters(f"the function changes the setting {name}")

    def _code_matters(self, caveat: str) -> None:
        self.record.caveats.add(caveat)
        self.record.code_matters = True


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the function prints from standard output; its warnings concern runs."""
    with stdout_to_stderr(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _limited() -> Iterator[None]:
    """Stop what takes too long; only the main thread can be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise _Stopped(f"the function takes more than {_SECONDS:g} s without a row")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, _SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
