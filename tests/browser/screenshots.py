"""Pictures of the example in Dagster's web UI and in its own site, for the documentation: `make screenshots`.

python -m tests.browser.screenshots FOLDER
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.chromium import opened
from tests.command import ALUR
from tests.dagster_server import environment, serving, wait_until_recorded

EXAMPLE = Path(__file__).parents[2] / "example_repo"
WIDTH, HEIGHT = 1400, 620


def main(folder: Path) -> None:
    """Run the example, start its web UI, and write the pictures into a folder."""
    with tempfile.TemporaryDirectory() as temporary:
        project = Path(temporary) / "example_repo"
        ignored = shutil.ignore_patterns(".alur", "__pycache__")
        shutil.copytree(EXAMPLE, project, ignore=ignored)
        run = [ALUR, "run", "--all", "--env", "local"]
        subprocess.run(run, cwd=project, env=environment(), check=True, capture_output=True)
        profile = Path(temporary) / "profile"
        with (
            serving([ALUR, "dev"], project, project / "dagster.log") as server,
            opened(profile, WIDTH, HEIGHT) as page,
        ):
            wait_until_recorded(project)
            take(page, server.url, folder)
            take_site(page, project, folder)


def take(page: Page, address: str, folder: Path) -> None:
    """Write the pictures."""
    page.goto(address)
    page.get_by_text("Hide navigation").click()

    neighbours = "view=lineage&lineageScope=neighbors&lineageDepth=5"
    page.goto(f"{address}/assets/bronze/ordersbronze?{neighbours}")
    for table in ("orders", "customerssilver", "dailysalesmetrics", "cohortrevenue"):
        expect(page.get_by_text(table, exact=True).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    picture(page, folder / "lineage.png")

    page.goto(f"{address}/assets/gold/dailysalesmetrics?view=checks")
    expect(page.get_by_text("report_date_unique").first).to_be_visible()
    expect(page.get_by_text("Passed").first).to_be_visible()
    picture(page, folder / "checks.png")

    page.goto(f"{address}/automation")
    # Switches come last, once each schedule's state is known.
    expect(page.locator("label[class*=formatSwitch] input")).to_have_count(4)
    page.wait_for_load_state("networkidle")
    picture(page, folder / "schedules.png", height=440)


def take_site(page: Page, project: Path, folder: Path) -> None:
    """Write the picture of a page of `alur docs`."""
    subprocess.run([ALUR, "docs"], cwd=project, env=environment(), check=True, capture_output=True)
    page.goto((project / ".alur" / "docs" / "silver" / "orderssilver.html").as_uri())
    page.get_by_role("region").get_by_role("button", name="amount").nth(2).click()
    expect(page.locator(".lineage-detail")).to_contain_text(
        "copied from bronze.ordersbronze.amount"
    )
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    picture(page, folder / "docs.png", height=940)


def picture(page: Page, path: Path, height: int = HEIGHT) -> None:
    """Write the upper part of a page as a picture; the pointer is out of the way."""
    page.mouse.move(0, 0)
    page.set_viewport_size({"width": WIDTH, "height": max(HEIGHT, height)})
    page.screenshot(
        path=path, animations="disabled", clip={"x": 0, "y": 0, "width": WIDTH, "height": height}
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
