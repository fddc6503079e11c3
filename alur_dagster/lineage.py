"""Converts the facts of a pipeline into Dagster's column lineage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from alur.lineage.facts import PlanFacts
from alur.lineage.sources import name_of
from alur.lineage.uses import FROM, Uses
from alur.pipelines.pipeline import Pipeline
from alur_dagster import markdown
from alur_dagster.translator import AlurTranslator


def lineage_metadata(
    pipeline: Pipeline, facts: PlanFacts | None, translator: AlurTranslator
) -> dict[str, Any]:
    """Return the lineage of a table's columns, for Dagster's own views and as a table to read; empty if it is unknown."""
    if facts is None:
        return {}
    keys = {name_of(s): translator.get_source_key(s) for s in pipeline.sources.values()}
    rows = [
        {"column": name, "comes from": _in_words(uses)}
        for name, uses in facts.columns.items()
        if uses
    ]
    deciders = ", ".join(map(str, facts.row_deciders))
    if deciders:
        rows.append({"column": "(rows)", "comes from": deciders})
    return {
        "dagster/column_lineage": _column_lineage(facts.columns, keys),
        "alur/lineage": dg.MetadataValue.md(markdown.table(rows)),
        **({"alur/lineage_caveats": "; ".join(facts.caveats)} if facts.caveats else {}),
    }


def _column_lineage(
    columns: Mapping[str, Uses], keys: Mapping[str, dg.AssetKey]
) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            name: [
                dg.TableColumnDep(asset_key=keys[source.table], column_name=source.column)
                for source in uses
            ]
            for name, uses in columns.items()
            if uses
        }
    )


def _in_words(uses: Uses) -> str:
    return ", ".join(f"{FROM[how]} {column}" for column, how in uses.items())
