"""The example's whole graph as Glue jobs, against the figures of its local runs."""

import shutil

import pytest

from tests.conftest import isolated_imports
from tests.glue_project import REGION, GlueProject
from tests.integration import test_example as example
from tests.integration.test_example import orders  # noqa: F401 - a fixture


@pytest.fixture
def graph(tmp_path, glue_session, moto, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    root = tmp_path / "example"
    ignored = shutil.ignore_patterns(".alur", "__pycache__", "landing")
    shutil.copytree(example.EXAMPLE, root, ignore=ignored)
    with isolated_imports():
        project = GlueProject(root, engines=None, session=glue_session, title="cdnow").deploy()
        landing = example.EXAMPLE / "landing"
        for path in sorted(landing.rglob("*.csv")):
            project.land(path.relative_to(landing).as_posix(), path.read_bytes())
        project.run().all_succeeded()
        yield project


def test_the_example_is_the_same_in_aws(graph, orders):  # noqa: F811 - a fixture
    example.test_bronze_holds_every_order_once(graph, orders)
    example.test_silver_holds_each_paid_order_once(graph, orders)
    example.test_customers_begin_with_their_first_order(graph, orders)
    example.test_daily_figures_add_up(graph, orders)
    example.test_cohorts_add_up(graph, orders)
    example.test_a_second_run_changes_no_row(graph)
    assert graph.staged() == []
