"""The names read from a project's source equal those of the loaded project."""

from pathlib import Path

import pytest

from alur.project.declared_names import DeclaredNames
from alur.project.project import Project
from tests.conftest import isolated_imports

ROOT = Path(__file__).parents[3]
CONTRACTS = r"""
    import alur
    from alur import BronzeTable, GoldTable

    class Last(First, name="the_last"):
        more: int
"""


@pytest.mark.parametrize("project", ["example_repo", "alur/cli/skeleton"])
def test_they_are_those_of_the_loaded_project(project):
    names = DeclaredNames.read(ROOT / project, ("contracts", "pipelines"))
    with isolated_imports():
        if project == "example_repo":
            loaded = Project.load(ROOT / project)
            assert set(names.pipelines) == {pipeline.name for pipeline in loaded.pipelines}
            assert {f"{layer}.{table}" for layer, table in names.tables} == {
                contract.identifier for contract in loaded.contracts
            }
        else:
            assert names.pipelines == ("daily_sales", "load_orders", "clean_orders")
            assert ("bronze", "orders_bronze") in names.tables


def test_nothing_of_the_project_runs(tmp_path):
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "a_last.py").write_text(
        "from contracts.first import First\nclass Last(First, name='the_last'):\n    more: int\n"
        "class Plain:\n    pass\n"
    )
    (tmp_path / "contracts" / "first.py").write_text(
        "import alur\nimport no_such_library\nclass First(alur.GoldTable):\n    n: int\n"
    )
    (tmp_path / "pipelines.py").write_text(
        "from alur import pipeline as step, schedule\nfrom contracts.first import First\n"
        "raise SystemExit('\\d')\n"
        "@schedule(cron='rate(1 day)')\n@step(sources={'first': First}, target=First)\n"
        "def by_another_name(first): ...\n"
        "@step\ndef helper(): ...\n"
    )
    names = DeclaredNames.read(tmp_path, ("contracts", "pipelines"))
    assert names.pipelines == ("by_another_name",)
    assert names.tables == (("gold", "the_last"), ("gold", "first"))
