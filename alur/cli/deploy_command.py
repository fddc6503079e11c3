"""``alur deploy``: packages the project and deploys it to AWS, in six stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from alur.cli.confirming import confirmed
from alur.cli.environments import allow_breaking_option, aws_environment_option, chosen_of_aws
from alur.cli.output import json_option, output

if TYPE_CHECKING:
    from alur.terraform.changes import Plan


@click.command()
@aws_environment_option()
@click.option("--auto-approve", is_flag=True, help="Apply without asking.")
@click.option("--plan-only", is_flag=True, help="Show what would change, and stop.")
@allow_breaking_option
@json_option
def command(
    environment: str | None,
    auto_approve: bool,
    plan_only: bool,
    allow_breaking: tuple[str, ...],
    as_json: bool,
) -> None:
    """Deploy the project to an AWS environment."""
    from alur.operations import deploy
    from alur.project.project import Project

    with output(as_json=as_json) as out:

        def approve(plan: Plan) -> bool:
            return confirmed("  Apply these changes?", out, auto_approve=auto_approve)

        project = Project.load()
        chosen = chosen_of_aws(environment, project.settings)
        deploy(
            project,
            chosen,
            approve=approve,
            plan_only=plan_only,
            allow_breaking=allow_breaking,
            observe=out.show,
        )
