"""Puts the cost of a month, before and after a deployment, into words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from alur.cli.plan_lines import PlanLine

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
