"""``alur init``: creates a project that runs at once."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import unicodedata
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import as_file, files
from pathlib import Path

import click

from alur import __version__
from alur.cli.terminal import OK, echo

_CHARACTERS = 31
_NAME = re.compile(rf"[a-z][a-z0-9-]{{0,{_CHARACTERS - 1}}}")
_RENAMED = {"gitignore": ".gitignore", "project.toml": "pyproject.toml"}
"""Files stored under other names, since git and other tools would obey them in Alur's source."""


@click.command()
@click.argument("name")
def command(name: str) -> None:
    """Create a project in the folder NAME, with contracts, pipelines, a test and sample data."""
    from alur.errors import AlurError

    if not _NAME.fullmatch(name):
        raise AlurError(
            f"{name!r} is not a valid project name",
            remedy=f"alur init {_nearest(name)} (lower-case letters, digits and hyphens, "
            f"a letter first, at most {_CHARACTERS})",
        )
    target = Path(name)
    if target.exists():
        raise AlurError(
            f"{target} is already there", remedy="choose another name, or remove it first"
        )
    _create(target, name)
    echo(f"{OK} Created {target}. Try it:\n")
    for line in (
        f"cd {target}",
        "alur validate",
        "alur run --all",
        "alur show daily_sales",
    ):
        echo(f"    {line}")


def _nearest(name: str) -> str:
    """Return the valid name most similar to another.

    >>> _nearest("My_Shop 2.0"), _nearest("2024"), _nearest("../..")
    ('my-shop-2-0', 'project-2024', 'my-project')
    """
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", folded).strip("-")
    if words[:1].isdigit():
        words = f"project-{words}"
    return words[:_CHARACTERS].rstrip("-") or "my-project"


def _create(target: Path, name: str) -> None:
    """Create the project atomically: write it to a temporary folder, then rename that."""
    with tempfile.TemporaryDirectory(prefix=".alur-init-", dir=target.parent) as folder:
        draft = Path(folder) / name
        with as_file(files("alur.cli") / "skeleton") as skeleton:
            shutil.copytree(skeleton, draft, ignore=shutil.ignore_patterns("__pycache__"))
        for here, there in _RENAMED.items():
            (draft / here).rename(draft / there)
        values = {"name": name, "package": name.rstrip("-"), "alur": _requirement()}
        for file in (draft / "alur.toml", draft / "README.md", draft / "pyproject.toml"):
            text = file.read_text(encoding="utf-8")
            for key, value in values.items():
                text = text.replace(f"{{{{{key}}}}}", value)
            file.write_text(text, encoding="utf-8")
        draft.rename(target)


def _requirement() -> str:
    """Return the requirement for the same Alur in another environment; no public index has it.

    The installer records the origin in a file of the metadata
    (https://packaging.python.org/en/latest/specifications/direct-url/).
    """
    try:
        origin = json.loads(distribution("alur").read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        origin = {}
    if not origin:
        return f"alur[all]~={__version__}"
    vcs = origin.get("vcs_info")
    url = f"{vcs['vcs']}+{origin['url']}@{vcs['commit_id']}" if vcs else origin["url"]
    return f"alur[all] @ {url}"
