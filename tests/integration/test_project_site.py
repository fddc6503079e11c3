"""`alur docs`: a static site about every table, column, rule, pipeline and schedule of a project."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime, timezone
from pathlib import Path

import dagster as dg
import pytest

from alur.operations.documenting import document
from alur.project.project import Project
from alur_dagster import build_definitions
from tests import hostile_site
from tests.command import alur
from tests.site_pages import SitePage, broken_links, pages
from tests.tiny_project import TinyProject

EXAMPLE = Path(__file__).parents[2] / "example_repo"
TABLES = {
    "landing/orders.html": "order_id customer_id created_at quantity amount _source_file",
    "bronze/ordersbronze.html": (
        "order_id customer_id created_at quantity amount _ingested_at _source_file _run_id"
    ),
    "silver/orderssilver.html": "order_id customer_id created_at quantity amount",
    "silver/customerssilver.html": "customer_id first_order_at cohort_month",
    "gold/cohortrevenue.html": (
        "cohort_month months_since active_customers total_orders total_revenue"
    ),
    "gold/dailysalesmetrics.html": "report_date total_orders total_revenue unique_customers",
}


def copied_example(folder: Path, known: Path | None = None) -> Path:
    """Copy the example, with the lineage that another copy has found."""
    ignored = shutil.ignore_patterns(".alur", "landing", "__pycache__")
    copy = Path(shutil.copytree(EXAMPLE, folder / "example_repo", ignore=ignored))
    if known:
        shutil.copytree(known / ".alur" / "cache", copy / ".alur" / "cache")
    return copy


def files_of(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the example with its site."""
    example = copied_example(tmp_path_factory.mktemp("site"))
    written = alur(example, "docs")
    assert written.returncode == 0, written.stderr
    assert written.stdout == f"[OK] 6 pages: {example}/.alur/docs/index.html\n"
    return example


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site of a project with hostile texts."""
    root = hostile_site.write(tmp_path_factory.mktemp("hostile"))
    assert alur(root, "docs").returncode == 0
    return root / ".alur" / "docs"


@pytest.fixture(scope="module")
def site(root: Path) -> dict[str, SitePage]:
    return pages(root / ".alur" / "docs")


def test_every_table_and_every_column_has_its_place(site: dict[str, SitePage]) -> None:
    assert site.keys() == {"index.html", *TABLES}
    for path, columns in TABLES.items():
        found = [name for name in site[path].ids if name.startswith("column-")]
        assert found == [f"column-{name}" for name in columns.split()]
        assert path in site["index.html"].links


def test_every_link_leads_somewhere_and_nothing_is_fetched_from_elsewhere(root: Path) -> None:
    assert broken_links(root / ".alur" / "docs") == []


def test_a_table_s_page_says_everything_about_it(site: dict[str, SitePage]) -> None:
    text = site["silver/orderssilver.html"].text
    for said in (
        "One row per order that was paid for, without repeats.",
        "Owner team:sales Key order_id Partitions months(created_at)",
        "Written by clean_orders Drops free orders",
        "Mode overwrite, profile small, from bronze.ordersbronze . pipelines/clean.py:12",
        "Read by find_customers",
        "Read by monthly_cohorts",
        "amount must be above 0 amount_gt stops the write",
        "every 15 minutes cron(0/15 * * * ? *) on Keep silver fresh Starts clean_orders",
        # Started through the scope of another pipeline's schedule.
        "every hour rate(1 hour) on Take in new order files",
        "bronze.ordersbronze.amount filter",
    ):
        assert said in text, said
    assert (
        "find_customers" not in site["gold/dailysalesmetrics.html"].text.partition("Schedules")[0]
    )


def test_a_column_s_row_says_where_it_comes_from_and_what_uses_it(
    site: dict[str, SitePage],
) -> None:
    assert site["silver/orderssilver.html"].rows["column-amount"] == (
        "amount Order value in USD must be above 0 decimal(12,2) "
        "copied from bronze.ordersbronze.amount "
        "aggregated into gold.cohortrevenue.total_revenue "
        "aggregated into gold.dailysalesmetrics.total_revenue"
    )
    assert site["gold/cohortrevenue.html"].rows["column-months_since"] == (
        "months_since Months between the first order and these must be at least 0 bigint key "
        "computed from silver.orderssilver.created_at "
        "computed from silver.customerssilver.cohort_month nothing"
    )
    assert (
        site["bronze/ordersbronze.html"]
        .rows["column-_run_id"]
        .endswith("string filled in by the run nothing")
    )


def test_the_same_project_gives_the_same_files_wherever_it_is(root: Path, tmp_path: Path) -> None:
    elsewhere = copied_example(tmp_path)
    assert alur(elsewhere, "docs", "--output", "public").returncode == 0
    assert files_of(elsewhere / "public") == files_of(root / ".alur" / "docs")
    pages_before = {path: path.stat().st_mtime_ns for path in (elsewhere / "public").rglob("*")}
    assert alur(elsewhere, "docs", "--output", "public").returncode == 0
    assert pages_before == {
        path: path.stat().st_mtime_ns for path in (elsewhere / "public").rglob("*")
    }


def test_a_folder_with_other_files_is_refused_and_left_alone(root: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    refused = alur(root, "docs", "--output", str(tmp_path))
    assert refused.returncode == 1
    assert f"{tmp_path} has a file that alur docs has not written: notes.txt" in refused.stderr
    assert files_of(tmp_path) == {"notes.txt": b"mine"}
    elsewhere = tmp_path / "elsewhere"
    linked = tmp_path / "linked"
    elsewhere.mkdir()
    linked.mkdir()
    (linked / "gold").symlink_to(elsewhere)
    refused = alur(root, "docs", "--output", str(linked))
    assert (refused.returncode, list(elsewhere.iterdir())) == (1, [])
    refused = alur(root, "docs", "--output", str(tmp_path / "notes.txt"))
    assert (refused.returncode, (tmp_path / "notes.txt").read_text()) == (1, "mine")


def test_a_page_goes_with_its_table_and_nothing_else_goes(root: Path, tmp_path: Path) -> None:
    example = copied_example(tmp_path, root)
    assert alur(example, "docs", "--output", "public").returncode == 0
    (example / "public" / ".nojekyll").write_text("")
    outside = tmp_path / "outside.html"
    outside.write_text("mine")
    marker = example / "public" / ".alur-docs"
    marker.write_text(marker.read_text() + f"../../outside.html\n{outside}\n")
    (example / "pipelines" / "cohorts.py").unlink()
    gold = example / "contracts" / "gold.py"
    gold.write_text(gold.read_text().partition("class CohortRevenue")[0])
    written = alur(example, "docs", "--output", "public")
    assert written.returncode == 0, written.stderr
    left = files_of(example / "public")
    assert left.keys() & TABLES.keys() == TABLES.keys() - {"gold/cohortrevenue.html"}
    assert ".nojekyll" in left
    assert outside.read_text() == "mine"
    assert not [name for name, text in left.items() if b"cohortrevenue" in text]


def test_hostile_text_is_text(hostile: Path) -> None:
    site = pages(hostile)
    assert broken_links(hostile) == []
    raw = site["bronze/raw.html"]
    for text in (hostile_site.SCRIPT, hostile_site.IMAGE, hostile_site.LINK):
        assert text in raw.text
    for page in site.values():
        assert "img" not in page.elements
        assert page.elements.count("script") == 10
        assert not [link for link in page.links if "javascript" in link]
    data = (hostile / "assets" / "data.js").read_text()
    assert "<" not in data
    tags = json.loads(data.removeprefix("alur.data = ").removesuffix(";\n"))["datasets"][1][3][0][2]
    assert tags == [hostile_site.SCRIPT, "pii"]


def test_an_unreadable_pipeline_may_use_all_columns_and_the_page_says_so(hostile: Path) -> None:
    page = pages(hostile)["gold/opaque.html"]
    assert page.rows["column-total"] == (
        f"total {hostile_site.SCRIPT} ← pii ← must be at least 0 bigint "
        "computed from all 4 columns of silver.wide "
        "computed from silver.clean.constructor computed from silver.clean.toString nothing"
    )
    assert "The lineage may name more columns than are used" in page.text
    assert f"look raised ValueError: {hostile_site.IMAGE}" in page.text
    assert "is reported" in page.text
    assert "Old snapshots kept for 7 days; for 30 days in prod" in page.text


def test_tags_lead_to_the_column_that_declares_them(hostile: Path) -> None:
    page = pages(hostile)["silver/wide.html"]
    assert "pii ←" in page.rows["column-c"]
    assert "pii" not in page.rows["column-d"]
    assert "../bronze/raw.html#column-constructor" in page.links


def test_fields_of_structs_have_rows_and_a_tag_can_be_denied(project: TinyProject) -> None:
    project.declare(
        """
        from alur import Tag

        class Place(BaseModel):
            city: str = Field(min_length=2, description="Where it is")
            zip: str | None

        class Raw(BronzeTable):
            n: Annotated[str, Tag("pii")]

        class Clean(SilverTable, partition_by=bucket(4, "n")):
            n: Annotated[str, Tag("pii", holds=False)]
            places: list[Place]
        """,
        """
        @pipeline(sources={"rows": files("in/*.csv", schema=Raw)}, target=Raw, mode="append")
        def load(rows):
            return rows

        @pipeline(sources={"raw": Raw}, target=Clean)
        def clean(raw):
            place = F.struct(F.col("n").alias("city"), F.lit(None).cast("string").alias("zip"))
            return raw.select("n", F.array(place).alias("places"))
        """,
    )
    page = pages(document(project.load()).folder)["silver/clean.html"]
    assert page.rows["column-n"] == "n no pii string copied from bronze.raw.n nothing"
    rows = list(page.rows.values())
    at = next(i for i, row in enumerate(rows) if row.startswith("places "))
    assert rows[at].startswith("places pii ← places.element must not be null")
    assert rows[at + 1 : at + 3] == [
        "places.element.city Where it is string",
        "places.element.zip string nullable",
    ]
    assert "Partitions bucket(4, n)" in page.text


def test_control_characters_are_written_out(project: TinyProject) -> None:
    project.declare(
        """
        class Raw(BronzeTable, owners=["a\\u202eb"]):
            n: int = Field(description="bell \\x07, half \\ud800")
        """,
        """
        @pipeline(sources={"rows": files("in/*.csv", schema=Raw)}, target=Raw, mode="append")
        def load(rows):
            return rows
        """,
    )
    text = pages(document(project.load()).folder)["bronze/raw.html"].text
    assert r"Owner a\u202eb" in text
    assert r"bell \x07, half \ud800" in text


def test_freshness_is_the_last_commit_in_a_file_of_its_own(project: TinyProject) -> None:
    project.declare(
        "class Raw(BronzeTable):\n    n: int\n\nclass Clean(SilverTable):\n    n: int\n",
        """
        @pipeline(sources={"rows": files("in/*.csv", schema=Raw)}, target=Raw, mode="append")
        def load(rows):
            return rows

        @pipeline(sources={"raw": Raw}, target=Clean)
        def clean(raw):
            return raw.select("n")
        """,
    )
    project.land("in/1.csv", "n\n1\n2\n3\n")
    before = document(project.load()).folder
    unwritten = files_of(before)
    assert not (project.root / ".alur" / "warehouse").exists()
    earlier = datetime.now(timezone.utc)
    project.run("load")
    written = files_of(document(project.load()).folder)
    changed = {name for name in written if written[name] != unwritten[name]}
    assert changed == {"assets/freshness.js"}
    text = written["assets/freshness.js"].decode()
    raw, clean = json.loads(text.removeprefix("alur.freshness = ").removesuffix(";\n"))
    assert clean == ["silver.clean", None, 0, ""]
    assert raw[0::2] == ["bronze.raw", 3]
    at = datetime.fromisoformat(raw[1])
    assert earlier.replace(microsecond=0) <= at <= datetime.now(timezone.utc)
    without = files_of(document(project.load(), freshness=False).folder)
    assert "assets/freshness.js" not in without
    assert not [name for name, content in without.items() if b"data-fresh=" in content]


def test_a_lineage_is_one_file_that_needs_no_other(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "lineage.html"
    written = alur(root, "lineage", "gold.cohortrevenue.months_since", "--html", str(path))
    assert (written.returncode, written.stdout) == (0, f"[OK] {path}\n")
    page = SitePage("lineage.html", path.read_text())
    assert page.links == ["data:,"]
    assert (
        "gold.cohortrevenue.months_since computed from silver.customerssilver.cohort_month"
        in page.text
    )
    assert "dailysalesmetrics" not in path.read_text()
    both = alur(root, "lineage", "ordersbronze", "--json", "--html", str(path))
    assert both.returncode == 2
    assert "leave out --json" in both.stderr
    missing = alur(root, "lineage", "ordersbronze", "--html", str(path / "x.html"))
    assert missing.returncode == 1
    assert "cannot be written" in missing.stderr
    before = path.read_bytes()
    assert alur(root, "lineage", "ordersbronze", "--html", str(path)).returncode == 0
    assert path.read_bytes() != before, "a page of before is replaced"


def test_a_lineage_replaces_no_file_of_somebody_else(root: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "index.html", tmp_path / "empty"):
        path.write_text("" if path.name == "empty" else "<html>mine</html>")
        before = path.read_text()
        refused = alur(root, "lineage", "ordersbronze", "--html", str(path))
        assert (refused.returncode, path.read_text()) == (1, before)
        assert f"{path} is a file that Alur has not written" in refused.stderr
        assert "--force" in refused.stderr
    forced = alur(root, "lineage", "ordersbronze", "--html", str(path), "--force")
    assert (forced.returncode, SitePage("x", path.read_text()).links) == (0, ["data:,"])
    alone = alur(root, "lineage", "ordersbronze", "--force")
    assert (alone.returncode, "--force needs --html" in alone.stderr) == (2, True)


def test_what_a_killed_process_left_is_removed(root: Path, tmp_path: Path) -> None:
    example = copied_example(tmp_path, root)
    assert alur(example, "docs", "--output", "public").returncode == 0
    public = example / "public"
    left = [
        public / "gold" / ".cohortrevenue.html.4194999.part",
        public / ".index.html.4194999.part",
    ]
    for path in left:
        path.write_text("<html>")
    assert alur(example, "docs", "--output", "public").returncode == 0
    assert not any(path.exists() for path in left)
    (public / "gold" / ".other.html.4194999.part").write_text("mine")
    refused = alur(example, "docs", "--output", "public")
    assert (refused.returncode, "has not written" in refused.stderr) == (1, True)


def test_an_asset_in_dagster_leads_to_its_page(root: Path, tmp_path: Path) -> None:
    key = dg.AssetKey(["gold", "dailysalesmetrics"])
    assert metadata(root)[key]["alur/docs"] == dg.MetadataValue.path(
        str(root / ".alur" / "docs" / "gold" / "dailysalesmetrics.html")
    )
    example = copied_example(tmp_path, root)
    assert "alur/docs" not in metadata(example)[key]
    toml = example / "alur.toml"
    toml.write_text(toml.read_text() + '\n[docs]\nurl = "https://docs.example.com/shop/"\n')
    found = metadata(example)
    assert found[key]["alur/docs"] == dg.MetadataValue.url(
        "https://docs.example.com/shop/gold/dailysalesmetrics.html"
    )
    assert found[dg.AssetKey(["landing", "orders"])]["alur/docs"] == dg.MetadataValue.url(
        "https://docs.example.com/shop/landing/orders.html"
    )


def metadata(root: Path) -> dict[dg.AssetKey, dict[str, object]]:
    specs = build_definitions(Project.load(root)).resolve_all_asset_specs()
    return {spec.key: dict(spec.metadata) for spec in specs}


@pytest.mark.parametrize("url", ["javascript:alert(1)", "docs.example.com", "https://x/\"onload='"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    example = copied_example(tmp_path)
    toml = example / "alur.toml"
    toml.write_text(toml.read_text() + f"\n[docs]\nurl = {json.dumps(url)}\n")
    refused = alur(example, "docs")
    assert refused.returncode == 1
    assert 'use an address such as "https://docs.example.com/shop"' in refused.stderr
    assert not os.path.exists(example / ".alur" / "docs")
