"""Finds uncertified parts of a plan, where Sail may give other rows than Spark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyspark.sql import types as T

from alur.analysis.certificate import Certificate, certificate
from alur.analysis.columns import Schema
from alur.analysis.findings import Finding, Findings
from alur.analysis.relations import RelationReader
from alur.analysis.rewriting import Rewrites
from alur.errors import Location

_COMMANDS = {
    "sql_command": "a whole SQL statement",
    "register_function": "a registered Python function",
    "register_table_function": "a registered Python function",
    "write_operation": "writing files",
    "write_operation_v2": "writing a table",
}
"""Users' names for the commands of Spark Connect."""


class Guard:
    """Reads the plans of one pipeline.

    Args:
        sources: the schemas of the pipeline's source frames, by plan id.
        line_of: returns the user's line behind a node of a plan.
    """

    def __init__(
        self,
        sources: Mapping[int, T.StructType],
        line_of: Callable[[Any], Location | None] = lambda _: None,
        certified: Certificate | None = None,
    ) -> None:
        self._certificate = certified or certificate()
        self._findings = Findings(line_of)
        self._views: dict[str, Schema] = {}
        self._rewrites = Rewrites()
        self._relations = RelationReader(
            self._certificate, self._findings, sources, self._views, self._rewrites
        )

    @property
    def findings(self) -> list[Finding]:
        """The findings so far."""
        return list(self._findings.entries)

    def read(self, relation: Any) -> T.StructType | None:
        """Read a relation and return its schema; None if it is unknown.

        Without findings, also rewrite the relation to make Sail match Spark.
        """
        return self._read(relation).struct()

    def _read(self, relation: Any) -> Schema:
        schema = self._relations.read(relation)
        if self._findings.entries:
            self._rewrites.forget()
        else:
            self._rewrites.apply()
        return schema

    def read_command(self, command: Any) -> None:
        """Read a command of the user's code; only the creation of a view stays within the session."""
        kind = command.WhichOneof("command_type")
        if kind != "create_dataframe_view":
            self.add(_COMMANDS.get(kind, kind), "Alur cannot analyze it")
            return
        view = command.create_dataframe_view
        schema = self._read(view.input)
        if not view.is_global:
            self._views[view.name] = schema

    def add(self, subject: str, reason: str) -> None:
        """Add a finding outside any plan."""
        self._findings.entries[Finding(subject, reason)] = None
