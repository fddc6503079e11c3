"""Kept facts hold until anything changes that a pipeline's function may reach; runs record what they did."""

from __future__ import annotations

import json
import os
import sys

import pytest

from alur.lineage.facts import PlanFacts
from alur.runtime.facts_cache import kept_facts
from alur.runtime.plan_facts import project_facts
from tests.command import alur
from tests.tiny_project import TinyProject, csv_of

CONTRACTS = """
    class Row(BaseModel):
        id: int

    class Out(SilverTable):
        id: int
"""
LIBRARY = """
from pathlib import Path
import os

LEAST = 2
SHARED = Path(__file__).parent / "shared.txt"
AT_IMPORT = int(SHARED.read_text())

class Rules:
    @staticmethod
    def least():
        return 2
"""
FILES = {
    "lib/__init__.py": "",
    "lib/rates.py": LIBRARY,
    "lib/shared.txt": "2",
    "lib/called.txt": "2",
    "texts/2.sql": "id > 2",
}
CASES = {
    "a constant through a module": (
        "import lib.rates",
        "lib.rates.LEAST",
        "lib/rates.py",
        "LEAST = 2",
    ),
    "an import in the function": (
        "",
        "__import__('lib.rates').rates.LEAST",
        "lib/rates.py",
        "LEAST = 2",
    ),
    "an import by a name that is put together": (
        "from importlib import import_module",
        "import_module('lib.' + 'rates').LEAST",
        "lib/rates.py",
        "LEAST = 2",
    ),
    "a static method": ("from lib.rates import Rules", "Rules.least()", "lib/rates.py", "return 2"),
    "a file read at the import": (
        "from lib.rates import AT_IMPORT",
        "AT_IMPORT",
        "lib/shared.txt",
        "2",
    ),
    "a file read by the function": (
        "from lib.rates import SHARED",
        "int((SHARED.parent / ('called' + '.txt')).read_text())",
        "lib/called.txt",
        "2",
    ),
    "the names in a folder": (
        "from pathlib import Path",
        "[int(p.stem) for p in (Path(__file__).parent / 'texts').iterdir()][-1]",
        "texts/3.sql",
        None,
    ),
}


def facts_of(project: TinyProject) -> PlanFacts:
    return project_facts(project.load())["out"]


def declare(project: TinyProject, header: str, body: str) -> None:
    project.declare(
        CONTRACTS,
        f"""
    {header}

    @pipeline(sources={{"raw": files("raw/*.csv", schema=Row)}}, target=Out)
    def out(raw):
        {body}
    """,
    )


def rewrite(project: TinyProject, path: str, text: str) -> None:
    """Write a file, and remove what Python keeps of it: the file has the same second and size as before."""
    project.write({path: text})
    for compiled in project.root.rglob("*.pyc"):
        compiled.unlink()


@pytest.fixture
def without_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


@pytest.mark.usefixtures("without_bytecode")
@pytest.mark.parametrize("name", CASES)
def test_a_change_of_what_a_function_reaches_makes_new_facts(
    project: TinyProject, name: str
) -> None:
    header, value, path, old = CASES[name]
    for file, text in FILES.items():
        project.write({file: text})
    declare(project, header, f"return raw.where(F.col('id') > {value})")
    before = facts_of(project)
    assert kept_facts(project.load()) == {"out": before}
    if old is None:
        os.remove(project.root / "texts/2.sql")
        project.write({path: "id > 3"})
    else:
        rewrite(project, path, FILES[path].replace(old, old.replace("2", "3")))
    assert kept_facts(project.load()) == {}
    assert facts_of(project).fingerprint != before.fingerprint


@pytest.mark.usefixtures("without_bytecode")
def test_a_change_of_form_makes_new_facts_with_the_same_meaning(project: TinyProject) -> None:
    project.write(FILES)
    declare(project, "import lib.rates", "return raw.where(F.col('id') > lib.rates.LEAST)")
    before = facts_of(project)
    rewrite(project, "lib/rates.py", "# Above.\n" + LIBRARY)
    assert kept_facts(project.load()) == {}
    assert facts_of(project).fingerprint == before.fingerprint


def test_variables_of_the_environment_count_where_code_reads_them(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(project, "import os", "return raw.where(F.col('id') > int(os.environ.get('LEAST', 0)))")
    before = facts_of(project)
    monkeypatch.setenv("LEAST", "3")
    assert facts_of(project).fingerprint != before.fingerprint
    monkeypatch.delenv("LEAST")
    assert facts_of(project) == before


def test_a_module_changed_after_it_was_loaded_does_not_stand_for_what_was_loaded(
    project: TinyProject,
) -> None:
    declare(project, "LEAST = 2", "return raw.where(F.col('id') > LEAST)")
    loaded = project.load()
    rewrite(project, "pipelines.py", (project.root / "pipelines.py").read_text().replace("2", "30"))
    old = project_facts(loaded)["out"]
    assert facts_of(project).fingerprint != old.fingerprint


def test_a_run_records_what_it_was_whatever_is_kept(project: TinyProject) -> None:
    declare(project, "", "return raw.where('id > 2')")
    project.land("raw/1.csv", csv_of("id", [(1,), (3,)]))
    true = facts_of(project)
    path = project.root / ".alur" / "cache" / "facts.json"
    kept = json.loads(path.read_text())
    kept["out"]["facts"]["meaning"] = "0123456789abcdef"
    path.write_text(json.dumps(kept))
    assert alur(project.root, "run", "out", "--env", "local").returncode == 0
    summary = project.table("out").current_snapshot().summary.additional_properties
    assert summary["alur.plan"] == str(true.meaning)
    assert facts_of(project) == true


VARYING = {
    "the time": ("from datetime import datetime", "F.lit(datetime.now()).cast('bigint')"),
    "the time in SQL": ("import time", "F.expr(f'{time.time_ns()}')"),
    "today": ("from datetime import date", "F.datediff(F.lit(date.today()), F.lit('2020-01-01'))"),
    "chance": ("import random", "F.lit(random.random() * 1e9)"),
}


@pytest.mark.parametrize("name", VARYING)
def test_the_time_does_not_change_the_meaning(project: TinyProject, name: str) -> None:
    header, value = VARYING[name]
    found = []
    for least in (1, 1, 2):
        declare(
            project, header, f"return raw.where((F.col('id') < {value}) & (F.col('id') > {least}))"
        )
        found.append(facts_of(project))
        (project.root / ".alur" / "cache" / "facts.json").unlink()
    assert found[0].caveats[0].startswith("the function returns another plan in each call")
    assert found[0] == found[1]
    assert found[0].fingerprint != found[2].fingerprint
