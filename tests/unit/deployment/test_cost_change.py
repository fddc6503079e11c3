"""The cost of a month before and after a deployment: what is deployed, read back, and the page's words."""

from datetime import date

from alur.cli.plan_cost import cost_lines
from alur.deployment.comparison import Deployed, DeployedJob, DeployedSchedule
from alur.deployment.costs import monthly_cost
from alur.operations.change_plan import CostChange
from alur.operations.planning.costing import as_deployed
from alur.scheduling.expression import AwsSchedule
from alur.scheduling.schedule import Schedule
from tests.unit.deployment.test_costs import deployment

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
