"""Runs the pipelines of a job with several of them, in the order of the graph."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from alur.aws_clients import job_aws_errors
from alur.errors import EngineError
from alur.project.project import Project
from alur.runtime.fused_runs import PipelineOutcome, outcomes_text, place_of_outcomes
from alur.runtime.job.arguments import JobArguments
from alur.runtime.job.log import JobLog, log_failure, log_line, summary
from alur.runtime.results import Event, Failed, Skipped, Started, Succeeded

if TYPE_CHECKING:
    from alur.aws_clients import Clients
    from alur.runtime.runtime import Runtime

_CHARACTERS = 1_000
"""The maximum length of the names in a run's message."""


class FusedRun:
    """One run of a job with several pipelines.

    Args:
        clients: write the outcome of each pipeline to the job's temporary location.
    """

    def __init__(self, project: Project, job: JobArguments, clients: Clients) -> None:
        self._project = project
        self._job = job
        self._clients = clients
        self._began = datetime.now(timezone.utc)
        self._log: JobLog | None = None
        self._outcomes: list[PipelineOutcome] = []

    def execute(self, runtime: Runtime) -> str | None:
        """Run the pipelines; return None, or in one line which have failed and which were skipped.

        After a failure, skip the pipelines that wait for the failed one, and run the others.
        """
        from alur.runtime.graph_run import run_graph

        for outcome in run_graph(self._project, self._job.pipelines, runtime, self._show):
            self._end(outcome)
        failure = failure_of(self._outcomes)
        total = len(self._outcomes)
        log_line(failure or f"All {total} pipelines completed successfully", "Alur Driver")
        return failure

    def _show(self, event: Event) -> None:
        if isinstance(event, Started):
            self._began = datetime.now(timezone.utc)
            log_pipeline(event.pipeline, self._job.pipelines)
            self._log = JobLog(self._project.pipeline(event.pipeline))
        elif self._log:
            self._log.show(event)

    def _end(self, outcome: Succeeded | Failed | Skipped) -> None:
        root = self._project.root
        if isinstance(outcome, Succeeded) and self._log:
            self._log.finish(outcome)
        elif isinstance(outcome, Failed):
            log_failure(outcome.error, root)
        elif isinstance(outcome, Skipped):
            self._began = datetime.now(timezone.utc)
            log_pipeline(outcome.pipeline, self._job.pipelines)
            log_line(f"Pipeline skipped: {outcome.reason}")
        self._outcomes.append(_outcome(outcome, self._began, root))
        self._record()

    def _record(self) -> None:
        """Leave the outcomes so far; that they cannot be written changes no outcome."""
        assert self._job.run_id, "Glue gives each run an id"
        bucket, key = place_of_outcomes(self._job.temporary, self._job.run_id)
        try:
            with job_aws_errors("the outcomes of pipelines cannot be written"):
                body = outcomes_text(self._outcomes).encode()
                self._clients("s3").put_object(Bucket=bucket, Key=key, Body=body)
        except EngineError as error:
            log_line(f"Notice: {error.message}")


def log_pipeline(name: str, pipelines: tuple[str, ...]) -> None:
    """Print the line with which the output of a pipeline begins."""
    place = f" ({pipelines.index(name) + 1} of {len(pipelines)})" if len(pipelines) > 1 else ""
    log_line(f"Pipeline: {name}{place}", "Alur Driver")


def _outcome(outcome: Succeeded | Failed | Skipped, began: datetime, root: Path) -> PipelineOutcome:
    now = datetime.now(timezone.utc)
    match outcome:
        case Succeeded(name):
            return PipelineOutcome(name, "SUCCEEDED", "", "", began, now)
        case Failed(name, error):
            return PipelineOutcome(name, "FAILED", summary(error, root), "", began, now)
        case Skipped(name, cause):
            return PipelineOutcome(name, "SKIPPED", outcome.reason, cause or "", began, now)


def failure_of(outcomes: list[PipelineOutcome]) -> str | None:
    """Return in one line which pipelines have failed, and which were skipped; None if all have succeeded.

    >>> now = datetime(2026, 11, 27, 2, 0, tzinfo=timezone.utc)
    >>> failed = PipelineOutcome("load", "FAILED", "RunError: no rows (pipelines.py:3)", "", now, now)
    >>> skipped = PipelineOutcome("clean", "SKIPPED", "it waits for load, which failed", "load", now, now)
    >>> failure_of([failed, skipped])
    '1 of 2 pipelines failed: load; skipped: clean; load: RunError: no rows (pipelines.py:3)'
    """
    failed = [outcome for outcome in outcomes if outcome.state == "FAILED"]
    if not failed:
        return None
    skipped = [outcome.pipeline for outcome in outcomes if outcome.state == "SKIPPED"]
    names = _cut(", ".join(outcome.pipeline for outcome in failed))
    text = f"{len(failed)} of {len(outcomes)} pipelines failed: {names}"
    if skipped:
        text += f"; skipped: {_cut(', '.join(skipped))}"
    return f"{text}; {failed[0].pipeline}: {failed[0].message}"


def _cut(text: str) -> str:
    return text if len(text) <= _CHARACTERS else f"{text[: _CHARACTERS - 1]}…"
