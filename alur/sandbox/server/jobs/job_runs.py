"""Runs of Glue jobs: their starts, their repetitions, and their ends.

(https://docs.aws.amazon.com/glue/latest/dg/job-run-statuses.html)
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import Event, RLock, Semaphore, Thread
from typing import Protocol

from alur.sandbox.server.jobs.definition import JobDefinition
from alur.sandbox.server.jobs.job_run import RUNNING, EmulatedJobRun, Ended, StartedBy, State, now


class TooManyRuns(Exception):
    """A job has reached its limit of concurrent runs, and no run may wait."""


class UnknownJob(Exception):
    """No job has the requested name."""


class Process(Protocol):
    """The execution of a run."""

    def run(self, stopped: Event) -> Ended:
        """Execute the run, and return soon after ``stopped`` is set."""


class JobRuns:
    """All runs of all jobs of an account.

    Args:
        definition: returns a job's current definition; raises UnknownJob.
        process: returns the process for a run.
        at_once: the most processes at a time on this machine; other runs stay in STARTING.
    """

    def __init__(
        self,
        definition: Callable[[str], JobDefinition],
        process: Callable[[EmulatedJobRun], Process],
        at_once: int,
    ) -> None:
        self._definition = definition
        self._process = process
        self._slots = Semaphore(at_once)
        self._runs: dict[str, list[EmulatedJobRun]] = {}
        self.lock = RLock()
        self.on_end: list[Callable[[EmulatedJobRun], None]] = []

    def start(
        self,
        job: str,
        given: Mapping[str, str] | None = None,
        action: Mapping[str, str] | None = None,
        started_by: StartedBy | None = None,
    ) -> EmulatedJobRun:
        """Start a run, or queue it.

        Raises:
            UnknownJob: no job has this name.
            TooManyRuns: the job has reached its limit of concurrent runs, and has no queue.
        """
        with self.lock:
            run = EmulatedJobRun(
                self._definition(job), given or {}, action or {}, started_by, _new_id()
            )
            if self._is_full(run.definition):
                if not run.definition.queued:
                    raise TooManyRuns(job)
                run.state = "WAITING"
            self._runs.setdefault(job, []).append(run)
            if run.state == "STARTING":
                self._launch(run)
        return run

    def not_started(
        self, job: str, started_by: StartedBy, state: State, message: str
    ) -> EmulatedJobRun:
        """Record a run that a trigger could not start."""
        definition = JobDefinition(job, script="")
        run = EmulatedJobRun(
            definition, {}, {}, started_by, _new_id(), state=state, message=message
        )
        run.completed = run.started
        with self.lock:
            self._runs.setdefault(job, []).append(run)
        return run

    def of(self, job: str) -> list[EmulatedJobRun]:
        """Return the runs of a job, the latest first."""
        with self.lock:
            return self._runs.get(job, [])[::-1]

    def of_workflow(self, workflow_run_id: str) -> list[EmulatedJobRun]:
        """Return the job runs of one workflow run, each job's in the order of their starts."""
        with self.lock:
            return [
                run
                for runs in self._runs.values()
                for run in runs
                if run.started_by and run.started_by.workflow_run_id == workflow_run_id
            ]

    def unended(self) -> list[EmulatedJobRun]:
        """Return the waiting and the running runs."""
        with self.lock:
            return [run for runs in self._runs.values() for run in runs if not run.ended]

    def stop(self, run: EmulatedJobRun) -> None:
        """Stop a running or waiting run."""
        with self.lock:
            if run.ended:
                return
            run.stopped.set()
            if run.state == "WAITING":
                self._end(run, Ended("STOPPED"))
            else:
                run.state = "STOPPING"

    def stop_all(self) -> None:
        """Stop all running and waiting runs, and repeat none."""
        for run in self.unended():
            self.stop(run)

    def _launch(self, run: EmulatedJobRun) -> None:
        Thread(target=self._execute, args=(run,), name=run.id, daemon=True).start()

    def _execute(self, run: EmulatedJobRun) -> None:
        with self._slots:
            with self.lock:
                run.began = now()
                if run.state == "STARTING":
                    run.state = "RUNNING"
            try:
                # The run may have been stopped while it waited for a slot.
                stopped = run.stopped.is_set()
                ended = Ended("STOPPED") if stopped else self._process(run).run(run.stopped)
            except Exception as error:
                # An error in the sandbox itself must not leave the run in RUNNING for ever.
                ended = Ended("FAILED", f"{type(error).__name__}: {error}")
        with self.lock:
            self._end(run, ended)

    def _end(self, run: EmulatedJobRun, ended: Ended) -> None:
        """End an attempt, then repeat it or start the job's next waiting run, and notify the listeners."""
        run.state = "STOPPED" if run.stopped.is_set() else ended.state
        run.message = "" if run.state == "STOPPED" else ended.message
        run.completed = now()
        # Runs that reach the timeout are not repeated (https://docs.aws.amazon.com/glue/latest/dg/add-job.html).
        if run.state == "FAILED" and run.attempt < run.definition.max_retries:
            self._repeat(run)
        else:
            self._start_next(run.job)
        for listener in self.on_end:
            listener(run)

    def _repeat(self, run: EmulatedJobRun) -> None:
        attempt = run.attempt + 1
        again = replace(
            run,
            id=f"{run.id.partition('_attempt_')[0]}_attempt_{attempt}",
            attempt=attempt,
            previous=run.id,
            state="STARTING",
            message="",
            started=now(),
            began=None,
            completed=None,
            stopped=Event(),
        )
        self._runs[run.job].append(again)
        self._launch(again)

    def _start_next(self, job: str) -> None:
        waiting = next((run for run in self._runs[job] if run.state == "WAITING"), None)
        if waiting and not self._is_full(waiting.definition):
            waiting.state = "STARTING"
            self._launch(waiting)

    def _is_full(self, job: JobDefinition) -> bool:
        running = [run for run in self._runs.get(job.name, ()) if run.state in RUNNING]
        return len(running) >= job.max_concurrent_runs


def _new_id() -> str:
    return f"jr_{uuid.uuid4().hex}{uuid.uuid4().hex}"
