"""The documentation's examples run, page by page, and its links have targets.

Blocks with a title are files of a project: test_console_blocks writes them, and runs the project."""

import re
import sys
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
# Folders and modules of this repository, as named on pages; <name> stands for any name.
PLACE = re.compile(
    r"`((?:alur|alur_dagster|terraform_templates|tests/(?:unit|integration|certification)|docs)/[\w./<>*]*)`"
)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def page_id(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", [p for p in PAGES if BLOCK.search(p.read_text())], ids=page_id)
def test_examples_run(page, monkeypatch):
    module = types.ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)
    for block in BLOCK.findall(page.read_text()):
        exec(compile(block, str(page), "exec"), module.__dict__)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_lead_somewhere(page):
    broken = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=page_id)
def test_places_in_the_repository_exist(page):
    named = [re.sub("<.*?>", "*", place) for place in PLACE.findall(page.read_text())]
    assert [place for place in named if not any(ROOT.glob(place))] == []
