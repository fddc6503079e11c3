"""``alur validate``: checks the project in five parts, and lists every problem."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alur.cli.dry_runs import dry_runs_of, engine_lines
from alur.cli.environments import aws_environment_option, chosen_of_aws
from alur.cli.failures import show_tracebacks
from alur.cli.terminal import CROSS, ERROR, NOTE, OK, TICK, echo, echo_prose
from alur.project.settings import LOCAL
from alur.text import counted

if TYPE_CHECKING:
    from alur.errors import AlurError
    from alur.project.project import Inspection, Project
    from alur.project.settings import Settings
    from alur.runtime.dry_run import DryRun


@click.command()
@aws_environment_option()
@click.option("--no-engine", is_flag=True, help="Do not call pipelines on empty frames.")
def command(environment: str | None, no_engine: bool) -> None:
    """Check contracts, pipelines, the graph and the settings; list every problem found."""
    from alur.project.locating import find_root
    from alur.project.project import Inspection

    inspection = Inspection.of(find_root(Path.cwd()))
    environment = _environment(environment, inspection.settings)
    # Pipelines can be called only in a project without problems.
    is_callable = not (no_engine or inspection.problems)
    found = dry_runs_of(inspection.project()) if is_callable else {}
    refused_tags = _tag_problems(inspection.project()) if is_callable else []
    counts = [
        _part(
            1, "Validating contracts", _contract_lines(inspection), _contract_problems(inspection)
        ),
        _part(
            2,
            "Validating pipelines",
            _pipeline_lines(inspection, found),
            [*_pipeline_problems(inspection, found), *refused_tags],
        ),
        _part(3, "Validating pipeline DAG", _graph_lines(inspection), inspection.graph_problems),
        _part(
            4,
            "Validating configuration",
            *_configuration(inspection.settings, environment, inspection),
        ),
    ]
    usable = not sum(counts)
    lines, problems = _terraform(inspection, environment, usable=usable)
    if usable and environment != "local":
        prospects = _packaging(inspection)
        lines, problems = lines + prospects[0], problems + prospects[1]
    count = sum(counts) + _part(5, "Testing Terraform generation", lines, problems)
    if count:
        echo(f"{ERROR} {counted(count, 'problem')} found")
        raise click.exceptions.Exit(1)
    echo(f"{OK} Validation passed!")


def _environment(named: str | None, settings: Settings | None) -> str:
    """Return the environment to check: ``local`` only if it is the default and no AWS environment is set up."""
    if settings is None or named:
        return named or "dev"
    environment = chosen_of_aws(None, settings)
    stays_here = settings.project.default_env == LOCAL and environment not in settings.env
    return LOCAL if stays_here else environment


def _part(number: int, title: str, lines: list[str], problems: list[AlurError]) -> int:
    echo(f"[{number}/5] {title}...")
    for line in lines:
        echo(f"  {line}")
    for problem in problems:
        text = str(problem).replace("\n", "\n    ")
        echo_prose(f"  {CROSS} {text}")
    show_tracebacks(problems)
    echo()
    return len(problems)


def _tick(text: str) -> str:
    return f"{TICK} {text}"


def _contract_lines(inspection: Inspection) -> list[str]:
    layers = ("bronze", "silver", "gold")
    contracts = sorted(inspection.contracts, key=lambda contract: layers.index(contract.layer))
    return [_tick(f"{c.name}: {counted(len(c.columns), 'field')}") for c in contracts]


def _contract_problems(inspection: Inspection) -> list[AlurError]:
    ours = [
        problem for problem in inspection.import_problems if _is_of_contracts(problem, inspection)
    ]
    return [*ours, *inspection.contract_problems]


def _pipeline_problems(inspection: Inspection, found: Mapping[str, DryRun]) -> list[AlurError]:
    ours = [
        problem
        for problem in inspection.import_problems
        if not _is_of_contracts(problem, inspection)
    ]
    of_calls = [dry_run.problem for dry_run in found.values() if dry_run.problem]
    return [*ours, *inspection.pipeline_problems, *of_calls]


def _tag_problems(project: Project) -> list[AlurError]:
    """Return the columns with tags that alur.toml refuses."""
    if not any(rule.refuse_in for rule in project.settings.tags.values()):
        return []
    from alur.lineage.tagging import tag_problems
    from alur.operations.lineage import lineage_graph

    return list(tag_problems(project, lineage_graph(project)))


def _is_of_contracts(problem: AlurError, inspection: Inspection) -> bool:
    """Return whether an import problem concerns contracts: by its kind, or by its package."""
    from alur.errors import ContractError

    if inspection.settings is None or problem.where is None:
        return isinstance(problem, ContractError)
    package = inspection.root / inspection.settings.project.modules[0]
    return isinstance(problem, ContractError) or Path(problem.where.path).is_relative_to(package)


def _pipeline_lines(inspection: Inspection, found: Mapping[str, DryRun]) -> list[str]:
    lines = []
    for pipeline in inspection.pipelines:
        dry_run = found.get(pipeline.name)
        if dry_run and dry_run.problem:
            continue
        lines += [
            _tick(pipeline.name),
            f"    Sources: {list(pipeline.sources)}",
            f"    Target: {pipeline.target.table}",
            *(f"    {line}" for line in engine_lines(dry_run)),
        ]
    return lines


def _graph_lines(inspection: Inspection) -> list[str]:
    if inspection.graph_problems:
        return []
    if inspection.import_problems or inspection.settings_problems:
        return ["- Checked only what could be imported"]
    lines = [_tick("No circular dependencies detected")]
    if not inspection.problems and (names := inspection.project().unscheduled):
        lines.append(f"{NOTE} No schedule starts {', '.join(names)}")
    return lines


def _configuration(
    settings: Settings | None, environment: str, inspection: Inspection
) -> tuple[list[str], list[AlurError]]:
    from alur.errors import AlurError
    from alur.naming import BUCKETS
    from alur.project.environment import Environment

    if settings is None:
        return [], inspection.settings_problems
    try:
        target = Environment.of(settings, environment)
        names = {f"{kind.upper()}_BUCKET": target.names.bucket(kind) for kind in BUCKETS}
    except AlurError as error:
        return [], [error]
    values = target.settings
    shown = {"AWS_REGION": values.aws_region, "GLUE_VERSION": values.glue_version, **names}
    return [_tick(f"{name}: {value}") for name, value in shown.items()], []


def _terraform(
    inspection: Inspection, environment: str, *, usable: bool
) -> tuple[list[str], list[AlurError]]:
    from alur.errors import AlurError

    if environment == LOCAL:
        return ["- This machine needs no Terraform"], []
    if not usable:
        return ["- Not tested: mend the problems above first"], []
    from alur.deployment.planning import plan
    from alur.terraform.rendering import render

    project = inspection.project()
    try:
        render(plan(project, project.environment(environment)), "")
    except AlurError as error:
        return [], error.problems
    return [_tick("Terraform generation successful")], []


def _packaging(inspection: Inspection) -> tuple[list[str], list[AlurError]]:
    """Check the packaging of the jobs' code without a package index; return lines and problems."""
    try:
        from alur.packaging.offline import predict_packaging
    except ModuleNotFoundError:
        return ["- Not checked whether jobs can get the code: pip install 'alur[aws]'"], []
    forecast = predict_packaging(inspection.project())
    lines = [f"{NOTE} {notice}" for notice in forecast.notices]
    if not forecast.problems:
        lines.insert(0, _tick(f"{counted(forecast.files or 0, 'file')} can be packaged for jobs"))
    if forecast.unread:
        names = ", ".join(forecast.unread)
        lines.append(f"- What these need is checked when deploy downloads them: {names}")
    return lines, forecast.problems
