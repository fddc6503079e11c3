"""``alur list``: lists the project's declarations, for people or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from alur.cli.dry_runs import dry_runs_of, engine_lines
from alur.cli.terminal import NOTE, echo, echo_json, style
from alur.text import counted

if TYPE_CHECKING:
    from alur.contracts.columns import Column
    from alur.contracts.contract import Contract
    from alur.pipelines.pipeline import Pipeline
    from alur.project.project import Project
    from alur.runtime.dry_run import DryRun
    from alur.scheduling.schedule import Schedule


@click.command()
@click.option("-v", "--verbose", is_flag=True, help="Columns, rules, modes and descriptions, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
def command(verbose: bool, as_json: bool) -> None:
    """List contracts by layer, pipelines with their schedules, and the execution order."""
    from alur.project.project import Project

    project = Project.load()
    if as_json:
        echo_json(_as_data(project))
        return
    found = dry_runs_of(project) if verbose else {}
    parts = (_contracts(project, verbose), _pipelines(project, verbose, found), _order(project))
    echo("\n\n".join("\n".join(part) for part in parts))


def _contracts(project: Project, verbose: bool) -> list[str]:
    lines = [style("📋 CONTRACTS", "bold")]
    for layer in ("bronze", "silver", "gold"):
        contracts = [contract for contract in project.contracts if contract.layer == layer]
        if not contracts:
            continue
        if len(lines) > 1:
            lines.append("")
        lines.append(f"{layer.title()} Layer ({counted(len(contracts), 'table')}):")
        for contract in contracts:
            fields = counted(len(contract.columns), "field")
            lines.append(f"  • {contract.name} ({contract.table}) - {fields}")
            lines += _contract_details(contract) if verbose else []
    return lines


def _contract_details(contract: Contract) -> list[str]:
    lines = [f"      {line}" for line in contract.description.splitlines()]
    for column in contract.columns:
        required = "" if column.nullable else " not null"
        lines.append(f"      {column.name}: {column.type}{required}")
    if contract.key:
        lines.append(f"      Key: {', '.join(contract.key)}")
    if contract.partition_by:
        lines.append(f"      Partitioned by: {', '.join(map(str, contract.partition_by))}")
    # The list of columns shows which may be null.
    rules = [rule.describe() for rule in contract.rules if rule.kind != "not_null"]
    if rules:
        broken = "stops the write" if contract.on_violation == "fail" else "is reported"
        lines.append(f"      Rules (a row that breaks one {broken}):")
        lines += [f"        {rule}" for rule in rules]
    return lines


def _pipelines(project: Project, verbose: bool, found: dict[str, DryRun]) -> list[str]:
    lines = [style(f"⚙️  PIPELINES ({len(project.pipelines)} total)", "bold")]
    for pipeline in project.pipelines:
        lines.append(
            f"  • {pipeline.name}: [{', '.join(pipeline.sources)}] → {pipeline.target.table}"
        )
        lines += [f"    Schedule: {_schedule_line(schedule)}" for schedule in pipeline.schedules]
        lines += _pipeline_details(pipeline) if verbose else []
        lines += [f"      {line}" for line in engine_lines(found.get(pipeline.name))]
    if project.unscheduled:
        lines.append(f"  {NOTE} No schedule starts {', '.join(project.unscheduled)}")
    return lines


def _schedule_line(schedule: Schedule) -> str:
    about = f" - {schedule.description}" if schedule.description else ""
    return f"{schedule.expression.text}{about}{'' if schedule.enabled else ' (disabled)'}"


def _pipeline_details(pipeline: Pipeline) -> list[str]:
    lines = [f"      {line}" for line in pipeline.description.splitlines()]
    lines += [f"      {parameter}: {source}" for parameter, source in pipeline.sources.items()]
    lines.append(f"      Mode: {pipeline.mode}; resource profile: {pipeline.resource_profile}")
    lines.append(f"      {pipeline.location}")
    return lines


def _order(project: Project) -> list[str]:
    names = project.graph.order()
    numbered = [f"  {number}. {name}" for number, name in enumerate(names, 1)]
    return [style("📊 EXECUTION ORDER", "bold"), *numbered]


def _as_data(project: Project) -> dict[str, Any]:
    return {
        "contracts": [_contract_data(contract) for contract in project.contracts],
        "pipelines": [_pipeline_data(pipeline) for pipeline in project.pipelines],
        "order": [list(wave) for wave in project.graph.waves],
    }


def _contract_data(contract: Contract) -> dict[str, Any]:
    return {
        "name": contract.name,
        "table": contract.table,
        "layer": contract.layer,
        "description": contract.description,
        "fields": [_field_data(column) for column in contract.columns],
        "key": list(contract.key),
        "partition_by": [str(part) for part in contract.partition_by],
        "rules": [rule.describe() for rule in contract.rules],
        "on_violation": contract.on_violation,
        "owners": list(contract.owners),
        "tags": dict(contract.tags),
    }


def _field_data(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": str(column.type),
        "nullable": column.nullable,
        "description": column.description,
        "system": column.system,
        "tags": [tag.name for tag in column.tags if tag.holds],
    }


def _pipeline_data(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "name": pipeline.name,
        "description": pipeline.description,
        "sources": {parameter: str(source) for parameter, source in pipeline.sources.items()},
        "target": pipeline.target.table,
        "mode": pipeline.mode,
        "resource_profile": pipeline.resource_profile,
        "schedules": [_schedule_data(schedule) for schedule in pipeline.schedules],
    }


def _schedule_data(schedule: Schedule) -> dict[str, Any]:
    return {
        "expression": schedule.expression.text,
        "description": schedule.description,
        "enabled": schedule.enabled,
        "scope": schedule.scope,
    }
