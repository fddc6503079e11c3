"""All of a project's tables as one multi-asset: any subset runs in one step, on one engine, in the graph's order."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import dagster as dg

from alur.pipelines.sources import FileSource
from alur.project.project import Project
from alur_dagster.translator import AlurTranslator

# No `from __future__ import annotations` here: Dagster reads the annotation of `context` as it stands.


def build_assets(project: Project, translator: AlurTranslator) -> dg.AssetsDefinition:
    """One subsettable multi-asset for the whole graph.

    One step for all means that one engine serves the run, and that a failed pipeline stops only those that wait for
    it; Dagster itself would skip every step behind a failed one.
    """
    pipelines = [project.pipeline(name) for name in project.graph.order()]
    specs = [translator.get_asset_spec(pipeline) for pipeline in pipelines]
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
        # PySpark and PyIceberg take longer to import than all that Dagster needs to show the project.
        from alur_dagster.running import Materialization

        yield from Materialization(project, translator, context).results()

    # What @dg.multi_asset makes, but for inputs that carry nothing, and for a search through all tables for each check:
    # both take time that grows with the square of the project.
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

    Names that Dagster makes are joined by underscores: a check ``address_id_unique`` of ``customer`` would be the
    check ``id_unique`` of ``customer_address``, and one of them would be lost.
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
    """The outside files that the project reads, each once, in one definition that nothing executes."""
    found: dict[dg.AssetKey, list[FileSource]] = {}
    for pipeline in project.pipelines:
        for source in pipeline.file_sources.values():
            found.setdefault(translator.get_landing_key(source), []).append(source)
    specs = [translator.get_landing_spec(*sources) for sources in found.values()]
    return [dg.AssetsDefinition(specs=specs)] if specs else []
