"""Builds one multi-asset of a project's tables: any subset runs in one step, on one engine, in the graph's order."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import dagster as dg

from alur.pipelines.sources import FileSource
from alur.project.project import Project
from alur.project.settings import LOCAL
from alur.runtime.facts_cache import kept_facts
from alur.site.datasets import datasets_of, page_of
from alur_dagster.docs import docs_metadata
from alur_dagster.lineage import lineage_metadata
from alur_dagster.translator import AlurTranslator

# No `from __future__ import annotations` here: Dagster needs the annotation of `context` as a class.


def build_assets(
    project: Project, translator: AlurTranslator, environment: str = LOCAL
) -> dg.AssetsDefinition:
    """Return one subsettable multi-asset for the whole graph.

    Its runs write the tables of an environment on this machine.

    All tables share one step, so one engine serves the run, and a failed pipeline stops only its dependents. Dagster
    itself would skip every step behind a failed one.
    """
    pipelines = [project.pipeline(name) for name in project.graph.order()]
    # Without an engine: a run finds out what is not known yet.
    known = kept_facts(project)
    specs = [
        translator.get_asset_spec(pipeline).merge_attributes(
            metadata=lineage_metadata(pipeline, known.get(pipeline.name), translator)
            | docs_metadata(project, page_of(pipeline.target))
        )
        for pipeline in pipelines
    ]
    checks = [check for pipeline in pipelines for check in translator.get_check_specs(pipeline)]
    outputs = _output_names([*specs, *checks])
    keys_by_output = {outputs[spec.key]: spec.key for spec in specs}
    checks_by_output = {outputs[check.key]: check for check in checks}

    @dg.op(
        name="alur",
        out={output: dg.Out(dg.Nothing, is_required=False) for output in outputs.values()},
        required_resource_keys={"pyspark"},
    )
    def alur(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        # Dagster can show the project without PySpark and PyIceberg, whose import takes longer than everything else.
        from alur_dagster.running import Materialization

        yield from Materialization(project, translator, context, environment).results()

    # This equals @dg.multi_asset without its empty inputs and its search through all tables for each check, which take
    # time quadratic in the size of the project.
    return dg.AssetsDefinition(
        node_def=alur,
        specs=specs,
        keys_by_output_name=keys_by_output,
        check_specs_by_output_name=checks_by_output,
        can_subset=True,
    )


def _output_names(
    specs: Iterable[dg.AssetSpec | dg.AssetCheckSpec],
) -> dict[dg.AssetKey | dg.AssetCheckKey, str]:
    """Return an output's name for each asset and check.

    Dagster's own names join parts by underscores: a check ``address_id_unique`` of ``customer`` would have the same
    name as the check ``id_unique`` of ``customer_address``, and one of them would be lost.
    """
    names: dict[dg.AssetKey | dg.AssetCheckKey, str] = {}
    taken: set[str] = set()
    for spec in specs:
        plain = re.sub(r"[^A-Za-z0-9_]", "_", "__".join(_parts(spec)))
        name, count = plain, 1
        while name in taken:
            count += 1
            name = f"{plain}_{count}"
        taken.add(name)
        names[spec.key] = name
    return names


def _parts(spec: dg.AssetSpec | dg.AssetCheckSpec) -> list[str]:
    if isinstance(spec, dg.AssetSpec):
        return [*spec.key.path]
    return [*spec.asset_key.path, spec.name]


def landing_assets(project: Project, translator: AlurTranslator) -> list[dg.AssetsDefinition]:
    """Return the external files the project reads, each once, in one definition that is never executed."""
    sources_of: dict[dg.AssetKey, list[FileSource]] = {}
    for pipeline in project.pipelines:
        for source in pipeline.file_sources.values():
            sources_of.setdefault(translator.get_landing_key(source), []).append(source)
    pages = datasets_of(project)
    specs = [
        translator.get_landing_spec(*sources).merge_attributes(
            metadata=docs_metadata(project, pages[sources[0].pattern].page)
        )
        for sources in sources_of.values()
    ]
    return [dg.AssetsDefinition(specs=specs)] if specs else []
