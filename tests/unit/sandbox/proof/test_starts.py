"""The order of a proof's starts: each comes after the starts that write its sources."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from alur.naming import Names
from alur.sandbox.client.pipeline_runs import PipelineRun
from alur.sandbox.proof.starts import Start, compare_start, plan_starts
from tests.conftest import isolated_imports
from tests.tiny_project import TinyProject

NAMES = Names("shop", "sandbox")


@pytest.fixture
def starts(tmp_path):
    """Return the starts of a diamond of pipelines a, b, c, d with these schedules."""

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
            found = plan_starts(project.declare(tables, text).load(), NAMES)
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
    # Each contains d, which reads the other's target; the first in the graph's order begins.
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


@pytest.fixture
def differences(tmp_path):
    """Return a function that compares attempts (pipeline, state, begin, end) with a graph: first a, then b."""
    project = TinyProject(tmp_path / "shop", engines=None)
    tables = "".join(f"class T{n}(SilverTable):\n    n: int\n" for n in "ab")
    text = (
        '@pipeline(sources={"f": files("*.csv", schema=Ta)}, target=Ta)\ndef a(f):\n    return f\n'
        '@pipeline(sources={"a": Ta}, target=Tb)\ndef b(a):\n    return a\n'
    )
    with isolated_imports():
        loaded = project.declare(tables, text).load()
    midnight = datetime(2026, 12, 1, tzinfo=timezone.utc)

    def compare(*attempts, scope="ab", here=("SUCCEEDED", "SUCCEEDED")):
        runs = [
            PipelineRun(
                name,
                f"jr_{number}",
                state,
                midnight + timedelta(seconds=begin),
                midnight + timedelta(seconds=end),
                "" if state == "SUCCEEDED" else "no luck",
            )
            for number, (name, state, begin, end) in enumerate(attempts)
        ]
        start = Start("a", "rule", frozenset(scope))
        found = compare_start(loaded, start, runs, dict(zip("ab", here, strict=True)))
        return found.edges, list(found.differences)

    return compare


def test_runs_that_are_the_same(differences):
    assert differences(("a", "SUCCEEDED", 0, 1), ("b", "SUCCEEDED", 1, 2)) == (1, [])


def test_a_job_that_does_not_wait(differences):
    found = differences(("a", "SUCCEEDED", 0, 2), ("b", "SUCCEEDED", 1, 3))
    assert found == (0, ["b started before a had ended"])


def test_a_second_attempt_hides_nothing(differences):
    runs = [("a", "SUCCEEDED", 0, 3), ("b", "FAILED", 1, 2), ("b", "SUCCEEDED", 4, 5)]
    assert differences(*runs) == (
        0,
        ["b: an attempt in the sandbox FAILED: no luck", "b started before a had ended"],
    )


def test_states_that_differ(differences):
    found = differences(("a", "FAILED", 0, 1))
    assert found == (
        0,
        [
            "a: here SUCCEEDED; in the sandbox FAILED: no luck",
            "b: here SUCCEEDED; in the sandbox did not start",
        ],
    )
    both = differences(("a", "FAILED", 0, 1), here=("FAILED: no luck", "did not start"))
    assert len(both[1]) == 2, "what fails on both sides proves nothing"


def test_a_run_beyond_the_scope(differences):
    found = differences(("a", "SUCCEEDED", 0, 1), ("b", "SUCCEEDED", 1, 2), scope="a")
    assert found[1][0] == "b ran, and is not in its scope"
