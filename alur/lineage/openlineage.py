"""Describes runs of pipelines as OpenLineage's events (https://openlineage.io/docs/spec)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from alur import __version__
from alur.lineage.facts import PlanFacts
from alur.lineage.sources import name_of
from alur.lineage.uses import How, Reason, SourceColumn, Uses
from alur.pipelines.pipeline import Pipeline

_SPEC = "https://openlineage.io/spec"
_PRODUCER = f"urn:alur:{__version__}"
_USES: Mapping[How, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "copy": (("DIRECT", "IDENTITY"),),
        "value": (("DIRECT", "TRANSFORMATION"),),
        "aggregate": (("DIRECT", "AGGREGATION"),),
        "window": (("DIRECT", "AGGREGATION"), ("INDIRECT", "WINDOW")),
        "condition": (("INDIRECT", "CONDITIONAL"),),
    }
)
_REASONS: Mapping[Reason, str] = MappingProxyType(
    {
        "filter": "FILTER",
        "join": "JOIN",
        "group": "GROUP_BY",
        "distinct": "GROUP_BY",
        "order": "SORT",
        "explode": "FILTER",
        "set": "FILTER",
        "function": "FILTER",
    }
)


@dataclass(frozen=True, slots=True)
class PipelineRun:
    """A pipeline's run, at its start or its end.

    Attributes:
        run_id: a UUID.
        rows: the number of rows of the table; None if it was not written.
        error: why the run failed; None if it did not.
    """

    pipeline: Pipeline
    run_id: str
    at: datetime
    state: Literal["START", "COMPLETE", "FAIL"]
    rows: int | None = None
    error: str | None = None


def run_event(run: PipelineRun, namespace: str, facts: PlanFacts | None) -> dict[str, Any]:
    """Return the event of a run's start or end.

    Args:
        namespace: the namespace of jobs and data sets, the same for all pipelines of a project.
        facts: the lineage of columns, if it is known.
    """
    target = run.pipeline.target
    facets = {"schema": _schema(run.pipeline)}
    if facts is not None:
        facets["columnLineage"] = _column_lineage(facts, namespace)
    output: dict[str, Any] = {"namespace": namespace, "name": target.identifier, "facets": facets}
    if run.rows is not None:
        statistics = _facet("1-0-2/OutputStatisticsOutputDatasetFacet", rowCount=run.rows)
        output["outputFacets"] = {"outputStatistics": statistics}
    error = {}
    if run.error is not None:
        message = {"message": run.error, "programmingLanguage": "PYTHON"}
        error = {"errorMessage": _facet("1-0-1/ErrorMessageRunFacet", **message)}
    return {
        "eventType": run.state,
        "eventTime": run.at.isoformat(),
        "producer": _PRODUCER,
        "schemaURL": f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {
            "runId": str(uuid.UUID(run.run_id)),
            "facets": error,
        },
        "job": {"namespace": namespace, "name": run.pipeline.name},
        "inputs": [
            {"namespace": namespace, "name": name}
            for name in dict.fromkeys(map(name_of, run.pipeline.sources.values()))
        ],
        "outputs": [output],
    }


def _facet(name: str, **values: Any) -> dict[str, Any]:
    """Return a facet; its name holds the version of its schema."""
    definition = name.partition("/")[2]
    url = f"{_SPEC}/facets/{name}.json#/$defs/{definition}"
    return {"_producer": _PRODUCER, "_schemaURL": url, **values}


def _schema(pipeline: Pipeline) -> dict[str, Any]:
    fields = [
        {"name": c.name, "type": str(c.type), "description": c.description}
        for c in pipeline.target.columns
    ]
    return _facet("1-1-1/SchemaDatasetFacet", fields=fields)


def _column_lineage(facts: PlanFacts, namespace: str) -> dict[str, Any]:
    rows = [
        _input(source, namespace, [("INDIRECT", _REASONS[reason]) for reason in sorted(reasons)])
        for source, reasons in facts.row_deciders.items()
    ]
    fields = {
        name: {"inputFields": _inputs(uses, namespace)}
        for name, uses in facts.columns.items()
        if uses
    }
    return _facet("1-2-0/ColumnLineageDatasetFacet", fields=fields, dataset=rows)


def _inputs(uses: Uses, namespace: str) -> list[dict[str, Any]]:
    return [_input(source, namespace, _USES[how]) for source, how in uses.items()]


def _input(source: SourceColumn, namespace: str, kinds: Any) -> dict[str, Any]:
    return {
        "namespace": namespace,
        "name": source.table,
        "field": source.column,
        "transformations": [{"type": kind, "subtype": subtype} for kind, subtype in kinds],
    }
