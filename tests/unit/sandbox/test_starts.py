"""In which order a proof starts what a project has, so that no start comes before what it reads."""

from __future__ import annotations

import pytest

from alur.sandbox.verification import plan_starts
from tests.conftest import isolated_imports
from tests.tiny_project import TinyProject


@pytest.fixture
def starts(tmp_path):
    """The starts of a project of a, b, c, d: a diamond, whose pipelines have these schedules."""

    def plan(**schedules):
        project = TinyProject(tmp_path / "shop", engines=None)
        tables = "".join(f"class T{n}(SilverTable):\n    n: int\n" for n in "abcd")
        sources = {"a": "", "b": "a", "c": "a", "d": "bc"}
        text = "from alur.scheduling import schedule\n"
        for name, parents in sources.items():
            for arguments in schedules.get(name, ()):
                text += f'@schedule(cron="rate(1 day)", {arguments})\n'
            read = ", ".join(f'"{p}": T{p}' for p in parents)
            read = read or f'"f": files("*.csv", schema=T{name})'
            text += f"@pipeline(sources={{{read}}}, target=T{name})\n"
            text += f"def {name}({', '.join(parents) or 'f'}):\n    return {parents[:1] or 'f'}\n"
        with isolated_imports():
            found = plan_starts(project.declare(tables, text).load())
        return [(one.pipeline, one.rule is not None, "".join(sorted(one.scope))) for one in found]

    return plan


def test_without_schedules_each_job_is_started_by_itself(starts):
    assert starts() == [(name, False, name) for name in "abcd"]


def test_schedules_alone(starts):
    assert starts(d=['scope="upstream"']) == [("d", True, "abcd")]


def test_a_schedule_waits_for_what_it_reads(starts):
    found = starts(d=[""], a=['scope="downstream"'])
    assert found == [("a", True, "abcd"), ("d", True, "d")]


def test_what_is_off_is_started_by_itself(starts):
    found = starts(a=["enabled=False"], b=['scope="upstream"'])
    assert found == [("b", True, "ab"), ("c", False, "c"), ("d", False, "d")]


def test_schedules_that_wait_for_each_other_s_tables(starts):
    # Each holds d, which reads what the other writes; the first in the graph's order goes ahead by itself.
    found = starts(b=['scope="downstream"'], c=['scope="downstream"'])
    assert found == [
        ("a", False, "a"),
        ("b", False, "b"),
        ("c", True, "cd"),
        ("b", True, "bd"),
    ]


def test_several_schedules_of_one_pipeline(starts):
    found = starts(a=["", 'scope="both"'])
    assert found == [("a", True, "a"), ("a", True, "abcd")]
