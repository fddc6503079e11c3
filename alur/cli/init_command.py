"""``alur init``: a new project that runs at once."""

from __future__ import annotations

import re
import shutil
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

import click

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


@click.command()
@click.argument("name")
def command(name: str) -> None:
    """Start a new project in the folder NAME, with contracts, pipelines, a test and sample data."""
    from alur.errors import AlurError

    if not _NAME.fullmatch(name):
        raise AlurError(
            f"{name!r} is no name for a project",
            remedy="use lower-case letters, digits and hyphens, a letter first, at most 31",
        )
    target = Path(name)
    if target.exists():
        raise AlurError(
            f"{target} is already there", remedy="choose another name, or remove it first"
        )
    _create(target, name)
    click.echo(f"{click.style('[OK]', fg='green')} Created {target}. Try it:\n")
    for line in (
        f"cd {target}",
        "alur validate",
        "alur run --all --env local",
        "alur show daily_sales",
    ):
        click.echo(f"    {line}")


def _create(target: Path, name: str) -> None:
    """Writes the project beside its final place, then renames it: it is there whole, or not at all."""
    with tempfile.TemporaryDirectory(prefix=".alur-init-", dir=target.parent) as folder:
        draft = Path(folder) / name
        with as_file(files("alur.cli") / "skeleton") as skeleton:
            shutil.copytree(skeleton, draft, ignore=shutil.ignore_patterns("__pycache__"))
        (draft / "gitignore").rename(draft / ".gitignore")
        for file in (draft / "alur.toml", draft / "README.md"):
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace("{{name}}", name), encoding="utf-8")
        draft.rename(target)
