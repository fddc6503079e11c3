"""The definition of a Glue job at the start of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alur.deployment.job_arguments import LOG_GROUP_PREFIX

_DEFAULT_LOG_GROUP_PREFIX = "/aws-glue/jobs"


_DPU = {"Standard": 1.0, "G.025X": 0.25}
"""The data processing units of worker types whose names do not give the number
(https://docs.aws.amazon.com/glue/latest/dg/worker-types.html)."""


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """A job's definition, as far as its runs use it.

    Attributes:
        script: the script's address in S3.
        role: the ARN of the role for the runs.
        timeout_minutes: the time limit of a run.
        max_retries: how often to repeat a failed run.
        max_concurrent_runs: the most runs at once.
        queued: whether further runs wait; otherwise they are refused.
    """

    name: str
    script: str
    role: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    timeout_minutes: int = 480
    max_retries: int = 0
    max_concurrent_runs: int = 1
    queued: bool = False
    worker_type: str = "G.1X"
    number_of_workers: int = 2
    glue_version: str = "5.1"

    @property
    def max_capacity(self) -> float:
        """The data processing units of all workers.

        >>> JobDefinition("load", "", worker_type="G.4X", number_of_workers=20).max_capacity
        80.0
        """
        units = _DPU.get(self.worker_type)
        if units is None:
            units = float(self.worker_type.partition(".")[2].removesuffix("X"))
        return units * self.number_of_workers

    def arguments(self, given: Mapping[str, str], action: Mapping[str, str]) -> dict[str, str]:
        """Return a run's arguments: the job's fixed ones win, then the run's own, the trigger's, and the defaults.

        (https://docs.aws.amazon.com/glue/latest/dg/about-triggers.html)

        Args:
            given: the run's own arguments.
            action: the arguments in the action of the trigger.

        >>> job = JobDefinition("load", "", "", {"--a": "default", "--b": "default"}, {"--c": "fixed"})
        >>> job.arguments({"--a": "run", "--c": "run"}, {"--a": "trigger", "--b": "trigger"})
        {'--a': 'run', '--b': 'trigger', '--c': 'fixed'}
        """
        return {**self.defaults, **action, **given, **self.fixed}


def log_group_prefix(arguments: Mapping[str, str]) -> str:
    """Return the prefix of the names of a run's log groups.

    (https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html)
    """
    return arguments.get(LOG_GROUP_PREFIX, _DEFAULT_LOG_GROUP_PREFIX)
