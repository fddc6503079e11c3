"""Puts the cost of a month, before and after a deployment, into words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from alur.cli.plan_lines import PlanLine, some
from alur.text import counted

if TYPE_CHECKING:
    from alur.deployment.costs import MonthlyCost, ScheduleCost
    from alur.operations.change_plan import CostChange


def cost_lines(cost: CostChange) -> Iterator[PlanLine]:
    """Yield the cost of the month, the schedules whose cost changes, and what the numbers rest on."""
    before, after = cost.before, cost.after
    if not after.schedules and not (before and before.schedules):
        yield PlanLine("", "no schedule, no cost of scheduled runs")
        return
    month = f"{after.month:%B %Y}"
    if before is None or _amount(before) == _amount(after):
        yield PlanLine("", f"{_amount(after)} in {month}")
    else:
        yield PlanLine("~", f"{_amount(after)} in {month}, instead of {_amount(before)}")
    yield from _schedules(before, after)
    yield from _sharing(cost)
    for name in cost.left_out:
        yield PlanLine("", f"{name} is not counted as deployed: its workers are of an unknown type")
    yield PlanLine("", "rests on", after.notes)


def _schedules(before: MonthlyCost | None, after: MonthlyCost) -> Iterator[PlanLine]:
    if before is None:
        return
    then = {one.name: one for one in before.schedules}
    now = {one.name: one for one in after.schedules}
    for name in now | then:
        old, new = then.get(name), now.get(name)
        if old is None or new is None:
            yield PlanLine("+" if old is None else "-", f"{name}: {_schedule(new or old)}")
        elif _schedule(old) != _schedule(new):
            yield PlanLine("~", f"{name}: {_schedule(new)}, instead of {_schedule(old)}")


def _sharing(cost: CostChange) -> Iterator[PlanLine]:
    """Yield what shared jobs save, or would, and which pipelines have a job of their own all the same."""
    sharing = cost.sharing
    if sharing is not None and sharing.is_on:
        pipelines = counted(sharing.pipelines, "pipeline")
        other = sharing.otherwise
        text = f"; with a job for each it would be {_amount(other)}" if other else ""
        jobs = counted(sharing.jobs, "job")
        yield PlanLine("", f"{pipelines} share {jobs}{text}")
    elif sharing is not None and sharing.otherwise and _saves(sharing.otherwise, cost.after):
        could = (
            f"{counted(sharing.pipelines, 'pipeline')} could share {counted(sharing.jobs, 'job')}"
        )
        yield PlanLine(
            "", f'{could}: {_amount(sharing.otherwise)} with fuse = "schedule" in alur.toml'
        )
    yield from sharing_lines(cost.alone)


def sharing_lines(alone: Mapping[str, str]) -> Iterator[PlanLine]:
    """Yield which pipelines have a job of their own although the environment lets pipelines share jobs, and why.

    >>> [line.text for line in sharing_lines({"a": "no schedule starts it", "b": "no schedule starts it"})]
    ['not shared, since no schedule starts it']
    """
    for reason in dict.fromkeys(alone.values()):
        names = [name for name, its in alone.items() if its == reason]
        yield PlanLine("", f"not shared, since {reason}", some(names))


def _saves(less: MonthlyCost, more: MonthlyCost) -> bool:
    return less.dpu_hours < more.dpu_hours


def _schedule(cost: ScheduleCost | None) -> str:
    assert cost is not None, "one of both states has it"
    hours = sum((job.dpu_hours for job in cost.jobs), Decimal(0))
    return f"{cost.fires:,} fires, {_priced(cost.dollars, hours)}"


def _amount(cost: MonthlyCost) -> str:
    return _priced(cost.dollars, cost.dpu_hours)


def _priced(dollars: Decimal | None, hours: Decimal) -> str:
    """Return an amount in dollars, or in hours without a price.

    >>> _priced(Decimal("39.6"), Decimal(90)), _priced(None, Decimal(90))
    ('$39.60', '90.0 DPU-hours')
    """
    return f"{hours:,.1f} DPU-hours" if dollars is None else f"${dollars:,.2f}"
