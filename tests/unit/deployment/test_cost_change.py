"""The cost of a month before and after a deployment: what is deployed, read back, and the page's words."""

from datetime import date

from alur.cli.plan_cost import cost_lines
from alur.deployment.comparison import Deployed, DeployedJob, DeployedSchedule
from alur.deployment.costs import monthly_cost
from alur.deployment.planning import plan, plan_otherwise
from alur.operations.change_plan import CostChange
from alur.operations.planning.costing import as_deployed, sharing_of
from alur.scheduling.expression import AwsSchedule
from alur.scheduling.schedule import Schedule
from tests.unit.deployment.test_costs import deployment
from tests.unit.deployment.test_job_layout import shop

NOVEMBER = date(2026, 11, 1)
DAILY = Schedule(AwsSchedule("cron(0 2 * * ? *)"))
RULE = "alur-schedule-shop-clean-prod"
JOB = "alur-shop-clean-prod"


def deployed(worker_type="G.1X", workers=2, expression="cron(0 * * * ? *)"):
    """Return an environment with one job and its rule."""
    job = DeployedJob(JOB, "", worker_type, workers, 480, 0, "5.1", {})
    rule = DeployedSchedule(
        RULE, expression, "", True, True, frozenset([(frozenset(), frozenset([JOB]))])
    )
    return Deployed({JOB: job}, {RULE: rule}, frozenset(), frozenset(), has_code=True)


def words(before, after, **seconds):
    cost = CostChange(
        before and monthly_cost(before, seconds, NOVEMBER), monthly_cost(after, seconds, NOVEMBER)
    )
    return [f"{line.mark} {line.text}".strip() for line in cost_lines(cost)]


def test_fewer_fires_cost_less():
    declared = deployment(("clean", "small", DAILY))
    before = as_deployed(declared, deployed())
    # 720 or 30 fires of 90 seconds on 2 DPUs, at $0.44 an hour.
    assert words(before, declared, clean=90.0) == [
        "~ $0.66 in November 2026, instead of $15.84",
        f"~ {RULE}: 30 fires, $0.66, instead of 720 fires, $15.84",
        "rests on",
    ]


def test_a_removed_and_an_added_schedule_are_named():
    declared = deployment(("clean", "small", DAILY))
    without = deployment(("clean", "small"))
    before = as_deployed(declared, deployed())
    assert words(before, without)[1] == f"- {RULE}: 720 fires, $10.56"
    empty = as_deployed(without, Deployed({}, {}, frozenset(), frozenset(), has_code=False))
    assert words(empty, declared)[1] == f"+ {RULE}: 30 fires, $0.44"
    assert words(None, declared)[0] == "$0.44 in November 2026"


def test_workers_of_an_unknown_type_leave_their_schedule_out():
    declared = deployment(("clean", "small", DAILY))
    before = as_deployed(declared, deployed(worker_type="Z.9X"))
    assert (before.jobs, before.schedules) == ((), ())
    assert words(None, deployment(("clean", "small"))) == ["no schedule, no cost of scheduled runs"]
    cost = CostChange(None, monthly_cost(declared, {}, NOVEMBER), (RULE,))
    assert [line.text for line in cost_lines(cost)][1] == (
        f"{RULE} is not counted as deployed: its workers are of an unknown type"
    )


def lines(cost):
    return [line for line in cost_lines(cost) if "share" in line.text]


def test_the_page_shows_what_shared_jobs_save_or_would():
    names = [f"t{n}" for n in range(10)]
    parents = {name: [names[n - 1]] if n else [] for n, name in enumerate(names)} | {"x": []}
    project, shared = shop(parents, {"t0": ["downstream"]})
    _, each = shop(parents, {"t0": ["downstream"]}, fuse=None)
    seconds = dict.fromkeys(names, 5.0)
    for environment, expected in (
        # 720 hours, 10 jobs of a minute on 2 DPUs at $0.44: $105.60; one job of a minute: $10.56.
        (shared, "10 pipelines share 1 job; with a job for each it would be $105.60"),
        (each, '10 pipelines could share 1 job: $10.56 with fuse = "schedule" in alur.toml'),
    ):
        declared, other = plan(project, environment), plan_otherwise(project, environment)
        after, otherwise = (monthly_cost(one, seconds, NOVEMBER) for one in (declared, other))
        sharing = sharing_of(declared, other, otherwise)
        found = lines(CostChange(None, after, (), sharing, declared.alone))
        assert found[0].text == expected
        alone = [(line.text, line.details) for line in found[1:]]
        assert alone == (
            [("not shared, since no schedule starts it", ("x",))] if environment is shared else []
        )


def test_nothing_is_said_of_jobs_that_could_not_be_shared_or_would_save_nothing():
    project, environment = shop({"a": [], "b": []}, {"a": ["self"], "b": ["self"]}, fuse=None)
    declared, other = plan(project, environment), plan_otherwise(project, environment)
    assert sharing_of(declared, other, monthly_cost(other, {}, NOVEMBER)) is None
    project, environment = shop({"a": [], "b": ["a"]}, {"a": ["downstream"]}, fuse=None)
    declared, other = plan(project, environment), plan_otherwise(project, environment)
    # Two pipelines of an hour each cost as much in one job as in two.
    after, otherwise = (
        monthly_cost(one, {"a": 3600.0, "b": 3600.0}, NOVEMBER) for one in (declared, other)
    )
    assert lines(CostChange(None, after, (), sharing_of(declared, other, otherwise))) == []


def test_a_deployed_shared_job_is_counted_by_its_own_runs():
    project, environment = shop({"a": [], "b": ["a"]}, {"a": ["downstream"]})
    declared = plan(project, environment)
    name = "alur-shop-fused.a-2xg1x-prod"
    arguments = {"--alur_pipeline": "a,b"}
    job = DeployedJob(name, "", "G.1X", 2, 960, 0, "5.1", arguments)
    rule = DeployedSchedule(
        "alur-schedule-shop-a-prod",
        "cron(0 * * * ? *)",
        "",
        True,
        True,
        frozenset([(frozenset(), frozenset([name]))]),
    )
    there = Deployed({name: job}, {rule.name: rule}, frozenset(), frozenset(), has_code=True)
    before = monthly_cost(as_deployed(declared, there), {name: 90.0}, NOVEMBER)
    # 720 times 90 seconds on 2 DPUs are 36 DPU-hours.
    assert f"{before.dollars:.2f}" == "15.84"
    assert [job.pipelines for schedule in before.schedules for job in schedule.jobs] == [("a", "b")]
