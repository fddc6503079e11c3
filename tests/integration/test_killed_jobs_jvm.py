"""A Glue job on Spark's JVM, killed before any of its steps, leaves a whole table, and the next run finishes the work."""

from __future__ import annotations

import pytest

from tests.integration import test_killed_writes as shop
from tests.spark_project import SparkProject, needs_iceberg_for_spark

pytestmark = needs_iceberg_for_spark

TABLES = {"add": "added", "merge": "merged", "part": "parted", "replace": "replaced"}
"""The tables by their pipelines."""


@pytest.fixture
def project(spark_project: SparkProject) -> SparkProject:
    return spark_project


def branches(project: SparkProject, table: str) -> set[str]:
    return set(project.table(table).refs()) - {"main"}


def land(project: SparkProject, number: int, *names: str) -> None:
    """Land a file, and run pipelines, by default all."""
    shop.declare(project, number + 1)
    shop.land(project, number)
    project.run(*names).all_succeeded()


def published(project: SparkProject) -> int:
    """Return the number of steps of the last run before the table took over its branch."""
    assert project.jobs
    steps = project.jobs.steps
    (number,) = (number for number, text in enumerate(steps) if "fast_forward" in text)
    return number


@pytest.mark.nightly
def test_killed_before_the_table_takes_over_the_branch(project: SparkProject) -> None:
    for number in range(2):
        land(project, number, "add")
    steps = published(project)
    shop.land(project, 2)
    assert project.kill("add", steps)
    assert project.rows("added", "id", "shop") == shop.truth(2)["added"]
    assert len(branches(project, "added")) == 1
    project.run("add").all_succeeded()
    assert project.rows("added", "id", "shop") == shop.truth(3)["added"]
    assert not branches(project, "added")


def test_a_retry_after_the_commit_appends_nothing(project: SparkProject) -> None:
    """Glue starts a run again whatever killed it; these rows come from a table, so no file shows that they are there."""
    project.declare(
        "class Raw(BronzeTable):\n    id: int\nclass Log(SilverTable):\n    id: int\n",
        """
    @pipeline(sources={"rows": files("*.csv", schema=Raw)}, target=Raw)
    def load(rows):
        return rows

    @pipeline(sources={"raw": Raw}, target=Log, mode="append")
    def log(raw):
        return raw.select("id")
    """,
    )
    project.land("a.csv", "id\n1\n")
    project.run().all_succeeded()
    project.run("log").all_succeeded()
    run = project.kill("log", published(project) + 1)
    assert project.rows("log") == [(1,)] * 3
    project.run_id = f"{run}_attempt_1"
    ran = project.run("log").all_succeeded()
    assert ran.notices == [
        "an earlier attempt of this run has written its rows; the table is unchanged"
    ]
    assert project.rows("log") == [(1,)] * 3
    assert not branches(project, "log")
    project.run_id = None
    project.run("log").all_succeeded()
    assert project.rows("log") == [(1,)] * 4


@pytest.mark.nightly
@pytest.mark.parametrize("name", TABLES)
def test_killed_before_every_step(project: SparkProject, name: str) -> None:
    """Every third file adds a column, with statements of its own."""
    table = TABLES[name]
    for number in range(2):
        land(project, number)
    files, killed = 2, 0
    for steps in range(9):
        shop.declare(project, files + 1)
        shop.land(project, files)
        if name != "add":
            project.run("add").all_succeeded()
        files += 1
        # A run that adds a column may have fewer steps.
        run = project.kill(name, steps)
        killed += run is not None
        states = [shop.truth(number)[table] for number in (files - 1, files)]
        assert shop.found(project, table)[table] in states, steps
        # Each is followed by a retry or by a new run.
        project.run_id = f"{run}_attempt_1" if run and steps % 2 else None
        project.run(name).all_succeeded()
        project.run_id = None
        assert shop.found(project, table)[table] == states[-1], steps
        assert not branches(project, table), steps
    assert killed >= 4
