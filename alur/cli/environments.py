"""Chooses a command's environment: ``--env``, or else the project's default."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from alur.cli.completion import aws_environments, environments, tables
from alur.errors import DeploymentError
from alur.project.settings import LOCAL, Settings

_F = TypeVar("_F", bound=Callable[..., None])


def environment_option(default: str = "dev") -> Callable[[_F], _F]:
    """Return a decorator that adds the option ``--env``; its value is None if it is not given.

    Args:
        default: the environment if alur.toml has no ``default_env``.
    """
    return click.option(
        "--env",
        "environment",
        metavar="NAME",
        shell_complete=environments,
        help=f"The environment.  [default: default_env in alur.toml, else {default}]",
    )


def aws_environment_option() -> Callable[[_F], _F]:
    """Return a decorator that adds the option ``--env`` for AWS environments; its value is None if it is not given."""
    return click.option(
        "--env",
        "environment",
        metavar="NAME",
        shell_complete=aws_environments,
        help="The environment.  [default: default_env in alur.toml if that is one of AWS, else dev]",
    )


def allow_breaking_option(command: _F) -> _F:
    """Add the option ``--allow-breaking`` to a command."""
    return click.option(
        "--allow-breaking",
        metavar="TABLE",
        multiple=True,
        shell_complete=tables,
        help="Allow breaking changes of a table whose rows stay; repeat it for several.",
    )(command)


def chosen(named: str | None, settings: Settings, default: str = "dev") -> str:
    """Return the name of a command's environment."""
    return named or settings.project.default_env or default


def chosen_of_aws(named: str | None, settings: Settings) -> str:
    """Return the name of a command's AWS environment: by default ``dev``, never ``local``.

    Raises:
        DeploymentError: ``local`` is named.
    """
    if named == LOCAL:
        raise DeploymentError(
            f"{LOCAL!r} is not an AWS environment", remedy="name one that is, such as --env dev"
        )
    preferred = settings.project.default_env
    return named or (preferred if preferred and preferred != LOCAL else "dev")
