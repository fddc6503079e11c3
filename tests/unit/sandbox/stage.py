"""Job runs whose processes end when and how a test requests it."""

from __future__ import annotations

from threading import Event, Semaphore

from alur.sandbox.server.jobs.definition import JobDefinition
from alur.sandbox.server.jobs.job_run import Ended
from alur.sandbox.server.jobs.job_runs import JobRuns, UnknownJob

SECONDS = 5
"""Seconds that a test waits for a thread before it fails."""


class Stage:
    """Some jobs."""

    def __init__(self, *jobs):
        self.jobs = {job.name: job for job in jobs}
        self.begun = []
        self._begins = Semaphore(0)
        self._outcomes = {}
        self.ended = Semaphore(0)
        self.runs = JobRuns(self.definition, lambda run: Act(self, run), at_once=8)
        self.runs.on_end.append(lambda run: self.ended.release())

    def definition(self, name):
        if name not in self.jobs:
            raise UnknownJob(name)
        return self.jobs[name]

    def begin(self, run):
        outcome = self._outcomes.setdefault(run.id, _Outcome())
        self.begun.append(run)
        self._begins.release()
        return outcome

    def wait_for_begin(self):
        assert self._begins.acquire(timeout=SECONDS)
        return self.begun[-1]

    def end(self, run, state="SUCCEEDED", message=""):
        self._outcomes[run.id].ended = Ended(state, message)
        self._outcomes[run.id].known.set()
        assert self.ended.acquire(timeout=SECONDS)


class _Outcome:
    def __init__(self):
        self.known = Event()
        self.ended = None


class Act:
    def __init__(self, stage, run):
        self.stage, self.played = stage, run

    def run(self, stopped):
        outcome = self.stage.begin(self.played)
        while not outcome.known.wait(0.01):
            if stopped.is_set():
                return Ended("STOPPED")
        return outcome.ended


def job(name="load", **settings):
    return JobDefinition(name, "s3://b/driver.py", **settings)
