"""The parts of the reference that come from the program itself, put into their pages while the site is built.

A page marks the place of such a part by a comment, ``<!-- generated: commands -->`` or ``<!-- generated: settings -->``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import click
import griffe
from pydantic import BaseModel

from alur.cli.main import cli
from alur.project.setting_tables import DocsTable, PackageTable, TagTable
from alur.project.settings import (
    RESOURCE_PROFILES,
    EnvironmentTable,
    ProjectTable,
    ResourceProfile,
)

_MARK = re.compile(r"^<!-- generated: (\w+) -->$", re.MULTILINE)

_TABLES: dict[str, type[BaseModel]] = {
    "[project]": ProjectTable,
    "[package]": PackageTable,
    "[defaults] and [env.NAME]": EnvironmentTable,
    "[resource_profiles.NAME]": ResourceProfile,
    "[tags.NAME]": TagTable,
    "[docs]": DocsTable,
}


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Fill in the marked parts of a page; MkDocs calls this for each."""
    return _MARK.sub(lambda match: _PARTS[match[1]](), markdown)


def commands() -> str:
    """Return a section for each command, with its usage, its help and its options."""
    context = click.Context(cli, info_name="alur")
    return "\n\n".join(_command(command, context) for command, context in _walk(cli, context))


def _walk(
    command: click.Command, context: click.Context
) -> Iterator[tuple[click.Command, click.Context]]:
    """Yield a command and those within it, in the order of the help."""
    yield command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _walk(inner, click.Context(inner, parent=context, info_name=name))


def _command(command: click.Command, context: click.Context) -> str:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    parts = [f"### {context.command_path}", f"```text\n{usage}\n```", _prose(command.help or "")]
    records = [
        parameter.get_help_record(context)
        for parameter in command.get_params(context)
        if isinstance(parameter, click.Option) and parameter.name != "help"
    ]
    rows = [(f"`{names}`", text) for names, text in filter(None, records)]
    return "\n\n".join([*parts, _table(("option", "meaning"), rows)])


def _prose(text: str) -> str:
    """Return a command's help with one line for each paragraph."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def settings() -> str:
    """Return a section for each table of alur.toml, and one for the resource profiles that exist."""
    sections = [_settings_table(title, model) for title, model in _TABLES.items()]
    profiles = [
        (f"`{name}`", profile.worker_type, str(profile.number_of_workers))
        for name, profile in RESOURCE_PROFILES.items()
    ]
    existing = _table(("profile", "worker_type", "number_of_workers"), profiles)
    return "\n\n".join([*sections, "These profiles exist without a table:", existing])


def _settings_table(title: str, model: type[BaseModel]) -> str:
    described = descriptions(model)
    properties = model.model_json_schema()["properties"]
    rows = [
        (f"`{name}`", described[name], _values(schema), _default(model, name))
        for name, schema in properties.items()
    ]
    return f"### {title}\n\n" + _table(("key", "meaning", "values", "default"), rows)


def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Return what a model's docstring says about each of its attributes."""
    docstring = griffe.Docstring(model.__doc__ or "", parser="google")
    return {
        attribute.name: " ".join(attribute.description.replace("``", "`").split()).rstrip(".")
        for section in docstring.parse()
        if section.kind is griffe.DocstringSectionKind.attributes
        for attribute in section.value
    }


def _values(schema: dict[str, Any]) -> str:
    """Return in words what a key may hold."""
    options = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    (chosen,) = options
    if "enum" in chosen:
        return ", ".join(f"`{value}`" for value in chosen["enum"])
    if "const" in chosen:
        return f"`{chosen['const']}`"
    match chosen["type"]:
        case "integer":
            return f"{chosen['minimum']:,} to {chosen['maximum']:,}"
        case "array":
            return "a list of strings"
        case other:
            return f"a {other}"


def _default(model: type[BaseModel], name: str) -> str:
    field = model.model_fields[name]
    if field.is_required():
        return "required"
    if field.default in (None, ()):
        return "none"
    shown = list(field.default) if isinstance(field.default, tuple) else field.default
    return f"`{shown}`".replace("'", '"')


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table; one without rows is left out."""
    if not rows:
        return ""
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    """Return a text for a table's cell; a code span shows `<` as it is."""
    parts = text.replace("|", r"\|").split("`")
    return "`".join(p if i % 2 else p.replace("<", "&lt;") for i, p in enumerate(parts))


_PARTS: dict[str, Callable[[], str]] = {"commands": commands, "settings": settings}
