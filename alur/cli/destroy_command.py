"""``alur destroy``: destroys an environment, in two steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from alur.cli.completion import aws_environments
from alur.cli.environments import chosen_of_aws
from alur.cli.spinner import Spinner
from alur.cli.terminal import OK, echo, tick
from alur.text import counted

if TYPE_CHECKING:
    from alur.aws_clients import Clients
    from alur.cli.deployments import Prepared
    from alur.deployment.resources import Deployment


@click.command()
@click.option(
    "--env",
    "environment",
    metavar="NAME",
    shell_complete=aws_environments,
    help="The environment.  [default: dev; required where alur.toml has a default_env]",
)
@click.option("--force", is_flag=True, help="Empty the buckets first: all versions of everything.")
@click.option("--auto-approve", is_flag=True, help="Destroy without asking.")
def command(environment: str | None, force: bool, auto_approve: bool) -> None:
    """Destroy everything that was deployed to an AWS environment."""
    from alur.cli.deployments import confirmed, connected, for_destruction
    from alur.project.project import Project

    project = Project.load()
    if environment is None and project.settings.project.default_env:
        # Never destroy an environment that only a setting names.
        raise click.UsageError("Name the environment to take down, such as --env dev.")
    target = project.environment(chosen_of_aws(environment, project.settings))
    prepared = for_destruction(project, target)
    clients = connected(project, target)
    if not force:
        _refuse_data(prepared.deployment, clients)
    what = f"{target.project} in {target.name}"
    data = ", with all data in its buckets" if force else ""
    question = f"Destroy {what}{data}? This cannot be undone"
    if not confirmed(question, auto_approve=auto_approve):
        echo("Nothing was destroyed")
        return
    echo("[1/2] Emptying S3 buckets...")
    _empty(prepared.deployment, clients)
    echo("\n[2/2] Destroying Terraform infrastructure...")
    _destroy(prepared)
    _tell_what_is_left(prepared, clients)


def _refuse_data(declared: Deployment, clients: Clients) -> None:
    """Refuse to destroy buckets with more than Alur's own files.

    Raises:
        DeploymentError: a bucket holds data.
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
    """Empty the buckets; without --force, they hold only old versions and Alur's own files."""
    from alur.aws.buckets import empty

    for bucket in declared.buckets:
        with Spinner(f"emptying {bucket.name}") as spinner:

            def progress(count: int, spinner: Spinner = spinner, name: str = bucket.name) -> None:
                spinner.update(f"emptying {name}: {counted(count, 'version')} deleted")

            count = empty(clients, bucket.name, progress)
        tick(f"Emptied {bucket.name}" + (f" ({counted(count, 'version')})" if count else ""))


def _destroy(prepared: Prepared) -> None:
    from alur.cli.deployments import terraform_folder
    from alur.cli.terraform_display import TerraformDisplay
    from alur.terraform.binary import Terraform

    folder = terraform_folder(prepared.root, prepared.environment)
    for _ in prepared.write(folder):
        pass
    with TerraformDisplay("destroying") as display:
        terraform = Terraform(folder, display.show)
        terraform.initialise()
        terraform.plan(destroy=True)
        terraform.apply()
    echo(f"  Destroy complete! Resources: {display.done['destroyed']} destroyed.")


def _tell_what_is_left(prepared: Prepared, clients: Clients) -> None:
    """Look for remaining objects with the project's name: made by hand, or lost from the state.

    Raises:
        DeploymentError: there are some.
    """
    from alur.aws.deployed import read_deployed
    from alur.errors import DeploymentError

    declared = prepared.deployment
    left = read_deployed(clients, declared)
    names = [*sorted(left.buckets), *left.jobs, *left.schedules]
    names += sorted(left.databases & {database.name for database in declared.databases})
    if names:
        raise DeploymentError(
            f"not in Terraform's state, and so still there: {', '.join(names)}",
            remedy="delete it by hand",
        )
    if declared.state_bucket:
        echo(f"  Left: s3://{declared.state_bucket}/{declared.state_key}, Terraform's empty state")
    echo(f"\n{OK} Infrastructure destroyed successfully!")
