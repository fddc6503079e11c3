"""The shape of the source: properties of the whole."""

import ast
import re
import statistics
from pathlib import Path

import yaml

import alur

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for package in ("alur", "alur_dagster")
    for path in (ROOT / package).rglob("*.py")
    if "skeleton" not in path.parts
)


def lengths_of_functions():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                yield node.end_lineno - node.lineno + 1, f"{path.name}:{node.lineno} {node.name}"


def test_every_public_name_exists():
    for name in alur.__all__:
        assert getattr(alur, name) is not None
    assert set(alur._LAZY_EXPORTS) == set(alur.__all__)


def test_files_are_one_concern():
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in long.items() if lines > 330} == {}


def test_functions_fit_a_screen():
    found = sorted(lengths_of_functions())
    assert statistics.median(lines for lines, _ in found) <= 10
    assert found[int(len(found) * 0.95)][0] <= 40


def test_nothing_of_a_machine_or_a_registry_is_in_the_project():
    pin = re.compile(r"[\w.-]+==[^\s:]+( ; [^:]+)? \\")
    digest = re.compile(r" +--hash=sha256:[0-9a-f]{64}( \\)?")
    locks = (
        "constraints.txt",
        "tests/checkov/requirements.txt",
        "alur/packaging/glue_requirements.txt",
    )
    for name in locks:
        lines = (ROOT / name).read_text().splitlines()
        other = [line for line in lines if not pin.fullmatch(line) and not digest.fullmatch(line)]
        assert [line for line in other if line and not line.startswith("#")] == [], name
        assert not [line for line in lines if "://" in line], name


def test_pre_commit_runs_what_make_check_runs():
    recipe = re.search(r"^check:.*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    commands = [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe[1].splitlines()]
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [hook["entry"] for hook in local["hooks"]] == commands
