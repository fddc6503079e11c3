"""Runs from the command line in Dagster's web UI: cells are literal, and failures are red."""

import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

from tests.chromium import CHROMIUM, page
from tests.dagster_server import environment, serving, wait_until_recorded

__all__ = ["page"]

ALUR = Path(sys.executable).with_name("alur")
PROJECT = """
from pydantic import Field
from pyspark.sql import functions as F

from alur import BronzeTable, SilverTable, files, pipeline


class Raw(BronzeTable):
    n: int
    word: str


class Clean(SilverTable, key="n"):
    n: int = Field(ge=0)
    word: str = Field(pattern="^[a-z]*_$|.*_x*[.]*$|.*")


class Later(SilverTable):
    n: int


@pipeline(sources={"rows": files("in/*.csv", schema=Raw)}, target=Raw, mode="append")
def load(rows):
    return rows.withColumn("word", F.translate("word", "~", "\\n"))


@pipeline(sources={"raw": Raw}, target=Clean)
def clean(raw):
    return raw.select("n", "word")


@pipeline(sources={"clean": Clean}, target=Later)
def later(clean):
    return clean.select("n")
"""
CELLS = {
    "![x](http://127.0.0.1:{port}/a.png)": None,
    "<img src='http://127.0.0.1:{port}/b.png'>": None,
    "[a]: http://127.0.0.1:{port}/c.png~![a]": "[a]: http://127.0.0.1:{port}/c.png\\n![a]",
    "a|b \\|c| `d` *e* __f__ [g](/h) <i>j</i> &amp;": None,
    "https://127.0.0.1/k|l\\|m": None,
}
"""Values of landing files, and their display if it differs; a pipeline turns each tilde into a line break."""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


@pytest.fixture(scope="module")
def pictures():
    """Yield the port of a server, for addresses in cells, and the paths requested from it."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, asked
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def root(tmp_path_factory, pictures):
    """Return a project with hostile cells, one of which breaks a rule."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "alur.toml").write_text('[project]\nname = "hostile"\nmodules = ["pl"]\n')
    (folder / "pl.py").write_text(PROJECT)
    land(folder, -1, pictures[0])
    return folder


def land(folder, first, port):
    rows = [f"{n},{cell.format(port=port)}" for n, cell in enumerate(CELLS, first)]
    (folder / "landing" / "in").mkdir(parents=True, exist_ok=True)
    (folder / "landing" / "in" / f"{first}.csv").write_text("\n".join(["n,word", *rows]) + "\n")


def run(folder, *arguments):
    done = subprocess.run(
        [ALUR, "run", "--env", "local", *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def address(root):
    status, printed = run(root, "--all")
    assert status == 1, printed
    with serving([ALUR, "dev"], root, root / "dev.log") as server:
        wait_until_recorded(root)
        yield server.url


def test_cells_show_as_they_are_and_load_nothing(page: Page, address, pictures):
    port, asked = pictures
    page.goto(f"{address}/assets/bronze/raw")
    for cell, shown in CELLS.items():
        text = (shown or cell).format(port=port)
        expect(page.get_by_role("cell", name=text, exact=True)).to_be_visible()
    assert page.locator("table img, table a[href*='127.0.0.1']").count() == 0
    page.goto(f"{address}/assets/silver/clean?view=checks&checkDetail=n_ge")
    expect(page.get_by_text("n must be at least 0: 1 row breaks it, for example")).to_be_visible()
    expect(page.get_by_text("n=-1", exact=True)).to_be_visible()
    assert asked == []


def test_a_rule_that_stops_the_write_is_blocking_and_its_pattern_literal(page: Page, address):
    page.goto(f"{address}/assets/silver/clean?view=checks&checkDetail=word_pattern")
    expect(page.get_by_text("This is a blocking asset check")).to_be_visible()
    pattern = page.get_by_text("^[a-z]*_$|.*_x*[.]*$|.*")
    expect(pattern.first).to_be_visible()


def test_a_failure_is_red_until_the_table_is_written(page: Page, address, root, pictures):
    page.goto(f"{address}/assets/silver/clean")
    expect(page.get_by_text("Failed in ")).to_be_visible()
    page.goto(f"{address}/runs")
    expect(page.get_by_text("Failure", exact=True)).to_be_visible()
    page.get_by_text("View", exact=True).click()
    expect(page.get_by_text("RUN_FAILURE")).to_be_visible()
    expect(page.get_by_text("clean: rows break the rules of Clean")).to_be_visible()
    page.goto(f"{address}/assets/silver/clean?view=lineage")
    expect(page.get_by_text("Failed", exact=True)).to_be_visible()

    module = root / "pl.py"
    module.write_text(PROJECT.replace('raw.select("n"', 'raw.filter("n >= 0").select("n"'))
    status, printed = run(root, "clean")
    assert status == 0, printed
    wait_until_recorded(root)
    page.reload()
    expect(page.get_by_text("Materialized", exact=True).first).to_be_visible()
    expect(page.get_by_text("Failed", exact=True)).to_have_count(0)
