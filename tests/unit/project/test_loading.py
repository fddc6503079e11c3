"""Importing projects: several in one process, contracts imported across modules, and nothing counted twice."""

import sys

import pytest

from alur.project.project import Project
from tests.conftest import isolated_imports

TOML = '[project]\nname = "shop"\n'


@pytest.fixture
def write(tmp_path):
    def write(name, files):
        root = tmp_path / name
        for path, text in {"alur.toml": TOML, **files}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        return root

    with isolated_imports():
        yield write


def contract(name, *, layer="Silver", more=""):
    return f"from alur import {layer}Table\nclass {name}({layer}Table):\n    n: int\n{more}"


def test_two_projects_in_one_process_with_modules_of_the_same_names(write):
    one = write(
        "one",
        {
            "contracts.py": "import shared\n" + contract("A"),
            "pipelines.py": "",
            "shared.py": "x = 1\n",
        },
    )
    two = write(
        "two",
        {
            "contracts.py": "import shared\n" + contract("B"),
            "pipelines.py": "",
            "shared.py": "x = 2\n",
        },
    )
    for _ in range(2):
        assert [c.name for c in Project.load(one).contracts] == ["A"]
        assert sys.modules["shared"].x == 1
        assert [c.name for c in Project.load(two).contracts] == ["B"]
        assert sys.modules["shared"].x == 2


def test_a_project_is_found_from_a_folder_within(write):
    root = write("one", {"contracts.py": contract("A"), "pipelines.py": "", "docs/x.md": ""})
    assert Project.load(root / "docs").root == root


def test_a_contract_imported_into_many_modules_counts_once(write):
    root = write(
        "one",
        {
            "contracts/__init__.py": "from contracts.silver import *\n",
            "contracts/silver.py": contract("A"),
            "contracts/deep/__init__.py": "from contracts import A\n",
            "contracts/deep/more.py": "from contracts.silver import A\n"
            + contract("B")
            + "Alias = B\n",
            "pipelines.py": "from contracts.deep.more import A, B\n",
        },
    )
    assert sorted(c.name for c in Project.load(root).contracts) == ["A", "B"]


def test_a_contract_from_elsewhere_is_adopted_with_the_pipeline_that_names_it(write):
    root = write(
        "one",
        {
            "elsewhere.py": contract("Raw", layer="Bronze"),
            "contracts.py": contract("Clean"),
            "pipelines.py": (
                "from alur import files\nfrom alur.decorators import pipeline\n"
                "from elsewhere import Raw\nfrom contracts import Clean\n"
                "@pipeline(sources={'n': files('*.csv', schema=Raw)}, target=Raw)\ndef load(n):\n    return n\n"
                "@pipeline(sources={'raw': Raw}, target=Clean)\ndef clean(raw):\n    return raw\n"
                "again = clean\n"
            ),
        },
    )
    project = Project.load(root)
    assert sorted(c.name for c in project.contracts) == ["Clean", "Raw"]
    assert [pipeline.name for pipeline in project.pipelines] == ["load", "clean"]
    assert project.graph.order() == ["load", "clean"]


def test_the_project_comes_before_anything_else_on_the_import_path(write):
    root = write("one", {"contracts.py": contract("A"), "pipelines.py": ""})
    Project.load(root)
    assert sys.path[0] == str(root)


def test_tables_are_found_by_any_of_their_names(write):
    root = write(
        "one",
        {
            "contracts.py": contract("Orders")
            + contract("OrdersGold", layer="Gold").replace("(Gold", "(Gold")
            + "class Twin(GoldTable, name='orders'):\n    n: int\n",
            "pipelines.py": "",
        },
    )
    project = Project.load(root)
    assert project.table("silver.orders").name == "Orders"
    assert project.table("OrdersGold").table == "ordersgold"
    with pytest.raises(Exception, match="more than one table") as caught:
        project.table("orders")
    assert "silver.orders or gold.orders" in caught.value.remedy
    with pytest.raises(Exception, match="no table 'ordesgold'") as caught:
        project.table("ordesgold")
    assert "did you mean 'ordersgold'?" in caught.value.remedy
