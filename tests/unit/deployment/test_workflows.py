"""A schedule's workflow has the edges of the asset graph, restricted to its scope, in a form that Glue accepts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur.contracts.table import contract_of
from alur.deployment.planning import plan
from alur.errors import AlurError, DeploymentError
from alur.pipelines.pipeline import Pipeline
from alur.pipelines.sources import TableSource
from alur.project.project import Project
from alur.project.settings import Settings
from alur.scheduling.expression import AwsSchedule
from alur.scheduling.schedule import SCOPES, Schedule


def project_of(parents, scope, scheduled):
    """Return a project in memory: pipeline n reads the tables of ``parents[n]``."""
    from alur import SilverTable

    tables = [
        contract_of(
            type(
                f"Table{n}", (SilverTable,), {"__annotations__": {"n": int}, "__module__": __name__}
            )
        )
        for n in range(len(parents))
    ]
    schedule = Schedule(AwsSchedule("rate(1 day)"), scope=scope)
    pipelines = tuple(
        Pipeline(
            name=f"make{n}",
            function=lambda: None,
            sources={f"t{p}": TableSource(tables[p]) for p in sorted(parents[n])},
            target=tables[n],
            schedules=(schedule,) if n == scheduled else (),
        )
        for n in range(len(parents))
    )
    settings = Settings.model_validate({"project": {"name": "shop"}, "env": {"dev": {}}})
    from pathlib import Path

    return Project(Path("/nowhere"), settings, tuple(tables), pipelines)


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 12))
    parents = [
        draw(st.sets(st.integers(0, n - 1), max_size=4)) if n else set() for n in range(count)
    ]
    return project_of(parents, draw(st.sampled_from(SCOPES)), draw(st.integers(0, count - 1)))


@given(graphs())
def test_edges_are_the_graph_s_within_the_scope(project):
    (schedule,) = plan(project, project.environment("dev")).schedules
    graph = project.graph
    scope = graph.scoped(schedule.pipeline, project.pipeline(schedule.pipeline).schedules[0].scope)
    waits = {name: set(t.waits_for) for t in schedule.triggers for name in t.starts}
    assert waits == {name: set(graph.parents[name]) & scope for name in scope}
    # Each job starts once, each set of upstream jobs has one trigger, and exactly one trigger starts the workflow.
    assert sorted(name for trigger in schedule.triggers for name in trigger.starts) == sorted(scope)
    sets = [frozenset(trigger.waits_for) for trigger in schedule.triggers]
    assert len(set(sets)) == len(sets)
    assert [t.type for t in schedule.triggers].count("EVENT") == 1
    # Glue refuses a job that is both a trigger's condition and its action.
    assert not any(set(t.waits_for) & set(t.starts) for t in schedule.triggers)
    names = [trigger.name for trigger in schedule.triggers]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("parents", "message"),
    [
        (
            [set()] + [{n} for n in range(60)],
            "122 jobs and triggers in one Glue workflow; Glue allows 100",
        ),
        ([set() for _ in range(52)] + [set(range(52))], "starts 52 pipelines at once"),
    ],
)
def test_what_glue_cannot_hold_is_refused(parents, message):
    project = project_of(parents, "upstream", len(parents) - 1)
    with pytest.raises(DeploymentError) as caught:
        plan(project, project.environment("dev"))
    assert message in caught.value.message
    assert "narrow its scope" in caught.value.remedy


def test_more_than_fifty_jobs_behind_one_share_its_condition():
    project = project_of([set()] + [{0} for _ in range(60)], "downstream", 0)
    (schedule,) = plan(project, project.environment("dev")).schedules
    start, *following = schedule.triggers
    assert start.starts == ("make0",)
    assert [t.waits_for for t in following] == [("make0",), ("make0",)]
    assert [len(t.starts) for t in following] == [50, 10]


def test_nothing_is_deployed_to_this_machine():
    project = project_of([set()], "self", 0)
    with pytest.raises(AlurError, match="is not an AWS environment"):
        plan(project, project.environment("local"))
