"""Builds the sensor that records runs of the command line in an instance that `alur dev` does not serve."""

from __future__ import annotations

import os
import time

import dagster as dg

from alur.project.project import Project
from alur_dagster.instance import locate_home
from alur_dagster.recording import record_waiting
from alur_dagster.spool import Spool

RECORDED_BY_ALUR = "ALUR_DEV"
"""The variable that is set in the processes of ``alur dev``, which records without a sensor, and sooner."""

_SECONDS_PER_TICK = 20
"""Dagster stops a tick after 60 s; the next one continues."""


def build_sensors(project: Project) -> list[dg.SensorDefinition]:
    """Return the sensor if Dagster runs with a ``DAGSTER_HOME`` outside of ``alur dev``.

    Without ``DAGSTER_HOME``, Dagster's instance is temporary: what it recorded would be lost.
    """
    if not os.environ.get("DAGSTER_HOME") or os.environ.get(RECORDED_BY_ALUR):
        return []
    spool = Spool(locate_home(project.root))

    @dg.sensor(
        name="alur_command_line_runs",
        description="Records runs of `alur run --env local`.",
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def tick(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        end = time.monotonic() + _SECONDS_PER_TICK
        count = record_waiting(context.instance, spool, lambda: time.monotonic() > end)
        return dg.SkipReason(f"pipelines recorded: {count}")

    return [tick]
