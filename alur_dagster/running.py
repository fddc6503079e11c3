"""Runs some of a project's tables and checks, and reports them to Dagster as they finish."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import dagster as dg

from alur.errors import AlurError
from alur.lineage.facts import PlanFacts
from alur.pipelines.pipeline import Pipeline
from alur.project.project import Project
from alur.project.settings import LOCAL
from alur.runtime.checking import RuleResult, check
from alur.runtime.graph_run import Outcome, run_graph
from alur.runtime.local import runtime_on
from alur.runtime.places import Places
from alur.runtime.plan_reading import RunPlans, reading_plans
from alur.runtime.records import check_record, record_of
from alur.runtime.results import Event, Failed, Notice, Skipped, StepBegun, Succeeded
from alur.runtime.runtime import PREVIEW_ROWS, Runtime
from alur_dagster import metadata
from alur_dagster.lineage import lineage_metadata
from alur_dagster.translator import AlurTranslator

Result = dg.MaterializeResult[Any] | dg.AssetCheckResult


class Materialization:
    """One run of the selected assets and checks."""

    def __init__(
        self,
        project: Project,
        translator: AlurTranslator,
        context: dg.AssetExecutionContext,
        environment: str = LOCAL,
    ) -> None:
        self._project = project
        self._environment = environment
        self._translator = translator
        self._context = context
        self._pipelines = {
            translator.get_asset_key(pipeline.target): pipeline for pipeline in project.pipelines
        }

    def results(self) -> Iterator[Result]:
        """Run the selection, and yield the results of its pipelines and checks.

        Raises:
            dg.Failure: at the end, if a pipeline failed or a check could not be evaluated.
        """
        session = self._context.resources.pyspark.spark_session
        places = Places.of(self._project, self._environment)
        with (
            runtime_on(session, self._project, places) as runtime,
            reading_plans(self._project) as plans,
        ):
            yield from self._results(replace(runtime, reader=plans), plans)

    def _results(self, runtime: Runtime, plans: RunPlans) -> Iterator[Result]:
        names = [self._pipelines[key].name for key in self._context.selected_asset_keys]
        failures = []
        for outcome in run_graph(self._project, names, runtime, self._log):
            facts = plans.facts(self._project.pipeline(outcome.pipeline))
            yield from self._reports(outcome, runtime, facts)
            if not isinstance(outcome, Succeeded):
                failures.append(_reason(outcome))
        for pipeline in self._only_checked():
            try:
                results = _checks_now(pipeline, runtime)
            except AlurError as error:
                failures.append(str(error))
            else:
                yield from self._checks(
                    pipeline, [check_record(r, pipeline.target) for r in results]
                )
        if failures:
            raise dg.Failure("\n\n".join(failures), allow_retries=False)

    def _reports(
        self, outcome: Outcome, runtime: Runtime, facts: PlanFacts | None
    ) -> Iterator[Result]:
        if isinstance(outcome, Skipped):
            return
        pipeline = self._project.pipeline(outcome.pipeline)
        idle = isinstance(outcome, Succeeded) and outcome.commit is None
        if isinstance(outcome, Succeeded) and idle:
            outcome = self._with_current_state(outcome, pipeline, runtime)
        key = self._translator.get_asset_key(pipeline.target)
        record = record_of(pipeline, outcome)
        if idle:
            # Older rows may break a rule, but nothing was written: report a warning, as an error would fail the run.
            record["checks"] = [check | {"warns": True} for check in record["checks"]]
        if isinstance(outcome, Failed):
            yield from self._checks(pipeline, record["checks"])
        elif outcome.commit is None:
            self._context.log_event(metadata.nothing_new(key, record))
        else:
            yield dg.MaterializeResult(
                asset_key=key,
                metadata=metadata.materialization(record)
                | lineage_metadata(pipeline, facts, self._translator),
                check_results=self._checks(pipeline, record["checks"]),
                data_version=dg.DataVersion(metadata.data_version(record)),
            )

    def _with_current_state(
        self, outcome: Succeeded, pipeline: Pipeline, runtime: Runtime
    ) -> Succeeded:
        """Return the outcome of an idle run with the table's current state; unchanged if there is no table yet.

        Dagster marks planned but unreported assets of a failed run as failed: a failure elsewhere in the graph would
        turn every idle table red. The snapshot is the data's version, so downstream assets stay up to date.
        """
        try:
            commit = runtime.warehouse.current_state(pipeline.target)
            if commit is None:
                return outcome
            checks = _checks_now(pipeline, runtime)
        except AlurError as error:
            self._context.log.warning(str(error))
            return outcome
        preview = runtime.warehouse.preview(pipeline.target, PREVIEW_ROWS)
        return replace(outcome, commit=commit, checks=checks, preview=preview)

    def _only_checked(self) -> list[Pipeline]:
        """Return the pipelines of checks selected without their table."""
        checked = {check.asset_key for check in self._context.selected_asset_check_keys}
        return [self._pipelines[key] for key in sorted(checked - self._context.selected_asset_keys)]

    def _checks(self, pipeline: Pipeline, items: list[dict[str, Any]]) -> list[dg.AssetCheckResult]:
        """Return the results of the table's selected checks."""
        key = self._translator.get_asset_key(pipeline.target)
        return [self._check(key, item) for item in items if self._wanted(key, item)]

    def _wanted(self, key: dg.AssetKey, item: dict[str, Any]) -> bool:
        return dg.AssetCheckKey(key, item["name"]) in self._context.selected_asset_check_keys

    def _check(self, key: dg.AssetKey, item: dict[str, Any]) -> dg.AssetCheckResult:
        return dg.AssetCheckResult(
            passed=item["violations"] == 0,
            asset_key=key,
            check_name=item["name"],
            metadata=metadata.check(item),
            severity=metadata.severity(item),
            description=metadata.check_description(item),
        )

    def _log(self, event: Event) -> None:
        match event:
            case StepBegun(pipeline, step):
                self._context.log.info(f"{pipeline}: {step}")
            case Notice(pipeline, text):
                self._context.log.warning(f"{pipeline}: {text}")
            case Failed(_, error):
                self._context.log.error(str(error))


def _checks_now(pipeline: Pipeline, runtime: Runtime) -> tuple[RuleResult, ...]:
    """Check a table's current rows, and return the result of each rule."""
    read = runtime.warehouse.read(runtime.session, pipeline.target)
    return check(read.frame, pipeline, None).results


def _reason(outcome: Failed | Skipped) -> str:
    if isinstance(outcome, Skipped):
        return f"{outcome.pipeline} skipped: {outcome.reason}"
    return str(outcome.error)
