"""``alur destroy``: takes an environment down, in two steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from alur.aws.session import Clients
    from alur.cli.deployments import Prepared
    from alur.deployment.resources import Deployment


@click.command()
@click.option("--env", "environment", default="dev", show_default=True, help="The environment.")
@click.option("--force", is_flag=True, help="Empty the buckets first: all versions of everything.")
@click.option("--auto-approve", is_flag=True, help="Destroy without asking.")
def command(environment: str, force: bool, auto_approve: bool) -> None:
    """Take down everything that was deployed to an environment of AWS."""
    from alur.cli.deployments import confirmed, connected, for_destruction
    from alur.project.project import Project

    project = Project.load()
    prepared = for_destruction(project, environment)
    clients = connected(project, environment)
    if not force:
        _refuse_data(prepared.deployment, clients)
    what = f"{project.settings.project.name} in {environment}"
    data = ", with all data in its buckets" if force else ""
    question = f"Destroy {what}{data}? There is no way back"
    if not confirmed(question, auto_approve=auto_approve):
        click.echo("Nothing was destroyed")
        return
    click.echo("[1/2] Emptying S3 buckets...")
    _empty(prepared.deployment, clients)
    click.echo("\n[2/2] Destroying Terraform infrastructure...")
    _destroy(prepared)
    _tell_what_is_left(prepared, clients)


def _refuse_data(declared: Deployment, clients: Clients) -> None:
    """Refuses to go on where buckets hold more than Alur's own files.

    Raises:
        DeploymentError: they do.
    """
    from alur.aws.buckets import holds_anything
    from alur.errors import DeploymentError

    kept = [b.name for b in declared.buckets if b.kind != "artifacts"]
    full = [name for name in kept if holds_anything(clients, name)]
    if full:
        raise DeploymentError(
            f"there is data in {', '.join(full)}",
            remedy=f"alur destroy --env {declared.environment} --force destroys it, too",
        )


def _empty(declared: Deployment, clients: Clients) -> None:
    """Empties the buckets; without --force they hold nothing but old versions and Alur's own files."""
    from rich.console import Console
    from rich.status import Status

    from alur.aws.buckets import empty
    from alur.cli.deployments import tick

    for bucket in declared.buckets:
        with Status(f"emptying {bucket.name}", console=Console(stderr=True)) as status:

            def progress(count: int, status: Status = status, name: str = bucket.name) -> None:
                status.update(f"emptying {name}: {count:,} versions deleted")

            count = empty(clients, bucket.name, progress)
        tick(f"Emptied {bucket.name}" + (f" ({count:,} versions)" if count else ""))


def _destroy(prepared: Prepared) -> None:
    from alur.cli.deployments import terraform_folder
    from alur.cli.terraform_display import TerraformDisplay
    from alur.terraform.binary import Terraform

    folder = terraform_folder(prepared.project, prepared.deployment.environment)
    for _ in prepared.write(folder):
        pass
    with TerraformDisplay("destroying") as display:
        terraform = Terraform(folder, display.show)
        terraform.initialise()
        terraform.plan(destroy=True)
        terraform.apply()
    click.echo(f"  Destroy complete! Resources: {display.done['destroyed']} destroyed.")


def _tell_what_is_left(prepared: Prepared, clients: Clients) -> None:
    """Says what bears the project's name still, such as what was made by hand, or lost from the state.

    Raises:
        DeploymentError: something does.
    """
    from alur.aws.deployed import read_deployed
    from alur.errors import DeploymentError

    declared = prepared.deployment
    left = read_deployed(clients, declared, prepared.project.settings)
    names = [*sorted(left.buckets), *left.jobs, *left.schedules]
    names += sorted(left.databases & {database.name for database in declared.databases})
    if names:
        raise DeploymentError(
            f"Terraform knew nothing of what is left: {', '.join(names)}",
            remedy="delete it by hand; it is not in Terraform's state",
        )
    if declared.state_bucket:
        click.echo(
            f"  Left: s3://{declared.state_bucket}/{declared.state_key}, Terraform's empty state"
        )
    click.echo(f"\n{click.style('[OK]', fg='green')} Infrastructure destroyed successfully!")
