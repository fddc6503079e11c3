"""Watches a pipeline's requests to Sail: whether all of them are certified to give Spark's rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import types as T

from alur.analysis.call_sites import recorded_call_sites
from alur.analysis.findings import Finding
from alur.analysis.guard import Guard
from alur.runtime.engines.errors import reason
from alur.runtime.engines.requests import Observer, client_of, observed, plan_id, relation_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SHOWN = 3
"""The number of findings to show; further ones are only counted."""


class NotCertified(BaseException):
    """Stops a run on Sail whose rows may differ from Spark's; ``except Exception`` does not catch it.

    Attributes:
        findings: the reasons.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(in_one_line(findings))
        self.findings = findings


def in_one_line(findings: Sequence[Finding]) -> str:
    """Return the first findings in one line."""
    shown = [str(finding) for finding in findings[:_SHOWN]]
    more = len(findings) - len(shown)
    return "; ".join([*shown, f"and {more} more"] if more > 0 else shown)


@dataclass
class Watch:
    """The findings in the plans of one function.

    Attributes:
        stops: whether a run ends before it takes uncertified rows.
        has_given_rows: whether the function has asked for rows.
    """

    guard: Guard | None
    stops: bool
    has_given_rows: bool = False

    @property
    def findings(self) -> list[Finding]:
        """The findings so far."""
        return self.guard.findings if self.guard else []

    def refused(self, error: PySparkException) -> None:
        """Add a finding: Sail, or Spark Connect, refuses a request of the function.

        Raises:
            NotCertified: the run must move to Spark; not if the function only names missing columns.
        """
        if self.guard and not self.unresolved:
            self.guard.add("the function", f"Sail refuses it: {reason(error)}")
            self._stop_if_found()

    def check(self, frame: DataFrame) -> DataFrame:
        """Check the frame returned by a function; return the frame to run in its place.

        Raises:
            NotCertified: there are findings, and the run must stop.
            AnalysisException: Sail refuses the plan because it names missing columns.
        """
        if self.guard is None:
            return frame
        relation = relation_of(frame)
        schema = self.guard.read(relation)
        if not self.findings:
            frame = _frame_of(relation, frame)
        try:
            actual = frame.schema
        except AnalysisException as error:
            if self.unresolved:
                raise
            self.guard.add("the plan", f"Sail refuses it: {reason(error)}")
        else:
            if not self.findings and not _same(schema, actual):
                self.guard.add("the schema", _difference(schema, actual))
        self._stop_if_found()
        return frame

    def asked_for_schema(self, plan: Any) -> None:
        """Check a plan that the function analyses without reading a row.

        Raises:
            NotCertified: there are findings, and the run must stop; not for names alone, which Sail's error explains.
        """
        assert self.guard is not None
        self.guard.read(plan.root)
        if not self.unresolved:
            self._stop_if_found()

    def asked_for_rows(self, plan: Any) -> None:
        """Check a plan executed by the function.

        Raises:
            NotCertified: there are findings, and the run must stop.
        """
        assert self.guard is not None
        if plan.WhichOneof("op_type") == "command":
            self.guard.read_command(plan.command)
        else:
            self.has_given_rows = True
            self.guard.read(plan.root)
        self._stop_if_found()

    def set(self, name: str) -> None:
        """Add a finding: the function changes a setting.

        Raises:
            NotCertified: the run must stop.
        """
        assert self.guard is not None
        self.guard.add(f"the setting {name}", "nothing is certified with other settings")
        self._stop_if_found()

    @property
    def unresolved(self) -> Finding | None:
        """The first finding if all are unresolved names; Sail rejects those that do not exist at once."""
        findings = self.findings
        return findings[0] if findings and all(f.is_unresolved for f in findings) else None

    def _stop_if_found(self) -> None:
        if self.stops and self.findings:
            raise NotCertified(self.findings)


@contextmanager
def watched(
    frames: Mapping[str, DataFrame],
    root: Path,
    *,
    stops: bool,
    schemas: Mapping[str, T.StructType] | None = None,
    also: Observer | None = None,
) -> Iterator[Watch]:
    """Watch the function that receives these frames while it runs; do nothing on the JVM.

    Args:
        root: the project's folder; findings point at its lines.
        stops: whether to stop at uncertified rows.
        schemas: the schemas of the frames; by default the engine provides them.
        also: receives the requests, too.
    """
    client = next(filter(None, map(client_of, frames.values())), None)
    if client is None:
        yield Watch(None, stops)
        return
    with recorded_call_sites(root, client) as sites:
        known = schemas or {name: frame.schema for name, frame in frames.items()}
        sources = {plan_id(frame): known[name] for name, frame in frames.items()}
        watch = Watch(Guard(sources, sites.line_of), stops)
        with observed(client, watch, *([also] if also else [])):
            yield watch


def _frame_of(relation: Any, frame: Any) -> DataFrame:
    """Return the frame of another plan in the same session."""
    from pyspark.sql.connect.dataframe import DataFrame as ConnectFrame
    from pyspark.sql.connect.plan import LogicalPlan

    class Rewritten(LogicalPlan):
        """An existing plan."""

        def plan(self, session: Any) -> Any:
            return relation

    plan = Rewritten(None)
    # PySpark looks up columns of the frame by the id of its plan.
    plan._plan_id = relation.common.plan_id
    return cast("DataFrame", ConnectFrame.withPlan(plan, frame.sparkSession))


def _same(schema: T.StructType | None, actual: T.StructType) -> bool:
    return schema is not None and schema.simpleString() == actual.simpleString()


def _difference(schema: T.StructType | None, actual: T.StructType) -> str:
    if schema is None:
        return "the name of a column is uncertain; name it with alias"
    return f"its type is {schema.simpleString()} on Spark, {actual.simpleString()} on Sail"
