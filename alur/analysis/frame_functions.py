"""Reads Python functions over whole frames in a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import types as T

from alur.analysis.certificate import Certificate
from alur.analysis.columns import Schema
from alur.analysis.expressions import ExpressionReader
from alur.analysis.findings import Findings
from alur.analysis.nested_values import holds_floats
from alur.analysis.python_functions import function_kind, objections
from alur.analysis.reading import NO_SCHEMA, PartReader, Reader
from alur.analysis.scope import Scope
from alur.analysis.signatures import type_token


class FrameFunctions(PartReader):
    """Reads ``mapInPandas``, ``mapInArrow``, ``applyInPandas`` and ``cogroup``."""

    def __init__(
        self,
        certificate: Certificate,
        findings: Findings,
        read: Reader,
        expressions: ExpressionReader,
    ) -> None:
        super().__init__(findings, read, expressions)
        self._certificate = certificate

    @property
    def readers(self) -> Mapping[str, Reader]:
        """The reader of each kind of relation."""
        return {
            "map_partitions": lambda node: self._mapped(
                node, node.map_partitions.func, [self._read(node.map_partitions.input)]
            ),
            "group_map": self._grouped,
            "co_group_map": self._cogrouped,
        }

    def _grouped(self, node: Any) -> Schema:
        schema = self._read(node.group_map.input)
        self._keys(node.group_map.grouping_expressions, schema, node)
        return self._mapped(node, node.group_map.func, [schema])

    def _cogrouped(self, node: Any) -> Schema:
        grouped = node.co_group_map
        schemas = [self._read(grouped.input), self._read(grouped.other)]
        self._keys(grouped.input_grouping_expressions, schemas[0], node)
        self._keys(grouped.other_grouping_expressions, schemas[1], node)
        return self._mapped(node, grouped.func, schemas)

    def _keys(self, nodes: Sequence[Any], schema: Schema, node: Any) -> None:
        keys = self._expressions.read_all(nodes, Scope.of(schema))
        self._expressions.check_key("group by", keys, node)

    def _mapped(self, node: Any, function: Any, schemas: Sequence[Schema]) -> Schema:
        kind, returned = function_kind(function)
        subject = f"the Python function {function.function_name}"
        if kind is None or not isinstance(returned, T.StructType):
            self._findings.add(subject, "its kind or type is unknown", node)
            return NO_SCHEMA
        received = [column.column.type for schema in schemas for column in schema.columns]
        types = [type_ for type_ in received if type_ is not None]
        types += [field.dataType for field in returned.fields]
        for type_, reason in objections(self._certificate, kind, types):
            self._findings.add(f"{subject} ({kind}, {type_token(type_)})", reason, node)
        self._keep_one_nan(subject, returned, node)
        return Schema.of((field.name, field.dataType) for field in returned.fields)

    def _keep_one_nan(self, subject: str, returned: T.StructType, node: Any) -> None:
        floats = [field for field in returned.fields if holds_floats(field.dataType)]
        can_replace = self._expressions.can_replace_nans
        if floats and all(can_replace(subject, field.dataType, node) for field in floats):
            names = [field.name for field in floats]
            self._expressions.rewrites.one_nan_of_columns(node, names)
