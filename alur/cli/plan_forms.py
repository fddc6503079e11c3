"""Shows a plan of changes: as text for a terminal, or as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alur.cli.markdown import escaped
from alur.cli.plan_lines import PlanLine
from alur.cli.plan_sections import infrastructure, sections, verdict
from alur.cli.terminal import NOTE, broken, style

if TYPE_CHECKING:
    from alur.operations.change_plan import ChangePlan
    from alur.terraform.changes import Plan

_STYLES = {"+": "green", "~": "yellow", "±": "yellow", "-": "red"}
_WIDTH = 80


def as_text(plan: ChangePlan) -> Iterator[str]:
    """Yield the lines of a plan for a terminal."""
    yield style(f"Plan of {plan.project} for {plan.environment}", "bold")
    yield from section_lines(plan)
    yield ""
    yield from broken(verdict(plan), _WIDTH)


def section_lines(plan: ChangePlan) -> Iterator[str]:
    """Yield the lines of a plan's sections, each after an empty line."""
    for section in sections(plan):
        yield ""
        yield section.title
        for line in section.lines:
            yield from _parts(line, "  ")


def infrastructure_lines(plan: Plan) -> Iterator[str]:
    """Yield the lines of Terraform's changes."""
    for line in infrastructure(plan):
        yield from _parts(line)


def _parts(line: PlanLine, indentation: str = "") -> Iterator[str]:
    yield from broken(f"{indentation}{_mark(line)}{line.text}", _WIDTH)
    for detail in line.details:
        yield from broken(f"{indentation}    {detail}", _WIDTH)


def _mark(line: PlanLine) -> str:
    if not line.mark:
        return ""
    return f"{NOTE if line.mark == '!' else style(line.mark, _STYLES[line.mark])} "


def as_markdown(plan: ChangePlan) -> Iterator[str]:
    """Yield the lines of a plan in Markdown."""
    yield f"### Plan of {escaped(plan.project)} for {escaped(plan.environment)}"
    yield ""
    yield f"**{escaped(verdict(plan))}**"
    for section in sections(plan):
        yield ""
        yield f"#### {section.title}"
        yield ""
        for line in section.lines:
            mark = f"`{line.mark}` " if line.mark else ""
            yield f"- {mark}{escaped(line.text)}"
            yield from (f"  - {escaped(detail)}" for detail in line.details)
