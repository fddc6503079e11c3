"""What the schedules of a deployment cost in a month: the hours of their Glue jobs, by AWS's rules of billing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from alur.deployment.prices import DpuHourPrice, dpu_hour_price, price_page
from alur.deployment.resources import Deployment, Job, ScheduledWorkflow
from alur.scheduling.expression import AwsSchedule
from alur.text import counted

# A Spark job of Glue 2.0 or later is billed by the second, and for at least a minute
# (https://aws.amazon.com/glue/pricing/).
_MINIMUM_SECONDS = 60
_HOUR = 3_600

DPUS = {"G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8}
"""The DPUs of a worker (https://docs.aws.amazon.com/glue/latest/dg/worker-types.html)."""


@dataclass(frozen=True, slots=True)
class JobCost:
    """One job as one schedule starts it.

    Attributes:
        runs: its runs in the month.
        seconds: the billed seconds of a run.
        dpus: those of all its workers.
        unmeasured: its pipelines without earlier runs, which count for no seconds beyond Glue's minimum.
        dollars: the cost of the month; None if the price is not known.
    """

    pipelines: tuple[str, ...]
    name: str
    runs: int
    seconds: int
    dpus: int
    unmeasured: tuple[str, ...]
    dollars: Decimal | None

    @property
    def dpu_hours(self) -> Decimal:
        """Return the billed DPU-hours of the month."""
        return Decimal(self.runs * self.seconds * self.dpus) / _HOUR


@dataclass(frozen=True, slots=True)
class ScheduleCost:
    """One schedule, with the jobs that each fire starts.

    Attributes:
        fires: how often it fires in the month; 0 if it is switched off.
    """

    name: str
    pipeline: str
    expression: str
    fires: int
    jobs: tuple[JobCost, ...]

    @property
    def dollars(self) -> Decimal | None:
        """Return the cost of the month, in US dollars; None if the price is not known."""
        return _total(job.dollars for job in self.jobs)


@dataclass(frozen=True, slots=True)
class MonthlyCost:
    """The cost of a deployment's schedules in one month.

    Attributes:
        month: the month's first day.
        price: that of a DPU-hour; None if it is not known.
    """

    month: date
    region: str
    environment: str
    price: DpuHourPrice | None
    schedules: tuple[ScheduleCost, ...]

    @property
    def dollars(self) -> Decimal | None:
        """Return the cost of all schedules, in US dollars; None if the price is not known."""
        if self.price is None:
            return None
        return _total(schedule.dollars for schedule in self.schedules)

    @property
    def dpu_hours(self) -> Decimal:
        """Return the billed DPU-hours of all schedules."""
        jobs = (job for schedule in self.schedules for job in schedule.jobs)
        return sum((job.dpu_hours for job in jobs), Decimal(0))

    @property
    def unmeasured(self) -> tuple[str, ...]:
        """Return the pipelines without earlier runs that a schedule starts in the month, sorted."""
        jobs = [job for schedule in self.schedules for job in schedule.jobs]
        return tuple(sorted({name for job in jobs if job.runs for name in job.unmeasured}))

    @property
    def notes(self) -> tuple[str, ...]:
        """Return in sentences what the number rests on, and what it leaves out."""
        return tuple(self._notes())

    def _notes(self) -> Iterator[str]:
        if self.price is None:
            yield (
                f"The price of a DPU-hour in {self.region} is not known: set dpu_hour_price in "
                f"[env.{self.environment}] of alur.toml; {price_page()} lists it."
            )
        else:
            yield f"A DPU-hour in {self.region} costs ${self.price.dollars} ({self.price.source})."
        if self.unmeasured:
            yield (
                f"{counted(len(self.unmeasured), 'pipeline')} without earlier runs: counted with "
                f"Glue's minimum of {_MINIMUM_SECONDS} seconds a run, so the cost is at least this."
            )
        yield "Not counted: storage, requests, logs, retries, and runs that no schedule starts."


def monthly_cost(
    deployment: Deployment, seconds: Mapping[str, float | None], month: date
) -> MonthlyCost:
    """Return the cost of a deployment's schedules in a calendar month, in UTC.

    The fires of each schedule in the month are counted; a rate counts from 1970, where AWS counts from the creation of its
    rule, so it may fire once more or less there. Each fire runs all jobs of its workflow. A job that several schedules
    start is paid for each of them.

    Args:
        seconds: what a run of a job takes, such as the median of its last runs, by the job's name or by that of its
            pipeline. A job with several pipelines and without runs takes what these took alone, one after the other. A
            missing one, or None, counts as Glue's minimum, and is listed in ``unmeasured``.
        month: any day of the month.

    >>> from datetime import date
    >>> from pathlib import Path
    >>> from alur import SilverTable, contract_of, pipeline, schedule
    >>> from alur.project.project import Project
    >>> from alur.project.settings import Settings
    >>> from alur.deployment.planning import plan
    >>> class Raw(SilverTable):
    ...     n: int
    >>> class Clean(SilverTable):
    ...     n: int
    >>> @schedule(cron="cron(0 * * * ? *)")
    ... @pipeline(sources={"raw": Raw}, target=Clean, resource_profile="medium")
    ... def clean(raw):
    ...     return raw
    >>> settings = Settings.model_validate({"project": {"name": "shop"}, "env": {"prod": {}}})
    >>> project = Project(Path("."), settings, (contract_of(Raw), contract_of(Clean)), (clean,))
    >>> deployment = plan(project, project.environment("prod"))
    >>> cost = monthly_cost(deployment, {"clean": 90.0}, date(2026, 11, 1))
    >>> cost.schedules[0].fires, cost.dpu_hours, cost.dollars  # 5 DPUs, 720 times 90 seconds, $0.44
    (720, Decimal('90'), Decimal('39.60'))
    >>> monthly_cost(deployment, {}, date(2026, 11, 1)).unmeasured
    ('clean',)
    """
    price = dpu_hour_price(deployment.region, deployment.dpu_hour_price)
    return MonthlyCost(
        month=month.replace(day=1),
        region=deployment.region,
        environment=deployment.environment,
        price=price,
        schedules=tuple(
            _schedule_cost(deployment, schedule, seconds, month, price)
            for schedule in deployment.schedules
        ),
    )


def _schedule_cost(
    deployment: Deployment,
    schedule: ScheduledWorkflow,
    seconds: Mapping[str, float | None],
    month: date,
    price: DpuHourPrice | None,
) -> ScheduleCost:
    fires = AwsSchedule(schedule.expression).count(month.year, month.month)
    fires = fires if schedule.enabled else 0
    labels = [label for trigger in schedule.triggers for label in trigger.starts]
    jobs = tuple(_job_cost(deployment.job(label), fires, seconds, price) for label in labels)
    return ScheduleCost(schedule.name, schedule.pipeline, schedule.expression, fires, jobs)


def _job_cost(
    job: Job, runs: int, seconds: Mapping[str, float | None], price: DpuHourPrice | None
) -> JobCost:
    measured = seconds.get(job.name)
    unmeasured: tuple[str, ...] = ()
    if measured is None:
        known = {name: found for name in job.pipelines if (found := seconds.get(name)) is not None}
        measured, unmeasured = (
            sum(known.values()),
            tuple(n for n in job.pipelines if n not in known),
        )
    billed = max(_MINIMUM_SECONDS, math.ceil(measured))
    dpus = DPUS[job.worker_type] * job.number_of_workers
    cost = None if price is None else Decimal(runs * billed * dpus) * price.dollars / _HOUR
    return JobCost(job.pipelines, job.name, runs, billed, dpus, unmeasured, cost)


def _total(amounts: Iterator[Decimal | None]) -> Decimal | None:
    total = Decimal(0)
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total
