"""The site of `alur docs` in a real browser, opened from its folder: pictures to click through, search, fire times."""

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from alur.scheduling import AwsSchedule
from alur.site.schedules import fires
from tests import hostile_site
from tests.browser.wide_project import write_wide
from tests.chromium import CHROMIUM, page
from tests.command import alur
from tests.integration.test_project_site import copied_example

__all__ = ["page"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

EXPRESSIONS = (
    "cron(0/15 * * * ? *)",
    "cron(30 8,20 1,15,31 * ? *)",
    "cron(0 9 ? * MON-FRI *)",
    "cron(0 0 L * ? *)",
    "cron(0 8 15W * ? *)",
    "cron(0 8 1W * ? *)",
    "cron(0 8 31W * ? *)",
    "cron(5 4 ? * 6L *)",
    "cron(5 4 ? * 3#5 *)",
    "cron(0 12 29 2 ? *)",
    "cron(0 12 1 1 ? 2027-2028)",
    "cron(59 23 31 12 ? 2199)",
    "rate(7 minutes)",
    "rate(3 days)",
)


def site_of(root: Path) -> str:
    written = alur(root, "docs")
    assert written.returncode == 0, written.stderr
    return (root / ".alur" / "docs").as_uri()


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    return site_of(copied_example(tmp_path_factory.mktemp("site")))


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    return site_of(write_wide(tmp_path_factory.mktemp("wide")))


@pytest.fixture
def problems(page: Page):
    """Return what a page reports as an error, and what it loads from elsewhere than its folder."""
    found = []

    def requested(request):
        if not request.url.startswith(("file:", "data:")):
            found.append(request.url)

    def reported(message):
        if message.type in ("error", "warning"):
            found.append(message.text)

    page.on("console", reported)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("request", requested)
    return found


def column(page: Page, table: str, name: str):
    box = page.locator(".box").filter(has=page.locator(".box-name", has_text=table))
    return box.get_by_role("button", name=name).first


def lit(page: Page) -> set[str]:
    """Return the columns on the trail, as table.column."""
    return set(
        page.locator("button.column.on").evaluate_all(
            """buttons => buttons.map((button) =>
                button.closest(".box").querySelector(".box-name").textContent + "."
                + button.querySelector(".column-label").textContent)"""
        )
    )


TRAIL = {
    "orders/*.csv.amount",
    "ordersbronze.amount",
    "orderssilver.amount",
    "cohortrevenue.total_revenue",
    "dailysalesmetrics.total_revenue",
}


def test_clicks_lead_from_table_to_table_and_along_a_column(page: Page, example, problems):
    page.goto(f"{example}/index.html")
    page.locator("a.box-head", has_text="orderssilver").click()
    expect(page).to_have_title("silver.orderssilver · cdnow")
    column(page, "orderssilver", "amount").hover()
    assert lit(page) == TRAIL
    column(page, "orderssilver", "amount").click()
    page.mouse.move(0, 0)
    assert lit(page) == TRAIL
    expect(page.locator("#column-amount")).to_have_class("selected")
    detail = page.locator(".lineage-detail")
    detail.get_by_role("link", name="gold.dailysalesmetrics.total_revenue").click()
    expect(page).to_have_title("gold.dailysalesmetrics · cdnow")
    expect(page.locator("#column-total_revenue")).to_have_class("selected")
    assert lit(page) == TRAIL - {"cohortrevenue.total_revenue"}
    assert problems == []


def test_keys_lead_along_columns(page: Page, example, problems):
    page.goto(f"{example}/silver/orderssilver.html")
    page.locator(".lineage-view").focus()
    page.keyboard.press("Tab")
    expect(page.locator("a.box-head", has_text="orders/*.csv")).to_be_focused()
    column(page, "orderssilver", "quantity").focus()
    page.keyboard.press("ArrowDown")
    expect(column(page, "orderssilver", "amount")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(column(page, "cohortrevenue", "total_revenue")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(column(page, "ordersbronze", "amount")).to_be_focused()
    page.keyboard.press("Enter")
    expect(column(page, "ordersbronze", "amount")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".lineage-detail")).to_contain_text("copied to silver.orderssilver.amount")
    page.keyboard.press("Escape")
    expect(page.locator(".lineage-detail")).to_be_empty()
    assert problems == []


def test_search_finds_tables_and_columns(page: Page, example, problems):
    page.goto(f"{example}/index.html")
    page.keyboard.press("/")
    page.keyboard.type("cohort rev")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("cohortrevenue")
    expect(page.locator("tr[data-name]:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("tr[data-name]:visible")).to_have_count(6)
    page.keyboard.type("months_since")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_title("gold.cohortrevenue · cdnow")
    expect(page.locator("#column-months_since")).to_have_class("selected")
    assert problems == []


def test_no_text_of_a_project_runs(page: Page, tmp_path, problems):
    root = hostile_site.write(tmp_path / "hostile")
    site = site_of(root)
    single = tmp_path / "lineage.html"
    assert alur(root, "lineage", "silver.clean", "--html", str(single)).returncode == 0
    paths = [path.as_uri() for path in (root / ".alur" / "docs").rglob("*.html")]
    assert len(paths) == 6
    for address in (*paths, single.as_uri()):
        page.goto(address)
        expect(page.locator(".box").first).to_be_visible()
        assert page.evaluate("window.ran") is None
    page.goto(f"{site}/bronze/raw.html")
    column(page, "raw", "constructor").click()
    page.locator("#search").fill("img")
    expect(page.get_by_role("option").first).to_be_visible()
    assert page.evaluate("window.ran") is None
    assert page.locator("main img").count() == 0
    assert problems == []


def test_one_page_of_a_lineage_needs_no_other_file(page: Page, tmp_path, problems):
    root = copied_example(tmp_path)
    path = tmp_path / "alone" / "lineage.html"
    assert alur(root, "lineage", "ordersbronze.amount", "--downstream", "--html", str(path))
    page.goto(path.as_uri())
    assert lit(page) == TRAIL - {"orders/*.csv.amount"}
    expect(page.locator("path.row.on")).to_have_count(1)
    assert problems == []


def test_fire_times_are_eventbridge_s(page: Page, example):
    page.goto(f"{example}/index.html")
    instants = [datetime(2026, 11, 27, 12, 7, 30), datetime(2028, 2, 29, 23, 59)]
    for text in EXPRESSIONS:
        schedule = AwsSchedule(text)
        values = json.loads(fires(schedule))
        for instant in (each.replace(tzinfo=timezone.utc) for each in instants):
            computed = page.evaluate(
                "([fires, after]) => alur.fires(fires, after, 20)",
                [values, instant.timestamp() * 1000],
            )
            expected = [at.timestamp() * 1000 for at in schedule.next(instant, 20)]
            assert computed == expected, text


@pytest.mark.parametrize("width", [390, 1440])
def test_many_tables_fit_any_window(page: Page, wide, problems, width):
    page.set_viewport_size({"width": width, "height": 844})
    for path in ("index.html", "silver/step9.html", "gold/report3.html"):
        page.goto(f"{wide}/{path}")
        expect(page.locator(".box").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert crossed(page) == []
    assert problems == []
    page.set_viewport_size({"width": 1500, "height": 950})


def test_a_selected_column_is_shown_in_every_box_of_its_trail(page: Page, wide, problems):
    page.goto(f"{wide}/silver/step3.html#column-value_17_of_a_long_name")
    expect(page.locator("button.column.start")).to_have_count(1)
    name = "value_17_of_a_long_name"
    assert lit(page) == {f"{table}.{name}" for table in ("in/3/*.csv", "source3", "step3")}
    expect(page.locator("#column-value_17_of_a_long_name")).to_be_in_viewport()
    column(page, "source3", "value_2_of").click()
    expect(column(page, "source3", "value_2_of")).to_have_attribute("aria-pressed", "true")
    expect(column(page, "source3", "value_18")).to_have_count(0)
    column(page, "source3", "more columns").click()
    expect(column(page, "source3", "value_18")).to_be_visible()
    assert problems == []


def test_a_page_fits_on_paper(page: Page, example, tmp_path):
    page.goto(f"{example}/gold/cohortrevenue.html")
    page.evaluate(
        """addEventListener("beforeprint", () => {
            window.printed = document.querySelector(".lineage-size").offsetWidth;
        })"""
    )
    page.pdf(path=tmp_path / "page.pdf", format="A4")
    assert page.evaluate("window.printed") <= 680


def crossed(page: Page) -> list[str]:
    """Return the boxes crossed by a line that neither begins nor ends there."""
    return page.evaluate(
        """() => {
            const inside = 3;
            const boxes = [...document.querySelectorAll(".box")].map((box) => [
                box.querySelector(".box-name").textContent,
                box.offsetLeft + inside, box.offsetTop + inside,
                box.offsetLeft + box.offsetWidth - inside, box.offsetTop + box.offsetHeight - inside,
            ]);
            const found = new Set();
            for (const path of document.querySelectorAll(".lineage path")) {
                const length = path.getTotalLength();
                for (let at = 0; at <= length; at += 4) {
                    const { x, y } = path.getPointAtLength(at);
                    for (const [name, left, top, right, bottom] of boxes) {
                        if (x > left && x < right && y > top && y < bottom) found.add(name);
                    }
                }
            }
            return [...found];
        }"""
    )
