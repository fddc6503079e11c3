"""Public names are exported, described, and in the reference; pages and examples import no others."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
from pathlib import Path

import griffe
import pytest

ROOT = Path(__file__).parents[2]
PUBLIC = (
    "alur",
    "alur.decorators",
    "alur.operations",
    "alur.operations.events",
    "alur.scheduling",
    "alur.testing",
    "alur_dagster",
)
EXPORTS = {module: importlib.import_module(module).__all__ for module in PUBLIC}
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
PROJECTS = sorted(
    path for name in ("example_repo", "alur/cli/skeleton") for path in (ROOT / name).rglob("*.py")
)
CODE = re.compile(r"^```python[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
DOCUMENTED = re.compile(r"^::: ([\w.]+)$", re.MULTILINE)


PATHS = {
    id(getattr(importlib.import_module(module), name)): f"{module}.{name}"
    for module, names in reversed(EXPORTS.items())
    for name in names
}
"""Each public object once, by the shortest path that users import it from."""


@pytest.fixture(scope="module")
def modules():
    """Return every package as read by griffe, like the reference's pages."""
    loader = griffe.GriffeLoader(search_paths=[ROOT])
    loader.load("alur")
    loader.load("alur_dagster")
    loader.resolve_aliases()
    return loader.modules_collection


def public_object(path):
    """Return the object at a dotted path of a public module and a name."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("module", PUBLIC)
def test_names_are_sorted_and_exist(module):
    assert sorted(EXPORTS[module]) == EXPORTS[module]
    for name in EXPORTS[module]:
        assert getattr(importlib.import_module(module), name) is not None


def test_every_name_has_a_docstring(modules):
    assert [path for path in PATHS.values() if not modules[path].docstring] == []


def test_every_name_stands_in_the_reference_once():
    documented = [
        path
        for page in (ROOT / "docs" / "reference").rglob("*.md")
        for path in DOCUMENTED.findall(page.read_text())
    ]
    objects = [id(public_object(path)) for path in documented]
    assert sorted(objects) == sorted(PATHS)


def test_examples_of_docstrings_import_public_names(modules):
    parser = doctest.DocTestParser()
    for path in PATHS.values():
        for described in described_objects(modules[path]):
            examples = parser.get_examples(described.docstring.value)
            source = "".join(example.source for example in examples)
            assert internal_imports(source) == [], described.path


def described_objects(exported):
    """Yield an object and its members with docstrings."""
    found = exported.final_target if exported.is_alias else exported
    for candidate in (found, *found.members.values()):
        if not candidate.is_alias and candidate.docstring:
            yield candidate


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_pages_import_public_names(page):
    source = "\n".join(CODE.findall(page.read_text()))
    assert internal_imports(source) == []


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_projects_import_public_names(path):
    assert internal_imports(path.read_text()) == []


def internal_imports(source):
    """Return a source's imports from Alur except for public names."""
    return [
        f"{module}.{name}"
        for module, name in imports(source)
        if module.partition(".")[0] in ("alur", "alur_dagster")
        and name not in (EXPORTS[module] if module in PUBLIC else ())
    ]


def imports(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def test_an_internal_import_is_found():
    assert internal_imports("from alur.contracts.table import contract_of") == [
        "alur.contracts.table.contract_of"
    ]
    assert internal_imports("import alur.naming") == ["alur.naming."]
    assert internal_imports("from alur import files\nfrom pyspark.sql import functions") == []
