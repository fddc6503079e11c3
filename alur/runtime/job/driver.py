"""The driver of a Glue job: runs one pipeline of the deployed project, or several, and reports their progress.

It requires only packages of a Glue 5.1 job: pyspark, boto3, and Alur's own light requirements.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from alur.deployment.job_contents import PROJECT_FOLDER
from alur.errors import AlurError, SettingsError
from alur.pipelines.pipeline import Pipeline
from alur.project.project import Project
from alur.runtime.engines.process_state import UTC_CLOCK
from alur.runtime.engines.spark import SPARK_SETTINGS
from alur.runtime.engines.udfs import dispatch_udfs
from alur.runtime.job.arguments import JobArguments
from alur.runtime.job.fused import FusedRun, log_pipeline
from alur.runtime.job.log import JobLog, log_failure, log_line, summary
from alur.runtime.job.maintaining import maintain_target, with_procedures
from alur.runtime.results import Event, Observer, Succeeded

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from alur.runtime.job.maintaining import Maintainer
    from alur.runtime.runtime import Runtime

_SESSION_SETTINGS = {
    **SPARK_SETTINGS,
    # Otherwise an overwrite would replace only the partitions of its rows.
    "spark.sql.sources.partitionOverwriteMode": "static",
    # Otherwise a backslash in a quoted text would stand for itself.
    "spark.sql.parser.escapedStringLiterals": "false",
}


class JobFailed(Exception):
    """The failure of a job, in one line: Glue shows the last line of an exception as the run's message.

    It is not a SystemExit, whose text Glue does not promise to show. It takes a single argument, because Glue may raise
    it again from that.
    """


def main(arguments: Sequence[str] | None = None, maintain: Maintainer = with_procedures) -> None:
    """Run the pipelines named by the job's arguments, or maintain the table of one.

    Args:
        arguments: by default those of this process.
        maintain: how to maintain a table.

    Raises:
        JobFailed: the run stopped, or one of several pipelines did; the details have been printed.
    """
    root: Path | None = None
    failure: str | None = None
    try:
        job = JobArguments.parse(sys.argv[1:] if arguments is None else arguments)
        name = f" {job.job_name}" if job.job_name else ""
        run = f" (run {job.run_id})" if job.run_id else ""
        log_line(f"Starting job{name}{run}", "Alur Driver")
        if job.only_maintains:
            log_line(f"Only maintaining the table of {job.pipelines[0]}", "Alur Driver")
        elif len(job.pipelines) == 1:
            log_pipeline(job.pipelines[0], job.pipelines)
        for argument in job.without_effect:
            log_line(
                f"Notice: {argument} has no effect: it requires a GlueContext, which Alur does not create",
                "Alur Driver",
            )
        root = project_folder()
        with UTC_CLOCK:
            session = _open_session()
            project = Project.load(root)
            for name in job.pipelines:
                project.pipeline(name)
            if job.only_maintains:
                maintain_target(session, project, job, maintain)
            else:
                failure = _run(session, project, job)
    except AlurError as error:
        log_failure(error, root)
        raise JobFailed(summary(error, root)) from None
    if failure:
        raise JobFailed(failure)


def _open_session() -> SparkSession:
    """Return the job's session.

    It must exist before the project's modules are imported: functions for the workers, such as ``@F.udf("string")``,
    may ask the JVM for their types at decoration.
    """
    from pyspark.sql import SparkSession

    session = SparkSession.builder.getOrCreate()
    prepare_session(session)
    return session


def _run(session: SparkSession, project: Project, job: JobArguments) -> str | None:
    """Run the job's pipelines; return None, or which of several have failed."""
    from alur.runtime.job.runtime import clients_of, glue_runtime
    from alur.runtime.job.workers import send_modules

    send_modules(session, project)
    runtime = glue_runtime(session, project, job)
    if len(job.pipelines) == 1:
        run_in(runtime, project.pipeline(job.pipelines[0]))
        return None
    fused = FusedRun(project, job, clients_of(session))
    return fused.execute(replace(runtime, session_settings=_SESSION_SETTINGS))


def run_in(runtime: Runtime, pipeline: Pipeline, observe: Observer | None = None) -> Succeeded:
    """Run a pipeline, and print its progress.

    Args:
        observe: receives the same events.

    Raises:
        RunError: the run stopped; the table is unchanged.
    """
    from alur.runtime.run import run_pipeline

    log = JobLog(pipeline)

    def on_event(event: Event) -> None:
        log.show(event)
        if observe:
            observe(event)

    succeeded = run_pipeline(pipeline, runtime, on_event)
    log.finish(succeeded)
    return succeeded


def project_folder() -> Path:
    """Return the folder of the installed project.

    Raises:
        SettingsError: the job has no project.
    """
    spec = find_spec(PROJECT_FOLDER)
    if spec is None or not spec.submodule_search_locations:
        raise SettingsError(f"no {PROJECT_FOLDER!r} among the job's modules", remedy="alur deploy")
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def prepare_session(session: SparkSession) -> None:
    """Set up a session to read and write as Alur requires; no setting is needed before it starts."""
    from pyspark.sql import SparkSession as ClassicSession

    for key, value in _SESSION_SETTINGS.items():
        session.conf.set(key, value)
    dispatch_udfs()
    if isinstance(session, ClassicSession):
        # The environment of Python workers.
        session.sparkContext.environment["TZ"] = "UTC"
