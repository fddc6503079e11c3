"""`fuse = "schedule"`: which pipelines share a Glue job, in which order, at which price, and with which role."""

from collections import Counter
from datetime import date
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from alur import BronzeTable, SilverTable
from alur.contracts.table import contract_of
from alur.deployment.costs import monthly_cost
from alur.deployment.job_layout import job_layout
from alur.deployment.planning import plan
from alur.errors import DeploymentError
from alur.naming import Names, fused_label
from alur.pipelines.pipeline import Pipeline
from alur.pipelines.sources import TableSource, files
from alur.project.project import Project
from alur.project.settings import Settings
from alur.scheduling.expression import AwsSchedule
from alur.scheduling.schedule import SCOPES, Schedule
from tests.unit.deployment.test_workflows import project_of

PROFILES = ("small", "medium", "large")
LONG = "wide_table_with_a_rather_long_name"


class Landed(BaseModel):
    n: int


def hourly(scope="self"):
    return Schedule(AwsSchedule("cron(0 * * * ? *)"), scope=scope)


def table(name, base=SilverTable):
    return contract_of(type(name.title(), (base,), {"__annotations__": {"n": int}}))


def shop(parents, schedules, profiles=(), landing=(), **options):
    """Return a project in memory and its environment ``prod``: pipelines by name, each with those whose tables it reads."""
    tables = {
        name: table(name, BronzeTable if name in landing else SilverTable) for name in parents
    }
    raw = {"f": files("in/*.csv", schema=Landed)}
    pipelines = tuple(
        Pipeline(
            name=name,
            function=lambda: None,
            sources=raw if name in landing else {f"t{p}": TableSource(tables[p]) for p in above},
            target=tables[name],
            mode="append" if name in landing else "overwrite",
            schedules=tuple(hourly(scope) for scope in schedules.get(name, ())),
            resource_profile=dict(profiles).get(name, "small"),
        )
        for name, above in parents.items()
    )
    toml = {
        "project": {"name": "shop"},
        "env": {"prod": {"aws_region": "eu-west-1", "fuse": "schedule"} | options},
    }
    project = Project(
        Path("/nowhere"), Settings.model_validate(toml), tuple(tables.values()), pipelines
    )
    return project, project.environment("prod")


def groups(project, environment):
    return [list(group.pipelines) for group in job_layout(project, environment).groups]


@st.composite
def projects(draw):
    count = draw(st.integers(1, 14))
    names = [f"p{n}" for n in range(count)]
    parents = {
        name: sorted(draw(st.sets(st.sampled_from(names[:n]), max_size=3))) if n else []
        for n, name in enumerate(names)
    }
    schedules = {
        name: draw(st.lists(st.sampled_from(SCOPES), max_size=2))
        for name in draw(st.sets(st.sampled_from(names), max_size=3))
    }
    return shop(parents, schedules, {name: draw(st.sampled_from(PROFILES)) for name in names})


def started_by(project):
    """Return the schedules that start each pipeline, by the definition of their scopes."""
    parents = {p.name: [s.contract.table for s in p.sources.values()] for p in project.pipelines}

    def reach(name, edges):
        return {name}.union(*(reach(other, edges) for other in edges[name]))

    children = {name: [n for n, above in parents.items() if name in above] for name in parents}
    found = {name: set() for name in parents}
    for pipeline, position, schedule in project.schedules:
        scope = {pipeline.name}
        if schedule.scope in ("upstream", "both"):
            scope |= reach(pipeline.name, parents)
        if schedule.scope in ("downstream", "both"):
            scope |= reach(pipeline.name, children)
        for name in scope:
            found[name].add((pipeline.name, position))
    return parents, found


@given(projects())
@settings(deadline=None)
def test_jobs_have_no_cycle_and_keep_the_order_of_the_graph(made):
    project, environment = made
    jobs = groups(project, environment)
    parents, schedules = started_by(project)
    # Every pipeline is in exactly one job, with pipelines of the same schedules and the same size.
    assert Counter(name for job in jobs for name in job) == Counter(list(parents))
    for job in jobs:
        pipelines = [project.pipeline(name) for name in job]
        assert len({frozenset(schedules[name]) for name in job}) == 1
        assert len({pipeline.resource_profile for pipeline in pipelines}) == 1
        assert len(job) == 1 or schedules[job[0]]
    # Within a job, pipelines come after those they read; between jobs, no path returns.
    job_of = {name: number for number, job in enumerate(jobs) for name in job}
    edges = {number: set() for number in range(len(jobs))}
    for name, above in parents.items():
        for parent in above:
            if job_of[parent] == job_of[name]:
                assert jobs[job_of[name]].index(parent) < jobs[job_of[name]].index(name)
            else:
                edges[job_of[name]].add(job_of[parent])
    TopologicalSorter(edges).prepare()  # raises CycleError
    ordered = [
        pipelines for _, pipelines in job_layout(project, environment).ordered(list(parents))
    ]
    done = set()
    for pipelines in ordered:
        assert {above for name in pipelines for above in parents[name]} <= done | set(pipelines)
        done |= set(pipelines)


@given(projects())
@settings(deadline=None)
def test_a_workflow_starts_each_job_of_its_scope_after_those_it_reads(made):
    project, environment = made
    deployment = plan(project, environment)
    parents, schedules = started_by(project)
    label = {name: job.label for job in deployment.jobs for name in job.pipelines}
    assert len({job.name for job in deployment.jobs}) == len(deployment.jobs)
    names = [trigger.name for one in deployment.schedules for trigger in one.triggers]
    assert len(set(names)) == len(names)
    for (pipeline, position, _), one in zip(project.schedules, deployment.schedules, strict=True):
        scope = {name for name, found in schedules.items() if (pipeline.name, position) in found}
        waits = {name: set(t.waits_for) for t in one.triggers for name in t.starts}
        expected = {label[name]: set() for name in scope}
        for name in scope:
            above = {label[parent] for parent in parents[name] if parent in scope}
            expected[label[name]] |= above - {label[name]}
        assert waits == expected
        assert [t.type for t in one.triggers].count("EVENT") == 1


@given(projects(), st.lists(st.floats(1, 4_000), min_size=14, max_size=14))
@settings(deadline=None)
def test_a_fused_deployment_never_costs_more(made, seconds):
    project, environment = made
    alone = environment.settings.model_copy(update={"fuse": None})
    each = plan(project, type(environment)(environment.project, environment.name, alone))
    measured = {f"p{n}": one for n, one in enumerate(seconds)}
    fused = monthly_cost(plan(project, environment), measured, date(2026, 11, 1))
    # Rounding up to whole seconds, once for each pipeline or once for all, is the only difference.
    assert fused.dollars <= monthly_cost(each, measured, date(2026, 11, 1)).dollars


def test_a_hundred_hourly_tables():
    names = [f"p{n}" for n in range(100)]
    parents = {name: [names[n - 1]] if n else [] for n, name in enumerate(names)}
    project, environment = shop(parents, {"p0": ["downstream"]})
    (job,) = plan(project, environment).jobs
    assert (job.name, job.pipelines) == ("alur-shop-fused.p0-2xg1x-prod", tuple(names))
    assert job.timeout_minutes == 10_080  # 100 times 480 is more than 7 days
    assert dict(job.arguments)["--alur_pipeline"] == ",".join(names)
    # 720 hours, a minute each, 2 DPUs at $0.44 an hour: $10.56. A hundred jobs would not fit in one workflow.
    cost = monthly_cost(plan(project, environment), {}, date(2026, 11, 1))
    assert f"{cost.dollars:.2f}" == "10.56"
    assert len(cost.unmeasured) == 100
    # Four seconds each are 400 seconds in each of 720 hours: 80 hours of 2 DPUs.
    measured = dict.fromkeys(names, 4.0)
    cost = monthly_cost(plan(project, environment), measured, date(2026, 11, 1))
    assert f"{cost.dollars:.2f}" == "70.40"
    # Once the job has runs of its own, they count.
    cost = monthly_cost(plan(project, environment), measured | {job.name: 90.0}, date(2026, 11, 1))
    assert (f"{cost.dollars:.2f}", cost.unmeasured) == ("15.84", ())


def test_a_path_that_leaves_a_job_and_returns_splits_it():
    parents = {"a": [], "b": ["a"], "c": ["b"]}
    project, environment = shop(parents, {"a": ["downstream"]}, {"b": "medium"})
    assert groups(project, environment) == [["a"], ["b"], ["c"]]
    assert dict(job_layout(project, environment).alone) == {
        "a": "another job must run between it and the others, or a shared role would be too large",
        "b": "no other pipeline of its schedule has the size of its profile medium (5 workers G.1X)",
        "c": "another job must run between it and the others, or a shared role would be too large",
    }
    # Two paths that cross would close a circle between two jobs, although neither path returns.
    crossing = {"a1": [], "b2": [], "b1": ["a1"], "a2": ["b2"]}
    medium = {"b1": "medium", "b2": "medium"}
    project, environment = shop(
        {"root": [], **{n: above or ["root"] for n, above in crossing.items()}},
        {"root": ["downstream"]},
        medium,
    )
    jobs = groups(project, environment)
    assert ["b2", "b1"] in jobs
    assert not any({"a1", "a2"} <= set(job) for job in jobs)


def test_pipelines_of_other_schedules_stay_alone():
    parents = {"load": [], "clean": ["load"], "report": ["clean"], "byhand": []}
    project, environment = shop(parents, {"load": ["downstream"], "report": ["self"]})
    assert groups(project, environment) == [["load", "clean"], ["report"], ["byhand"]]
    assert dict(plan(project, environment).alone) == {
        "report": "no other pipeline is started by the same schedules",
        "byhand": "no schedule starts it",
    }
    # Without the setting, each pipeline has a job, and none needs a reason.
    project, environment = shop(parents, {"load": ["downstream"]}, fuse=None)
    assert groups(project, environment) == [["load"], ["clean"], ["report"], ["byhand"]]
    assert not plan(project, environment).alone


def test_arguments_are_those_of_each_pipeline():
    project, environment = shop({"load": [], "clean": ["load"]}, {"load": ["downstream"]})
    deployment = plan(project, environment)
    (job,) = deployment.jobs
    assert job.label == "fused-load-2xg1x"
    assert job.timeout_minutes == 960
    assert job.description == "Runs load, clean"
    assert "--alur_keep" not in dict(job.arguments)
    project, environment = shop(
        {"load": [], "clean": ["load"]},
        {"load": ["downstream"]},
        landing=("load",),
        silver_keep="2 days",
    )
    (job,) = plan(project, environment).jobs
    assert dict(job.arguments)["--alur_keep"] == "clean=48 hours"
    assert dict(job.arguments)["--alur_keep_snapshots"] == "clean=1"


def test_a_fused_job_has_the_access_of_its_pipelines_and_no_more():
    parents = {"load": [], "clean": ["load"], "other": [], "report": ["clean", "other"]}
    project, environment = shop(
        parents, {"load": ["downstream"]}, landing=("load",), job_roles="pipeline"
    )
    roles = {role.label: role for role in plan(project, environment).job_roles}
    assert roles.keys() == {"job-fused-load-2xg1x", "job-other"}
    role = roles["job-fused-load-2xg1x"]
    assert role.name == "alur-job-shop-fused.load-2xg1x-prod"
    assert role.temporary == "shop/prod/temp/fused-load-2xg1x/"
    assert role.landing == ("landing/in/*",)
    # What one of them writes, the others need not be allowed to read again.
    assert [grant.table for grant in role.reads] == ["other"]
    assert [(grant.layer, grant.table) for grant in role.writes] == [
        ("bronze", "load"),
        ("silver", "clean"),
        ("silver", "report"),
    ]


def test_a_role_that_iam_would_refuse_is_not_asked_for():
    names = [f"{LONG}{n}" for n in range(60)]
    parents = {name: [names[0]] if n else [] for n, name in enumerate(names)}
    shared = shop(parents, {names[0]: ["downstream"]})
    assert len(groups(*shared)) == 1
    project, environment = shop(parents, {names[0]: ["downstream"]}, job_roles="pipeline")
    jobs = groups(project, environment)
    assert len(jobs) > 1
    assert sorted(name for job in jobs for name in job) == sorted(names)
    labels = [job.label for job in plan(project, environment).jobs]
    assert labels[1] == f"{labels[0]}_2"


def test_names_of_fused_jobs_are_nobody_else_s():
    names = Names("shop", "dev")
    assert names.label_of("alur-shop-fused.load-2-5xg2x_3-dev") == "fused-load-2-5xg2x_3"
    assert names.label_of("alur-shop-load-dev") == "load"
    for other in (
        "alur-shop-eu-fused.load-2xg1x-dev",
        "alur-shop-fused.load-2xg1x-prod",
        "alur-shop-fused-load-2xg1x-dev",
        "alur-shopfused.load-2xg1x-dev",
    ):
        assert names.label_of(other) is None
    schedules = (("a",), ("a-2",), ("a", "b"), ("a", "b-2"), ("a-2", "b"))
    labels = [fused_label(kind, "G.1X", 2, 1) for kind in schedules]
    assert len(set(labels)) == len(labels)


def test_more_pipelines_than_a_workflow_has_room_for_fit_when_they_share_a_job():
    parents = [set()] + [{n} for n in range(120)]
    project = project_of(parents, "downstream", 0)
    with pytest.raises(DeploymentError) as caught:
        plan(project, project.environment("dev"))
    assert 'fuse = "schedule"' in caught.value.remedy
