"""All of a project's tables as one multi-asset: any subset runs in one step, on one engine, in the graph's order."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from alur.project.project import Project
from alur.runtime.checking import check
from alur.runtime.graph_run import Outcome, run_graph
from alur.runtime.local_runtime import runtime_on
from alur.runtime.records import check_record, record_of
from alur.runtime.results import Event, Failed, Notice, Skipped, StepBegun, Succeeded
from alur.runtime.run import Runtime
from alur_dagster import metadata
from alur_dagster.translator import AlurTranslator

# No `from __future__ import annotations` here: Dagster reads the annotation of `context` as it stands.

Result = dg.MaterializeResult[Any] | dg.AssetCheckResult


def build_assets(project: Project, translator: AlurTranslator) -> dg.AssetsDefinition:
    """One subsettable multi-asset for the whole graph.

    One step for all means that one engine serves the run, and that a failed pipeline stops only those that wait for
    it; Dagster itself would skip every step behind a failed one.
    """
    pipelines = [project.pipeline(name) for name in project.graph.order()]

    @dg.multi_asset(
        name="alur",
        specs=[translator.get_asset_spec(made) for made in pipelines],
        check_specs=[spec for made in pipelines for spec in translator.get_check_specs(made)],
        can_subset=True,
        required_resource_keys={"pyspark"},
    )
    def alur(context: dg.AssetExecutionContext) -> Iterator[Result]:
        yield from _Materialization(project, translator, context).results()

    return alur


def landing_assets(project: Project, translator: AlurTranslator) -> list[dg.AssetsDefinition]:
    """The outside files that the project reads, each once, in one definition that nothing executes."""
    sources = [source for made in project.pipelines for source in made.file_sources.values()]
    specs = {spec.key: spec for spec in map(translator.get_landing_spec, sources)}
    return [dg.AssetsDefinition(specs=list(specs.values()))] if specs else []


class _Materialization:
    """One run's way through the selected assets and checks."""

    def __init__(
        self, project: Project, translator: AlurTranslator, context: dg.AssetExecutionContext
    ) -> None:
        self._project = project
        self._translator = translator
        self._context = context
        self._made = {translator.get_asset_key(made.target): made for made in project.pipelines}

    def results(self) -> Iterator[Result]:
        """What Dagster is told of each pipeline and check.

        Raises:
            dg.Failure: at the end, if a pipeline failed.
        """
        session = self._context.resources.pyspark.spark_session
        runtime = runtime_on(session, self._project)
        selected = [self._made[key] for key in self._context.selected_asset_keys]
        troubles = []
        names = [made.name for made in selected]
        for outcome in run_graph(self._project, names, runtime, self._log):
            yield from self._told(outcome)
            if not isinstance(outcome, Succeeded):
                troubles.append(_trouble(outcome))
        yield from self._checks_alone({made.name for made in selected}, runtime)
        if troubles:
            raise dg.Failure("\n\n".join(troubles), allow_retries=False)

    def _told(self, outcome: Outcome) -> Iterator[Result]:
        if isinstance(outcome, Skipped):
            return
        made = self._project.pipeline(outcome.pipeline)
        key = self._translator.get_asset_key(made.target)
        record = record_of(made, outcome)
        checks = [self._check(key, item) for item in record["checks"] if self._wanted(key, item)]
        if isinstance(outcome, Failed):
            yield from checks
        elif outcome.commit is None:
            nothing = "Nothing new; the table stays as it is."
            told = dg.AssetObservation(key, description=nothing, metadata=metadata.reading(record))
            self._context.log_event(told)
        else:
            shown = metadata.materialization(record)
            yield dg.MaterializeResult(asset_key=key, metadata=shown, check_results=checks)

    def _checks_alone(self, ran: set[str], runtime: Runtime) -> Iterator[Result]:
        """Checks selected without their table: made on the rows that it has."""
        keys = {check.asset_key for check in self._context.selected_asset_check_keys}
        for key in sorted(keys):
            made = self._made[key]
            if made.name in ran:
                continue
            frame, _ = runtime.warehouse.read(runtime.session, made.target)
            for result in check(frame, made, (), None).results:
                item = check_record(result, made.target)
                if self._wanted(key, item):
                    yield self._check(key, item)

    def _wanted(self, key: dg.AssetKey, item: dict[str, Any]) -> bool:
        return dg.AssetCheckKey(key, item["name"]) in self._context.selected_asset_check_keys

    def _check(self, key: dg.AssetKey, item: dict[str, Any]) -> dg.AssetCheckResult:
        return dg.AssetCheckResult(
            passed=item["violations"] == 0,
            asset_key=key,
            check_name=item["name"],
            metadata=metadata.check(item),
            severity=metadata.severity(item),
            description=item["description"],
        )

    def _log(self, event: Event) -> None:
        match event:
            case StepBegun(pipeline, step):
                self._context.log.info(f"{pipeline}: {step}")
            case Notice(pipeline, text):
                self._context.log.warning(f"{pipeline}: {text}")
            case Failed(_, error):
                self._context.log.error(str(error))


def _trouble(outcome: Failed | Skipped) -> str:
    if isinstance(outcome, Skipped):
        return f"{outcome.pipeline} skipped: it waits for {outcome.because_of}, which failed"
    return str(outcome.error)
