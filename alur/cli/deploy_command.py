"""``alur deploy``: packages the project and deploys it to AWS, in six steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from alur.cli.environments import aws_environment_option, chosen_of_aws
from alur.cli.terminal import echo, note, tick
from alur.text import counted

if TYPE_CHECKING:
    from alur.aws_clients import Clients
    from alur.cli.deployments import Prepared
    from alur.deployment.resources import Deployment
    from alur.packaging import Artifact


@click.command()
@aws_environment_option()
@click.option("--auto-approve", is_flag=True, help="Apply without asking.")
@click.option("--plan-only", is_flag=True, help="Show what would change, and stop.")
def command(environment: str | None, auto_approve: bool, plan_only: bool) -> None:
    """Deploy the project to an AWS environment."""
    from alur.cli.deployments import (
        bring_landing_files,
        check_deployed,
        connected,
        prepare,
        terraform_folder,
    )
    from alur.project.project import Project

    echo("[1/6] Loading configuration...")
    project = Project.load()
    chosen = chosen_of_aws(environment, project.settings)
    pipelines = counted(len(project.pipelines), "pipeline")
    schedules = counted(len(project.schedules), "schedule")
    tick(f"Project {project.settings.project.name}: {pipelines}, {schedules}")
    if project.unscheduled:
        note(f"No schedule starts {', '.join(project.unscheduled)}")
    target = project.environment(chosen)
    clients = connected(project, target)
    tick(f"Environment {target.name}: {clients.region}")
    echo("[2/6] Building Python wheel...")
    prepared, artifact = prepare(project, target)
    _tell_artifact(artifact)
    echo("[3/6] Generating Terraform files...")
    for name in prepared.write(terraform_folder(project.root, target)):
        echo(f"  Generated: {name}")
    echo("[4/6] Applying Terraform...")
    if not _applied(prepared, clients, auto_approve=auto_approve, plan_only=plan_only):
        return
    echo("[5/6] Checking what Terraform uploaded...")
    check_deployed(prepared, clients)
    _tell_deployed(prepared.deployment)
    if target.is_sandbox:
        count = bring_landing_files(project, clients)
        tick(counted(count or 0, "landing file"))
    echo("[6/6] Deployment complete!")
    echo(f"  Run a pipeline:  alur run <pipeline> --env {target.name}")
    echo(f"  Look at it all:  alur status --env {target.name}")


def _tell_artifact(artifact: Artifact) -> None:
    tick(f"{artifact.path.name} ({artifact.size / 1_000_000:.1f} MB)")
    if artifact.left_out:
        echo(f"  Glue's own: {', '.join(artifact.left_out)}")
    for notice in artifact.notices:
        note(notice)


def _tell_deployed(declared: Deployment) -> None:
    tick(f"s3://{declared.bucket('artifacts')}/{declared.code_key}")
    jobs, schedules = len(declared.jobs), len(declared.schedules)
    tick(f"{counted(jobs, 'job')} and {counted(schedules, 'schedule')} as declared")


def _applied(prepared: Prepared, clients: Clients, *, auto_approve: bool, plan_only: bool) -> bool:
    """Plan, confirm and apply; return whether to check what is deployed now."""
    from alur.cli.deployments import (
        confirmed,
        keeping_earlier_code,
        refuse_loss,
        terraform_folder,
    )
    from alur.cli.terraform_display import TerraformDisplay
    from alur.terraform.binary import Terraform

    folder = terraform_folder(prepared.root, prepared.environment)
    terraform = Terraform(folder)
    with TerraformDisplay("asking AWS what is there"):
        terraform.initialise()
        for _ in keeping_earlier_code(prepared, terraform, clients).write(folder):
            pass
        plan = terraform.plan()
    if not plan.changes:
        echo("  No changes: everything is deployed as the project declares it")
        return not plan_only
    for line in plan.summary():
        echo(f"  {line}")
    refuse_loss(plan, clients)
    if plan_only:
        echo("  Nothing was applied (--plan-only)")
        return False
    if not confirmed("  Apply these changes?", auto_approve=auto_approve):
        echo("  Nothing was applied")
        return False
    with TerraformDisplay("applying") as display:
        Terraform(folder, display.show).apply()
    echo(f"  Apply complete! {display.total()}")
    return True
