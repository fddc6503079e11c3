"""A run reads the facts of its pipelines from its own call of their functions."""

from __future__ import annotations

import json
from typing import Any

from alur.runtime.plan_facts import project_facts
from tests.integration.test_plan_facts import CONTRACTS, PIPELINES
from tests.integration.test_two_processes import ended, start
from tests.tiny_project import TinyProject, csv_of

MORE_CONTRACTS = """
    class Joined(GoldTable):
        id: int
        name: str | None

    class Viewed(GoldTable):
        name: str | None

    class Looked(GoldTable):
        id: int
"""
MORE_PIPELINES = """
    @pipeline(sources={"clean": Clean, "daily": Daily}, target=Joined)
    def join(clean, daily):
        return clean.join(daily, "name").where("position < 9").select("id", "name").dropDuplicates(["id"])

    @pipeline(sources={"clean": Clean}, target=Viewed)
    def view(clean):
        clean.createOrReplaceTempView("cleaned")
        return clean.sparkSession.sql("select distinct name from cleaned where id > 1")

    @pipeline(sources={"clean": Clean}, target=Looked)
    def look(clean):
        return clean.select("id").where(F.col("id") < F.lit(clean.count()))
"""


def kept(project: TinyProject) -> dict[str, Any]:
    entries = json.loads((project.root / ".alur" / "cache" / "facts.json").read_text())
    return {name: entry["facts"] for name, entry in entries.items()}


def run(project: TinyProject) -> None:
    code, text = ended(start(project, "run", "--all"))
    assert code == 0, text


def test_the_facts_of_a_run_are_those_of_a_call_without_rows(project: TinyProject) -> None:
    project.declare(CONTRACTS + MORE_CONTRACTS, PIPELINES + MORE_PIPELINES)
    project.land("raw/1.csv", csv_of("id,name,amount", [(n, f"n{n % 3}", n) for n in range(9)]))
    run(project)
    of_run = kept(project)
    assert len(of_run) == 6
    (project.root / ".alur" / "cache" / "facts.json").unlink()
    without_rows = project_facts(project.load())
    assert of_run == {name: facts.as_data() for name, facts in without_rows.items()}
    for table, pipeline in (("clean", "clean"), ("looked", "look")):
        summary = project.table(table).current_snapshot().summary.additional_properties
        assert summary["alur.plan"] == str(without_rows[pipeline].meaning)


def test_a_run_calls_each_function_once(project: TinyProject) -> None:
    calls = project.root / "calls"
    project.declare(
        CONTRACTS,
        PIPELINES.replace(
            "        return raw\n",
            f"        open({str(calls)!r}, 'a').write('x')\n        return raw\n",
        ),
    )
    for times in (1, 2):
        project.land(f"raw/{times}.csv", csv_of("id,name,amount", [(times, "a", 1)]))
        run(project)
        assert calls.read_text() == "x" * times
