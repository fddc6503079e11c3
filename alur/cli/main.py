"""The ``alur`` command: runs a subcommand, and converts Alur's errors into messages and exit codes."""

from __future__ import annotations

import atexit
import gc
import sys
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from alur import __version__
from alur.cli.failures import INTERRUPTED, report
from alur.errors import AlurError

_COMMANDS = {
    "init": "Start a new project that runs at once.",
    "validate": "Check contracts, pipelines, the graph and the settings.",
    "list": "List contracts, pipelines and the execution order.",
    "run": "Run a pipeline, or the whole graph.",
    "rebuild": "Make tables anew from all rows of their sources.",
    "verify": "Compare what the engines make of the project.",
    "test": "Run recorded tests of pipelines, or record them.",
    "logs": "Show what runs in AWS have printed.",
    "show": "Look at a table.",
    "diff": "Compare a table between environments, runs or snapshots.",
    "lineage": "Show what a column comes from, or what comes from it.",
    "docs": "Write the documentation of all tables as a site.",
    "maintain": "Combine small files, expire old snapshots, delete files without a use.",
    "adopt": "Take local tables into the catalog that it has lost.",
    "export": "Write contracts for other tools.",
    "import": "Make contracts from what other tools describe.",
    "schedules": "List schedules, in words, with their next fire times.",
    "dev": "Open Dagster's web UI for this project.",
    "new-env": "Make an environment to try a change in, without copying data.",
    "list-envs": "List the environments that new-env has made.",
    "publish": "Take over the tables of an environment that new-env has made.",
    "drop-env": "Delete an environment that new-env has made.",
    "plan": "Show what a change of the project does to an environment.",
    "deploy": "Deploy to an environment of AWS.",
    "status": "Compare what is deployed with what is declared.",
    "destroy": "Take an environment down.",
    "infra": "Write the Terraform files.",
    "sandbox": "An emulated AWS on this machine: deploy, fire, verify.",
}
"""Every subcommand with its line in the help; each is defined in the module ``alur.cli.<name>_command``, with underscores."""


class _Commands(click.Group):
    """Imports a subcommand's module only when the subcommand is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = cmd_name.replace("-", "_")
        command: click.Command = import_module(f"alur.cli.{module}_command").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in _COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            from difflib import get_close_matches

            near = get_close_matches(name, _COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {name!r}.{hint}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        matching = {name: text for name, text in _COMMANDS.items() if name.startswith(incomplete)}
        commands = [CompletionItem(name, help=text) for name, text in matching.items()]
        # click's own method for groups would import every command's module for its line of help.
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AlurError as error:
            report(error)
        except (KeyboardInterrupt, click.Abort):
            click.echo("\nAborted!", err=True)
            ctx.exit(INTERRUPTED)
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:
            report(_unexpected(error, ctx.invoked_subcommand))
        ctx.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="alur")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Data pipelines declared once in Python: run here under Dagster, in production on plain AWS."""


def _unexpected(error: Exception, command: str | None) -> AlurError:
    """Return an error with a remedy for an exception that Alur did not expect."""
    problem = AlurError(
        f"unexpected {type(error).__name__}: {error}",
        remedy=f"see where it happened with alur --debug {command}, and report it if Alur is at fault",
    )
    problem.__cause__ = error
    return problem


def main() -> None:
    """Run the console script."""
    # A run imports 300,000 objects that live to the end: to look through them again and again takes 7 % of its CPU time.
    gc.set_threshold(500_000)
    # The interpreter looks through them once more when it ends, unless they are frozen.
    atexit.register(gc.freeze)
    # In a terminal whose encoding lacks ✓, print a replacement instead of failing.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    cli(prog_name="alur")
