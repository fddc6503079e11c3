"""Pictures of the example in Dagster's web UI, for the documentation: `make screenshots`.

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
from tests.dagster_server import environment, serving

EXAMPLE = Path(__file__).parents[2] / "example_repo"
WIDTH, HEIGHT = 1280, 720


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
            take(page, server.url, folder)


def take(page: Page, address: str, folder: Path) -> None:
    """Write the pictures."""
    neighbours = "view=lineage&lineageScope=neighbors&lineageDepth=5"
    page.goto(f"{address}/assets/bronze/ordersbronze?{neighbours}")
    for table in ("orders", "customerssilver", "dailysalesmetrics", "cohortrevenue"):
        expect(page.get_by_text(table, exact=True).first).to_be_visible()
    page.mouse.move(0, 0)
    page.screenshot(path=folder / "lineage.png")

    page.goto(f"{address}/assets/gold/dailysalesmetrics?view=checks")
    expect(page.get_by_text("report_date_unique").first).to_be_visible()
    page.screenshot(path=folder / "checks.png")

    page.goto(f"{address}/automation")
    expect(page.get_by_text("daily_sales_rollup_schedule", exact=True)).to_be_visible()
    page.screenshot(path=folder / "schedules.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
