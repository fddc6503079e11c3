"""The cost of a month, held against sums made by hand."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from alur import SilverTable
from alur.contracts.table import contract_of
from alur.deployment.costs import DPUS, monthly_cost
from alur.deployment.planning import plan
from alur.errors import SettingsError
from alur.pipelines.pipeline import Pipeline
from alur.pipelines.sources import TableSource
from alur.project.environment import Environment
from alur.project.project import Project
from alur.project.settings import ResourceProfile, Settings
from alur.scheduling.expression import AwsSchedule
from alur.scheduling.schedule import Schedule

NOVEMBER = date(2026, 11, 15)


def deployment(*declared, **settings):
    """Plan pipelines, each reading the one before: of its name, its profile and its schedules."""
    tables = [
        contract_of(type(name.title(), (SilverTable,), {"__annotations__": {"n": int}}))
        for name in ("raw", *(name for name, *_ in declared))
    ]
    pipelines = tuple(
        Pipeline(
            name=name,
            function=lambda: None,
            sources={"source": TableSource(tables[at])},
            target=tables[at + 1],
            schedules=tuple(schedules),
            resource_profile=profile,
        )
        for at, (name, profile, *schedules) in enumerate(declared)
    )
    environment = {"aws_region": "eu-west-1"} | settings
    toml = {
        "project": {"name": "shop"},
        "env": {"prod": environment},
        "resource_profiles": {"huge": {"worker_type": "G.8X", "number_of_workers": 40}},
    }
    project = Project(Path("/nowhere"), Settings.model_validate(toml), tuple(tables), pipelines)
    return plan(project, project.environment("prod"))


def daily(scope="self", **options):
    return Schedule(AwsSchedule("cron(0 2 * * ? *)"), scope=scope, **options)


# November 2026 has 30 days, and 21 of them are workdays.
@pytest.mark.parametrize(
    ("expression", "profile", "seconds", "dollars"),
    [
        ("cron(0 2 * * ? *)", "small", 30.0, "0.44"),  # 30 runs x 60 s x 2 DPUs = 1 DPU-hour
        ("cron(0 2 * * ? *)", "small", 120.0, "0.88"),
        ("cron(0 2 * * ? *)", "small", 119.01, "0.88"),  # billed by the second, rounded up
        ("cron(0 2 * * ? *)", "large", 1800.0, "132.00"),  # 30 x half an hour x 10 workers of 2
        ("cron(0 2 * * ? *)", "huge", 3600.0, "4224.00"),  # 30 x 1 hour x 40 workers of 8
        ("cron(0 9 ? * MON-FRI *)", "medium", 720.0, "9.24"),  # 21 x 0.2 hours x 5
        ("rate(5 minutes)", "small", 60.0, "126.72"),  # 8,640 runs x 1/60 hour x 2
        ("rate(1 hour)", "small", None, "10.56"),  # 720 runs of the minimum
        ("cron(0 0 1 1 ? *)", "xlarge", 3600.0, "0"),  # in January alone
    ],
)
def test_a_schedule_costs_its_fires_times_the_billed_hours(expression, profile, seconds, dollars):
    schedule = Schedule(AwsSchedule(expression))
    cost = monthly_cost(deployment(("load", profile, schedule)), {"load": seconds}, NOVEMBER)
    assert round(cost.dollars, 9) == Decimal(dollars)
    assert round(cost.dpu_hours * Decimal("0.44"), 9) == Decimal(dollars)


def test_a_hundred_small_hourly_tables_cost_what_the_minimum_makes_of_them():
    tables = [(f"t{n}", "small", Schedule(AwsSchedule("cron(0 * * * ? *)"))) for n in range(100)]
    # 100 x 720 runs x 1/60 hour x 2 DPUs x $0.44
    assert monthly_cost(deployment(*tables), {}, NOVEMBER).dollars == Decimal("1056")


def test_each_schedule_pays_for_all_jobs_that_it_starts():
    planned = deployment(
        ("load", "small"), ("clean", "medium"), ("report", "small", daily("upstream"), daily())
    )
    cost = monthly_cost(planned, {"load": 60, "clean": 360, "report": 600}, NOVEMBER)
    whole, alone = cost.schedules
    assert [(*job.pipelines, job.runs, job.seconds, job.dpus) for job in whole.jobs] == [
        ("load", 30, 60, 2),
        ("clean", 30, 360, 5),
        ("report", 30, 600, 2),
    ]
    # 30 x 2/60 + 30 x 5/10 + 30 x 2/6 = 1 + 15 + 10 DPU-hours
    assert (whole.dollars, alone.dollars) == (Decimal("11.44"), Decimal("4.4"))
    assert cost.dollars == Decimal("15.84")
    assert [job.pipelines for job in alone.jobs] == [("report",)]


def test_a_schedule_that_is_off_costs_nothing():
    cost = monthly_cost(deployment(("load", "small", daily(enabled=False))), {}, NOVEMBER)
    assert (cost.schedules[0].fires, cost.dollars, cost.unmeasured) == (0, 0, ())


def test_the_month_decides_how_often_a_schedule_fires():
    planned = deployment(("load", "small", daily()))
    fires = [monthly_cost(planned, {}, date(2028, m, 1)).schedules[0].fires for m in (1, 2, 4)]
    assert fires == [31, 29, 30]


def test_unknown_prices_are_said_and_not_guessed():
    cost = monthly_cost(
        deployment(("load", "small", daily()), aws_region="ap-southeast-5"), {"load": 60}, NOVEMBER
    )
    assert (cost.price, cost.dollars, cost.schedules[0].dollars) == (None, None, None)
    assert cost.dpu_hours == 1
    assert cost.notes == (
        "The price of a DPU-hour in ap-southeast-5 is not known: set dpu_hour_price in [env.prod] of alur.toml; "
        "https://aws.amazon.com/glue/pricing/ lists it.",
        "Not counted: storage, requests, logs, retries, and runs that no schedule starts.",
    )


def test_the_project_s_own_price_comes_first(monkeypatch):
    planned = deployment(("load", "small", daily()), dpu_hour_price=0.29)
    assert monthly_cost(planned, {}, NOVEMBER).dollars == Decimal("0.29")
    monkeypatch.setenv("ALUR_DPU_HOUR_PRICE", "0.3")
    planned = deployment(("load", "small", daily()), aws_region="ap-southeast-5")
    cost = monthly_cost(planned, {}, NOVEMBER)
    assert cost.dollars == Decimal("0.3")
    assert cost.notes == (
        "A DPU-hour in ap-southeast-5 costs $0.3 (dpu_hour_price in alur.toml).",
        "1 pipeline without earlier runs: counted with Glue's minimum of 60 seconds a run, so the cost is at least "
        "this.",
        "Not counted: storage, requests, logs, retries, and runs that no schedule starts.",
    )


@pytest.mark.parametrize("price", [0, -1, "nan", "inf"])
def test_a_price_is_a_positive_number(price):
    settings = Settings.model_validate(
        {"project": {"name": "shop"}, "env": {"prod": {"dpu_hour_price": price}}}
    )
    with pytest.raises(SettingsError, match="dpu_hour_price"):
        Environment.of(settings, "prod")


def test_every_worker_type_has_its_dpus():
    assert set(DPUS) == set(ResourceProfile.model_fields["worker_type"].annotation.__args__)
