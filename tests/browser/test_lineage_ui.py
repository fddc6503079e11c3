"""The example in Dagster's web UI, in a real browser: `dagster dev -w workspace.yaml`, as the README says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import screenshots
from tests.chromium import CHROMIUM, page
from tests.dagster_server import serving, wait_until_recorded

__all__ = ["page"]

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """Return a folder with the parts of a clone that `dagster dev` uses."""
    root = tmp_path_factory.mktemp("clone")
    for name in ("workspace.yaml", ".env"):
        shutil.copy(ROOT / name, root)
    ignored = shutil.ignore_patterns(
        "warehouse", "__pycache__", "history", "schedules", "storage", "logs"
    )
    shutil.copytree(ROOT / "example_repo", root / "example_repo", ignore=ignored)
    return root


@pytest.fixture(scope="module")
def address(repository):
    """Yield the address of `dagster dev` on a free port."""
    command = [BIN / "dagster", "dev", "-w", "workspace.yaml"]
    with serving(
        command, repository, repository / "dagster.log", {"PWD": str(repository)}
    ) as server:
        yield server.url


def test_the_graph_leads_from_landing_files_to_gold(page: Page, address):
    page.goto(f"{address}/asset-groups")
    for layer in ("landing", "bronze", "silver", "gold"):
        expect(page.get_by_text(layer, exact=True).first).to_be_visible()
    page.goto(f"{address}/assets/silver/orderssilver?view=lineage&lineageScope=neighbors")
    for table in ("ordersbronze", "orderssilver", "customerssilver", "dailysalesmetrics"):
        expect(page.get_by_text(table, exact=True).first).to_be_visible()


def test_columns_and_checks_are_there_before_any_run(page: Page, address):
    page.goto(f"{address}/assets/gold/dailysalesmetrics")
    expect(page.get_by_text("Sales by day.")).to_be_visible()
    expect(page.get_by_text("total_revenue", exact=True)).to_be_visible()
    expect(page.get_by_text("Sum of order values in USD")).to_be_visible()
    expect(page.get_by_text("decimal(14,2)")).to_be_visible()
    page.goto(f"{address}/assets/gold/dailysalesmetrics?view=checks")
    expect(page.get_by_text("report_date_unique").first).to_be_visible()


def test_schedules_are_on_and_off_as_declared(page: Page, address):
    page.goto(f"{address}/automation")
    switches = {
        "load_orders_schedule": True,
        "clean_orders_schedule": True,
        "daily_sales_rollup_schedule": True,
        "monthly_cohorts_schedule": False,
    }
    for name in switches:
        expect(page.get_by_text(name, exact=True)).to_be_visible()
    boxes = page.locator("label[class*=formatSwitch] input")
    expect(boxes).to_have_count(len(switches))
    # The rows are ordered by name.
    for position, name in enumerate(sorted(switches)):
        expect(boxes.nth(position)).to_be_checked(checked=switches[name])


def test_a_run_from_the_command_line_shows(page: Page, address, repository):
    command = [BIN / "alur", "run", "load_orders", "--env", "local"]
    subprocess.run(command, cwd=repository / "example_repo", check=True, capture_output=True)
    wait_until_recorded(repository / "example_repo")
    page.goto(f"{address}/assets/bronze/ordersbronze?view=events")
    expect(page.get_by_text("Materialized").first).to_be_visible()
    expect(page.get_by_text("rows_written").first).to_be_visible()
    expect(page.get_by_text("69659").or_(page.get_by_text("69,659")).first).to_be_visible()


def test_materialize_all_then_look_at_the_tables(page: Page, address, repository, tmp_path):
    page.goto(f"{address}/asset-groups")
    page.get_by_role("button", name=re.compile("Materialize all")).click()
    expect(page.get_by_text("Launched run")).to_be_visible()
    page.goto(f"{address}/runs")
    expect(page.get_by_text("Success").first).to_be_visible()

    page.goto(f"{address}/assets/silver/orderssilver?view=events")
    expect(page.get_by_text("69324").or_(page.get_by_text("69,324")).first).to_be_visible()

    page.goto(f"{address}/assets/gold/dailysalesmetrics?view=events")
    for label in ("snapshot_id", "table_path", "preview", "rows_written"):
        expect(page.get_by_text(label, exact=True).first).to_be_visible()
    table = repository / "example_repo" / ".alur" / "warehouse" / "gold" / "dailysalesmetrics"
    expect(page.get_by_text(str(table)).first).to_be_visible()
    expect(page.get_by_text("546", exact=True).first).to_be_visible()
    page.screenshot(path=tmp_path / "daily.png")

    shown = subprocess.run(
        [BIN / "alur", "show", "dailysalesmetrics"],
        cwd=repository / "example_repo",
        check=True,
        capture_output=True,
        text=True,
    )
    assert "gold.dailysalesmetrics: 20 of 546 rows" in shown.stdout


def test_the_documentation_s_pictures(page: Page, address, repository, tmp_path):
    screenshots.take(page, address, tmp_path)
    screenshots.take_site(page, repository / "example_repo", tmp_path)
    assert {picture.name for picture in tmp_path.glob("*.png")} == {
        picture.name for picture in (ROOT / "docs" / "images").glob("*.png")
    }
