"""``alur plan``: shows what the project's present state changes in an environment."""

from __future__ import annotations

import click

from alur.cli.environments import allow_breaking_option, chosen, environment_option
from alur.cli.output import as_data, output
from alur.cli.terminal import echo, echo_json, echo_prose


@click.command()
@environment_option()
@allow_breaking_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
@click.option("--markdown", "in_markdown", is_flag=True, help="Print Markdown, for a pull request.")
def command(
    environment: str | None, allow_breaking: tuple[str, ...], as_json: bool, in_markdown: bool
) -> None:
    """Show what the project changes in an environment; nothing runs.

    Exits with 0 if nothing changes, with 2 for changes, and with 1 if a change is refused or the plan is not complete.
    """
    from alur.operations.planning.planning import plan_changes
    from alur.project.project import Project

    if as_json and in_markdown:
        raise click.UsageError("Give only one of --json and --markdown.")
    with output(as_json=False) as out:
        project = Project.load()
        target = chosen(environment, project.settings)
        # Progress would stand between the lines of JSON or Markdown.
        observe = (lambda event: None) if as_json or in_markdown else out.show
        plan = plan_changes(project, target, allow_breaking=allow_breaking, observe=observe)
    if as_json:
        echo_json(as_data(plan))
    elif in_markdown:
        from alur.cli.plan_forms import as_markdown

        echo("\n".join(as_markdown(plan)))
    else:
        from alur.cli.plan_forms import as_text

        for line in as_text(plan):
            echo_prose(line)
    if plan.exit_code:
        raise click.exceptions.Exit(plan.exit_code)
