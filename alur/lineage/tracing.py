"""Traces the plan of a pipeline to its facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import types as T

from alur.analysis.columns import Schema
from alur.contracts.columns import SOURCE_FILE, Column
from alur.lineage.digests import digest
from alur.lineage.expressions import Caveats
from alur.lineage.facts import PlanFacts, ReturnedColumn
from alur.lineage.fingerprints import PlanFingerprint, part_of
from alur.lineage.python_code import code_digest, read_code
from alur.lineage.relations import RelationTracer
from alur.lineage.sources import columns_of, name_of
from alur.lineage.traced import Relation, Traced, TracedColumn
from alur.lineage.uses import NONE, SourceColumn, Uses, deciding, used_as
from alur.pipelines.pipeline import Pipeline
from alur.pipelines.sources import FileSource, Source


@dataclass
class PlanRecord:
    """What a pipeline's function did when it was called on empty frames.

    Attributes:
        views: the plans of its temporary views, by name in lower case.
        caveats: such as rows that it asked for.
        code_matters: whether the plan does not show all that the function does.
        files: the files and folders that it read, with digests of their content.
    """

    views: dict[str, Any] = field(default_factory=dict)
    caveats: Caveats = field(default_factory=Caveats)
    code_matters: bool = False
    files: dict[str, str] = field(default_factory=dict)


def plan_facts(
    pipeline: Pipeline,
    plan: Any,
    schema: T.StructType,
    source_ids: Mapping[str, int],
    record: PlanRecord,
    names_of: Callable[[Any], list[str]],
) -> PlanFacts:
    """Return the facts of a pipeline from its plan.

    Args:
        plan: the root relation of the returned frame.
        schema: the frame's schema.
        source_ids: the ids of the sources' plans, by parameter.
        names_of: returns the engine's names for a relation's columns.
    """
    sources = {
        source_ids[name]: _relation(source, pipeline) for name, source in pipeline.sources.items()
    }
    tracer = RelationTracer(sources, record.views, names_of, record.caveats)
    relation = tracer.trace(plan)
    if len(relation.values) != len(schema.fields):
        return unknown_facts(pipeline, "the plan has columns that Alur cannot count", record)
    values = {
        returned.name: value for returned, value in zip(schema.fields, relation.values, strict=True)
    }
    types = {returned.name: returned.dataType.simpleString() for returned in schema.fields}
    columns: dict[str, Uses] = {}
    meanings: dict[str, tuple[str, ...]] = {}
    for column in pipeline.target.columns:
        value = values.get(column.name) if _is_returned(column) else None
        if value is None:
            columns[column.name] = NONE
            continue
        is_cast = types[column.name] != str(column.type)
        columns[column.name] = used_as(value.uses, "value") if is_cast else value.uses
        meanings[column.name] = (str(column.type), types[column.name], value.meaning)
    code = _code(pipeline, record) if record.code_matters else ""
    return PlanFacts(
        tuple(ReturnedColumn(f.name, types[f.name], f.nullable) for f in schema.fields),
        columns,
        relation.deciders,
        _fingerprint(pipeline, digest(relation.rows, code), meanings),
        tuple(record.caveats.entries),
        tuple(dict.fromkeys(tracer.joins)),
        record.files,
    )


def unknown_facts(pipeline: Pipeline, reason: str, record: PlanRecord) -> PlanFacts:
    """Return the facts of a pipeline without a plan: every column may use all columns of its sources."""
    uses = {
        SourceColumn(name_of(source), column.name): "value"
        for source in pipeline.sources.values()
        for column in columns_of(source, pipeline)
    }
    columns = {
        column.name: uses if _is_returned(column) else NONE for column in pipeline.target.columns
    }
    caused = PlanRecord(files=record.files)
    caused.caveats.add(reason)
    return PlanFacts(
        (),
        columns,  # type: ignore[arg-type]
        deciding(uses, "function"),
        PlanFingerprint(digest(_written(pipeline), _code(pipeline, caused))),
        tuple(caused.caveats.entries),
        files=record.files,
    )


def _code(pipeline: Pipeline, record: PlanRecord) -> str:
    """Return the digest of a pipeline's function where it tells more than the plan, with the files that it read."""
    _, parts = read_code(pipeline.function)
    record.caveats.add_unreadable(pipeline.name, parts)
    return digest(code_digest(pipeline.function), *sorted(record.files.items()))


def _fingerprint(
    pipeline: Pipeline, rows: str, meanings: Mapping[str, tuple[str, ...]]
) -> PlanFingerprint:
    """Return the fingerprint of a plan: of its rows, and of the columns by name."""
    written = _written(pipeline)
    # Where a column stands in the contract does not matter.
    all_parts = [part for name, parts in sorted(meanings.items()) for part in (name, *parts)]
    return PlanFingerprint(
        digest(written, rows, *all_parts),
        part_of(digest(written, rows)),
        tuple(
            part_of(digest(*meanings.get(column.name, ())))
            for column in sorted(pipeline.target.columns, key=lambda column: column.name)
        ),
    )


def _written(pipeline: Pipeline) -> str:
    """Return the digest of how rows enter the target, and of which rows they replace."""
    target, mode = pipeline.target, pipeline.write_mode
    replaced = (
        target.key if mode.needs_key else (),
        target.partition_by if mode.needs_partitions else (),
    )
    return digest(target.identifier, pipeline.mode, *replaced)


def _is_returned(column: Column) -> bool:
    """Return whether a function may return a column of its target: only Alur fills in those of a run."""
    return not column.system or column.name == SOURCE_FILE


def _relation(source: Source, pipeline: Pipeline) -> Relation:
    table = name_of(source)
    options = (source.format, source.options) if isinstance(source, FileSource) else ()
    rows = digest("source", table, options)
    columns = (
        TracedColumn.visible(
            column.name,
            Traced(
                {SourceColumn(table, column.name): "copy"},
                digest("column", table, options, column.name, column.type),
            ),
        )
        for column in columns_of(source, pipeline)
    )
    return Relation(Schema(tuple(columns)), base=rows)
