"""Builds all Dagster definitions of a project."""

from __future__ import annotations

import dagster as dg

from alur.errors import DeploymentError
from alur.project.project import Project
from alur.project.settings import LOCAL
from alur_dagster.assets import build_assets, landing_assets
from alur_dagster.recording import record_in_code_server
from alur_dagster.resources import AlurPySparkResource
from alur_dagster.schedules import build_schedules
from alur_dagster.translator import AlurTranslator


def build_definitions(
    project: Project, translator: AlurTranslator | None = None, environment: str = LOCAL
) -> dg.Definitions:
    """Return the assets, checks, schedules and the ``pyspark`` resource of a project.

    Merge them with your own: ``dg.Definitions.merge(build_definitions(project), dg.Definitions(...))``.

    If Dagster's code server calls this, and ``DAGSTER_HOME`` is set, a thread of the server records runs of the
    command line in the instance.

    Args:
        project: the project, as ``Project.load()`` returns it.
        translator: decides how Dagster shows the project; by default an `AlurTranslator`.
        environment: whose tables runs write: ``local``, or one that ``alur new-env`` has made from it.

    Raises:
        AlurError: there is no such environment on this machine.
    """
    target = project.environment(environment)
    if not target.is_local:
        raise DeploymentError(
            f"{environment!r} is not an environment on this machine",
            remedy=f"name {LOCAL}, or one made from it: alur new-env",
        )
    record_in_code_server(project.root)
    chosen = translator or AlurTranslator()
    tables = build_assets(project, chosen, environment)
    return dg.Definitions(
        assets=[tables, *landing_assets(project, chosen)],
        schedules=build_schedules(project, chosen),
        resources={"pyspark": AlurPySparkResource(engine=target.settings.engine)},
        # Run all steps in one process: a process for each step would start an engine for each.
        executor=dg.in_process_executor,
    )
