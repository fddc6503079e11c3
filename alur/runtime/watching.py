"""Watches what a pipeline's function asks of Sail: whether all of it is certified to give Spark's rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.errors import AnalysisException
from pyspark.sql import types as T

from alur.analysis.call_sites import CallSites, recorded_call_sites
from alur.analysis.findings import Finding
from alur.analysis.guard import Guard
from alur.runtime.engine_errors import reason

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class NotCertified(BaseException):
    """Stops a function that asks Sail for rows which may not be Spark's; no ``except Exception`` of its own holds it."""


@dataclass
class Watch:
    """What is found in the plans of one function.

    Attributes:
        stops: whether the function ends where it asks for rows of a plan that is not certified.
        refusal: why Sail cannot make anything of the last plan.
    """

    guard: Guard | None
    stops: bool
    refusal: AnalysisException | None = field(default=None, init=False)

    @property
    def findings(self) -> list[Finding]:
        """What has been found so far."""
        return self.guard.findings if self.guard else []

    def check(self, frame: DataFrame) -> None:
        """Find what is not certified in a frame's plan, and whether Sail gives it Spark's schema."""
        if self.guard is None:
            return
        schema = self.guard.read(_relation(frame))
        try:
            actual = frame.schema
        except AnalysisException as error:
            self.refusal = error
            self.guard.add("the plan", f"Sail refuses it: {reason(error)}")
            return
        if not self.findings and not _same(schema, actual):
            self.guard.add("the schema", _difference(schema, actual))

    def asked(self, plan: Any) -> None:
        """Find what is not certified in a plan of which the function wants the rows or the schema.

        Raises:
            NotCertified: there is something, and the function is to stop.
        """
        assert self.guard is not None
        if plan.WhichOneof("op_type") == "command":
            self.guard.read_command(plan.command)
        else:
            self.guard.read(plan.root)
        self._stop_if_found()

    def set(self, name: str) -> None:
        """Find that the function changes a setting."""
        assert self.guard is not None
        self.guard.add(f"the setting {name}", "no function is certified with other settings")
        self._stop_if_found()

    def _stop_if_found(self) -> None:
        if self.stops and self.findings:
            raise NotCertified


@contextmanager
def watched(frames: Mapping[str, DataFrame], root: Path, *, stops: bool) -> Iterator[Watch]:
    """Watch the function that gets these frames while it runs; on the JVM there is nothing to watch.

    Args:
        root: the project's folder, whose lines findings point at.
        stops: whether it is to stop at rows that are not certified.
    """
    sessions = [frame.sparkSession for frame in frames.values()]
    client = getattr(sessions[0], "client", None) if sessions else None
    if client is None:
        yield Watch(None, stops)
        return
    sources = {frame._plan._plan_id: frame.schema for frame in frames.values()}  # type: ignore[attr-defined]
    with recorded_call_sites(root, client) as sites:
        watch = Watch(_guard(sources, sites), stops)
        with _hooked(client, watch):
            yield watch


def _guard(sources: Mapping[int, T.StructType], sites: CallSites) -> Guard:
    return Guard(sources, sites.line_of)


@contextmanager
def _hooked(client: Any, watch: Watch) -> Iterator[None]:
    """Has a client ask the watch before it asks the engine."""

    def before_request(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(request: Any, *arguments: Any, **named: Any) -> Any:
            watch.asked(request.plan)
            return method(request, *arguments, **named)

        return call

    def analyze(method: str, **named: Any) -> Any:
        if plan := named.get("plan"):
            watch.asked(plan)
        return type(client)._analyze(client, method, **named)

    def config(operation: Any) -> Any:
        kind = operation.WhichOneof("op_type")
        if kind == "set":
            watch.set(", ".join(pair.key for pair in operation.set.pairs))
        elif kind == "unset":
            watch.set(", ".join(operation.unset.keys))
        return type(client).config(client, operation)

    client._execute = before_request(client._execute)
    client._execute_and_fetch_as_iterator = before_request(client._execute_and_fetch_as_iterator)
    client._analyze, client.config = analyze, config
    try:
        yield
    finally:
        for name in ("_execute", "_execute_and_fetch_as_iterator", "_analyze", "config"):
            delattr(client, name)


def _relation(frame: Any) -> Any:
    return frame._plan.to_proto(frame.sparkSession.client).root


def _same(schema: T.StructType | None, actual: T.StructType) -> bool:
    return schema is not None and schema.simpleString() == actual.simpleString()


def _difference(schema: T.StructType | None, actual: T.StructType) -> str:
    if schema is None:
        return "the name of a column is not certain; give it one with alias"
    return f"Spark gives {schema.simpleString()}, Sail {actual.simpleString()}"
