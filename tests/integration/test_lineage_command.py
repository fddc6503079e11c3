"""``alur lineage``: what a column comes from, and what comes from it, through the whole graph."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.command import alur

EXAMPLE = Path(__file__).parents[2] / "example_repo"

MONTHS_SINCE = """\
gold.cohortrevenue.months_since
  computed from silver.orderssilver.created_at
    copied from bronze.ordersbronze.created_at
      copied from created_at of orders/*.csv
  computed from silver.customerssilver.cohort_month
    aggregated from silver.orderssilver.created_at (see above)

The rows of gold.cohortrevenue depend on
  silver.orderssilver.customer_id (join)
  silver.customerssilver.customer_id (join)
  silver.customerssilver.cohort_month (group)
  silver.orderssilver.created_at (group)
The rows of silver.orderssilver depend on
  bronze.ordersbronze.amount (filter)
  bronze.ordersbronze.customer_id (filter)
  bronze.ordersbronze.created_at (filter)
  bronze.ordersbronze.quantity (filter)
  bronze.ordersbronze.order_id (filter)
The rows of silver.customerssilver depend on
  silver.orderssilver.customer_id (group)
"""
DOWNSTREAM = """\
bronze.ordersbronze.amount
  copied to silver.orderssilver.amount
    aggregated into gold.cohortrevenue.total_revenue
    aggregated into gold.dailysalesmetrics.total_revenue

The rows of silver.orderssilver depend on
  bronze.ordersbronze.amount (filter)
"""
TABLE = """\
silver.customerssilver.customer_id
  copied from silver.orderssilver.customer_id
silver.customerssilver.first_order_at
  aggregated from silver.orderssilver.created_at
silver.customerssilver.cohort_month
  aggregated from silver.orderssilver.created_at
"""
DIAGRAM = """\
flowchart LR
  subgraph t0["silver.customerssilver"]
    c0["customer_id"]
  end
  subgraph t1["silver.orderssilver"]
    c1["customer_id"]
  end
  subgraph t2["bronze.ordersbronze"]
    c2["customer_id"]
"""


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("lineage") / "example_repo"
    ignored = shutil.ignore_patterns(".alur", "landing", "tests", "__pycache__")
    return Path(shutil.copytree(EXAMPLE, root, ignore=ignored))


def lineage(root: Path, *arguments: str) -> str:
    result = alur(root, "lineage", *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_a_column_is_traced_to_the_files(example: Path) -> None:
    assert lineage(example, "gold.cohortrevenue.months_since") == MONTHS_SINCE
    assert lineage(example, "CohortRevenue.months_since", "--upstream") == MONTHS_SINCE


def test_a_column_is_traced_to_all_that_uses_it(example: Path) -> None:
    assert lineage(example, "bronze.ordersbronze.amount", "--downstream") == DOWNSTREAM
    unused = lineage(example, "cohortrevenue.total_revenue", "--downstream")
    assert unused == "gold.cohortrevenue.total_revenue\n  used by no column\n"


def test_a_table_is_traced_column_by_column(example: Path) -> None:
    assert lineage(example, "customerssilver").startswith(TABLE)
    assert "bronze.ordersbronze._run_id\n  filled in by the run\n" in lineage(
        example, "ordersbronze"
    )


def test_json_lists_every_use_on_the_way(example: Path) -> None:
    data = json.loads(lineage(example, "dailysalesmetrics.total_revenue", "--json"))
    uses = [(use["from"]["table"], use["to"]["table"], use["how"]) for use in data["uses"]]
    assert uses == [
        ("silver.orderssilver", "gold.dailysalesmetrics", "aggregate"),
        ("bronze.ordersbronze", "silver.orderssilver", "copy"),
        ("orders/*.csv", "bronze.ordersbronze", "copy"),
    ]
    assert data["rows"][0] == {
        "table": "gold.dailysalesmetrics",
        "from": {"table": "silver.orderssilver", "column": "created_at"},
        "reasons": ["group"],
    }


def test_mermaid_draws_tables_columns_and_uses(example: Path) -> None:
    drawn = lineage(example, "customerssilver.customer_id", "--mermaid")
    assert drawn.startswith(DIAGRAM)
    assert "  c1 -->|copy| c0\n  c2 -->|copy| c1\n" in drawn
    assert "  c1 -.->|group| t0\n" in drawn


@pytest.mark.parametrize(
    ("name", "message", "remedy"),
    [
        ("cohortrevenu", "no table 'cohortrevenu'", "did you mean 'cohortrevenue'?"),
        ("gold.cohortrevenu", "no table 'gold.cohortrevenu'", "did you mean 'gold.cohortrevenue'?"),
        ("orderssiler.amount", "no table 'orderssiler'", "did you mean 'orderssilver'?"),
        (
            "gold.cohortrevenue.months",
            "gold.cohortrevenue has no column 'months'",
            "did you mean 'months_since'?",
        ),
    ],
)
def test_unknown_names_get_suggestions(example: Path, name: str, message: str, remedy: str) -> None:
    result = alur(example, "lineage", name)
    assert result.returncode == 1
    assert f"[ERROR] {message}\n  fix: {remedy}\n" in result.stderr
