"""How the pipelines of a job's run ended: of one pipeline, as the job; of several, each for itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from alur.aws_clients import Clients, aws_errors
from alur.deployment.job_arguments import PIPELINE, TEMPORARY, parsed_pipelines
from alur.naming import Names
from alur.runtime.fused_runs import read_outcomes
from alur.runtime.s3_location import S3Location
from alur.sandbox.client.workflow_following import JobOutcome


@dataclass(frozen=True, slots=True)
class PipelineRun:
    """A pipeline's run as a job, or within one.

    Attributes:
        run_id: that of the job's run.
        state: one of Glue's states; ``SKIPPED`` if the job did not start the pipeline.
        completed: None while it runs.
        message: the reason of a failure; empty otherwise.
    """

    pipeline: str
    run_id: str
    state: str
    started: datetime
    completed: datetime | None
    message: str

    @property
    def seconds(self) -> float:
        """The time from its start to its end, including any wait."""
        return (self.completed - self.started).total_seconds() if self.completed else 0.0


def pipeline_runs(clients: Clients, names: Names, run: JobOutcome) -> Iterator[PipelineRun]:
    """Yield how the pipelines of a job's run ended, in their order.

    Raises:
        AwsError: the run cannot be queried.
    """
    glue = clients("glue")
    with aws_errors(f"the run {run.run_id} of {run.job} cannot be read"):
        arguments = glue.get_job_run(JobName=run.job, RunId=run.run_id)["JobRun"]["Arguments"]
    # A trigger whose job is gone leaves a run without arguments.
    pipelines = parsed_pipelines(arguments.get(PIPELINE) or names.label_of(run.job) or run.job)
    outcomes = {}
    if len(pipelines) > 1:
        temporary = S3Location.parse(arguments[TEMPORARY])
        outcomes = {one.pipeline: one for one in read_outcomes(clients, temporary, run.run_id)}
    for name in pipelines:
        if name in outcomes:
            one = outcomes[name]
            yield PipelineRun(name, run.run_id, one.state, one.started, one.ended, one.message)
        else:
            yield PipelineRun(name, run.run_id, run.state, run.started, run.completed, run.message)
