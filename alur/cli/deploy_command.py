"""``alur deploy``: from the project to what runs in AWS, in six steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from alur.cli.counting import counted
from alur.project.settings import SANDBOX

if TYPE_CHECKING:
    from alur.aws.session import Clients
    from alur.cli.deployments import Prepared
    from alur.deployment.resources import Deployment


@click.command()
@click.option("--env", "environment", default="dev", show_default=True, help="The environment.")
@click.option("--auto-approve", is_flag=True, help="Apply without asking.")
@click.option("--plan-only", is_flag=True, help="Show what would change, and stop.")
def command(environment: str, auto_approve: bool, plan_only: bool) -> None:
    """Deploy the project to an environment of AWS."""
    from alur.cli.deployments import (
        bring_landing_files,
        check_deployed,
        connected,
        prepare,
        terraform_folder,
        tick,
        warn,
    )
    from alur.project.project import Project

    click.echo("[1/6] Loading configuration...")
    project = Project.load()
    pipelines = counted(len(project.pipelines), "pipeline")
    schedules = counted(sum(len(made.schedules) for made in project.pipelines), "schedule")
    tick(f"Project {project.settings.project.name}: {pipelines}, {schedules}")
    clients = connected(project, environment)
    tick(f"Environment {environment}: {clients.region}")
    click.echo("[2/6] Building Python wheel...")
    prepared = prepare(project, environment)
    tick(f"{prepared.artifact.path.name} ({prepared.artifact.size / 1_000_000:.1f} MB)")
    if prepared.artifact.left_out:
        click.echo(f"  Glue's own: {', '.join(prepared.artifact.left_out)}")
    for notice in prepared.artifact.notices:
        warn(notice)
    click.echo("[3/6] Generating Terraform files...")
    for name in prepared.write(terraform_folder(project, environment)):
        click.echo(f"  Generated: {name}")
    click.echo("[4/6] Applying Terraform...")
    if not _applied(prepared, clients, auto_approve=auto_approve, plan_only=plan_only):
        return
    click.echo("[5/6] Checking what Terraform uploaded...")
    check_deployed(prepared, clients)
    _tell_deployed(prepared.deployment)
    if environment == SANDBOX:
        count = bring_landing_files(project, clients)
        tick(counted(count or 0, "landing file"))
    click.echo("[6/6] Deployment complete!")
    click.echo(f"  Run a pipeline:  alur run <pipeline> --env {environment}")
    click.echo(f"  Look at it all:  alur status --env {environment}")


def _tell_deployed(declared: Deployment) -> None:
    from alur.cli.deployments import tick

    tick(f"s3://{declared.bucket('artifacts')}/{declared.code_key}")
    jobs, schedules = len(declared.jobs), len(declared.schedules)
    tick(f"{counted(jobs, 'job')} and {counted(schedules, 'schedule')} as declared")


def _applied(prepared: Prepared, clients: Clients, *, auto_approve: bool, plan_only: bool) -> bool:
    """Plans, asks and applies; whether to look at what is there now."""
    from alur.cli.deployments import (
        confirmed,
        keeping_earlier_code,
        refuse_loss,
        terraform_folder,
    )
    from alur.cli.terraform_display import TerraformDisplay
    from alur.terraform.binary import Terraform

    folder = terraform_folder(prepared.project, prepared.deployment.environment)
    terraform = Terraform(folder)
    with TerraformDisplay("asking AWS what is there"):
        terraform.initialise()
        for _ in keeping_earlier_code(prepared, terraform, clients).write(folder):
            pass
        plan = terraform.plan()
    if not plan.changes:
        click.echo("  No changes: everything is deployed as the project declares it")
        return not plan_only
    for line in plan.summary():
        click.echo(f"  {line}")
    refuse_loss(plan, clients)
    if plan_only:
        click.echo("  Nothing was applied (--plan-only)")
        return False
    if not confirmed("  Apply these changes?", auto_approve=auto_approve):
        click.echo("  Nothing was applied")
        return False
    with TerraformDisplay("applying") as display:
        Terraform(folder, display.show).apply()
    click.echo(f"  Apply complete! {display.total()}")
    return True
