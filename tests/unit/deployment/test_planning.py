"""A deployment is planned without its code, which changes only the objects that refer to it."""

from dataclasses import replace

import pytest

from alur.deployment.comparison import Deployed, compare
from alur.deployment.job_arguments import OF_CODE
from alur.deployment.planning import plan
from alur.deployment.resources import Code
from alur.terraform.rendering import render
from tests.unit.deployment.test_workflows import project_of

CODE = Code("0123456789abcdef.gluewheels.zip", "abc", earlier=("fedcba9876543210.gluewheels.zip",))


@pytest.fixture
def planned():
    project = project_of([set(), {0}], "both", 0)
    return plan(project, project.environment("dev"))


def test_code_adds_the_arguments_that_name_it_and_changes_nothing_else(planned):
    plans = {job.label: f"{n:016x}" for n, job in enumerate(planned.jobs)}
    coded = planned.with_code(replace(CODE, plans=plans))
    for before, after in zip(planned.jobs, coded.jobs, strict=True):
        added = dict(after.arguments).keys() - dict(before.arguments).keys()
        assert added == OF_CODE
        assert dict(after.arguments)["--alur_plan"] == plans[after.label]
        assert replace(after, arguments=before.arguments) == before
        assert list(after.arguments) == sorted(after.arguments)
    assert replace(coded, code=None, jobs=planned.jobs) == planned


def test_other_code_replaces_what_was_named_before(planned):
    other = Code("0000000000000000.gluewheels.zip", "def")
    assert planned.with_code(CODE).with_code(other) == planned.with_code(other)


def test_terraform_uploads_the_code_and_keeps_the_earlier(planned):
    text = render(planned.with_code(CODE), "x")["artifacts.tf"]
    assert [text.count(f'"{name}"') for name in (CODE.file_name, *CODE.earlier)] == [1, 1]
    assert "gluewheels" not in render(planned, "x")["artifacts.tf"]


def test_what_brings_no_code_misses_none(planned):
    nothing = Deployed({}, {}, frozenset(), frozenset(), has_code=False)
    kinds = {finding.kind for finding in compare(planned, nothing)}
    assert kinds == {"bucket", "database", "job", "schedule"}
    assert "code" in {finding.kind for finding in compare(planned.with_code(CODE), nothing)}


def test_each_schedule_is_named_once():
    project = project_of([set(), {0}], "self", 1)
    ((pipeline, position, schedule),) = project.schedules
    assert (pipeline.name, position) == ("make1", 0)
    assert schedule is pipeline.schedules[0]
