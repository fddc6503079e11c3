"""A project's Dagster definitions, all in one place."""

from __future__ import annotations

import dagster as dg

from alur.project.project import Project
from alur_dagster.assets import build_assets, landing_specs
from alur_dagster.resources import AlurPySparkResource
from alur_dagster.schedules import build_schedules
from alur_dagster.translator import AlurTranslator

JOB_NAME = "alur_pipelines"


def build_definitions(project: Project, translator: AlurTranslator | None = None) -> dg.Definitions:
    """Assets, checks, schedules and the ``pyspark`` resource of a project.

    Args:
        translator: how the project is shown, where a team wants it otherwise.

    Merge them with a team's own by ``dg.Definitions.merge(build_definitions(project), dg.Definitions(...))``.
    """
    chosen = translator or AlurTranslator()
    tables = build_assets(project, chosen)
    job = dg.define_asset_job(
        JOB_NAME,
        selection=dg.AssetSelection.assets(tables),
        description="Every table of the project; schedules start parts of it.",
        executor_def=dg.in_process_executor,
    )
    engine = project.settings.environment("local").engine
    return dg.Definitions(
        assets=[tables, *landing_specs(project, chosen)],
        jobs=[job],
        schedules=build_schedules(project, chosen, job),
        resources={"pyspark": AlurPySparkResource(engine=engine)},
        # One process, one engine: a process for each step would start an engine for each.
        executor=dg.in_process_executor,
    )
