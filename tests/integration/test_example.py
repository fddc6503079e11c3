"""The example's tables, on both engines, against figures computed from its CSV files in plain Python."""

import csv
import shutil
from collections import defaultdict
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from tests.conftest import isolated_imports
from tests.tiny_project import TinyProject

EXAMPLE = Path(__file__).parents[2] / "example_repo"
TABLES = ("ordersbronze", "orderssilver", "customerssilver", "dailysalesmetrics", "cohortrevenue")


@pytest.fixture(scope="module")
def orders():
    """Return the orders of all files; and the paid ones without repeats, by the example's definition."""
    every = []
    for path in sorted((EXAMPLE / "landing" / "orders").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                at = datetime.fromisoformat(row["created_at"]).replace(tzinfo=timezone.utc)
                customer, quantity = int(row["customer_id"]), int(row["quantity"])
                every.append((row["order_id"], customer, at, quantity, Decimal(row["amount"])))
    kept = {}
    for order in sorted(every):
        if order[4] != 0:
            kept.setdefault(order[1:], order)
    return sorted(every), sorted(kept.values())


@pytest.fixture(scope="module", params=["sail", "spark"])
def example(request, engines, tmp_path_factory):
    root = tmp_path_factory.mktemp(request.param) / "example"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns(".alur", "__pycache__"))
    with isolated_imports():
        project = TinyProject(root, engines, request.param)
        project.run().all_succeeded()
        yield project


def test_bronze_holds_every_order_once(example, orders):
    every, _ = orders
    assert example.rows("ordersbronze") == every


def test_silver_holds_each_paid_order_once(example, orders):
    _, paid = orders
    assert len(paid) == 69_324
    assert example.rows("orderssilver") == paid


def test_customers_begin_with_their_first_order(example, orders):
    _, paid = orders
    first = {}
    for _, customer, at, _, _ in paid:
        first[customer] = min(at, first.get(customer, at))
    assert example.rows("customerssilver") == sorted(
        (customer, at, date(at.year, at.month, 1)) for customer, at in first.items()
    )


def test_daily_figures_add_up(example, orders):
    _, paid = orders
    days = defaultdict(list)
    for order in paid:
        days[order[2].date()].append(order)
    assert len(days) == 546
    assert example.rows("dailysalesmetrics") == sorted(
        (day, len(found), sum(o[4] for o in found), len({o[1] for o in found}))
        for day, found in days.items()
    )


def test_cohorts_add_up(example, orders):
    _, paid = orders
    first = {}
    for _, customer, at, _, _ in paid:
        first[customer] = min(at, first.get(customer, at))
    cohorts = defaultdict(list)
    for order in paid:
        began, at = first[order[1]], order[2]
        age = (at.year - began.year) * 12 + at.month - began.month
        cohorts[date(began.year, began.month, 1), age].append(order)
    assert example.rows("cohortrevenue") == sorted(
        (*cohort, len({o[1] for o in found}), len(found), sum(o[4] for o in found))
        for cohort, found in cohorts.items()
    )


def test_a_second_run_changes_no_row(example):
    before = {table: example.rows(table) for table in TABLES}
    ran = example.run().all_succeeded()
    assert ran.succeeded("load_orders").commit is None
    assert "no new files; the table is unchanged" in ran.notices
    assert {table: example.rows(table) for table in TABLES} == before
