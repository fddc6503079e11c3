"""The site's reference of commands and settings is complete."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from alur.cli.main import cli
from alur.project.settings import Settings
from docs import generated_reference as reference

PAGES = Path(__file__).parents[2] / "docs" / "reference"


@pytest.fixture(scope="module")
def commands():
    return reference.on_page_markdown((PAGES / "command-line.md").read_text())


@pytest.fixture(scope="module")
def settings():
    return reference.on_page_markdown((PAGES / "alur-toml.md").read_text())


def test_every_command_stands_there(commands):
    for name in cli.list_commands(click.Context(cli)):
        assert f"### alur {name}\n" in commands
    assert "### alur sandbox verify\n" in commands


def test_a_command_shows_its_usage_help_and_options(commands):
    section = commands.partition("### alur show\n")[2].partition("###")[0]
    assert "alur show [OPTIONS] TABLE" in section
    assert "Show the rows of TABLE" in section
    assert re.search(r"\| `--limit N` \| At most so many rows .* \|", section)


def test_every_option_has_a_description(commands):
    rows = re.findall(r"^\| `(-.*)` \| (.*) \|$", commands, re.MULTILINE)
    assert len(rows) > 30
    assert [names for names, text in rows if not text or text.startswith("[")] == []


def test_every_key_is_described(settings):
    keys = set(re.findall(r"^\| `(\w+)` \| \S.*\|.*\|.*\|$", settings, re.MULTILINE))
    for model in reference._TABLES.values():
        assert set(model.model_fields) <= keys
        assert set(reference.descriptions(model)) == set(model.model_fields)


def test_every_table_stands_there(settings):
    tables = {title for title in Settings.model_fields if f"[{title}" in settings}
    assert tables == set(Settings.model_fields)


def test_defaults_and_bounds_are_those_of_the_program(settings):
    assert "| 1 to 10,080 | `480` |" in settings
    assert '| a list of strings | `["contracts", "pipelines"]` |' in settings
    assert "| `auto`, `sail`, `spark` | `auto` |" in settings
