"""`alur sandbox verify`: the deployment gives the tables of a local run; otherwise the differences are shown."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alur.pipelines.modes import WRITE_MODES
from alur_dagster import build_definitions
from tests import console_blocks, generated_projects
from tests.integration import test_types as types
from tests.sandboxed import SandboxProject, each_job_engine, needs_spark
from tests.terraform import needs_provider

pytestmark = needs_provider

EXAMPLE = Path(__file__).parents[2] / "example_repo"
SEEDS = (1, 8)
NODES = 6
ENGINES = {
    "sail": r"Sail \d+\.\d+\.\d+",
    "spark": r"Spark 3\.5\.\d+ with Iceberg 1\.\d+\.\d+, GlueCatalog and S3FileIO",
}


@pytest.fixture
def shop(tmp_path):
    project = SandboxProject(tmp_path / "shop", engines=None)
    yield project
    if (project.root / "alur.toml").exists():
        project.close()


@each_job_engine
def test_the_example(shop, job_engine):
    shutil.copytree(EXAMPLE, shop.root, ignore=shutil.ignore_patterns(".alur", "__pycache__"))
    text = shop.done("sandbox", "verify", "--engine", job_engine)
    command = "alur sandbox verify" + (" --engine spark" if job_engine == "spark" else "")
    shown = console_blocks.step("docs/how-to/sandbox.md", command)
    assert not (difference := shown.difference(text)), difference
    _, _, engines = text.partition("ENGINES\n")
    there, here = engines.splitlines()[:2]
    assert re.fullmatch(f"  in the sandbox: {ENGINES[job_engine]}", there)
    pipelines = re.findall(r"(?:sail|spark) \((\d+) pipelines?\)", here)
    assert sum(map(int, pipelines)) == 5, here
    assert "  - alur-schedule-cdnow-monthly_cohorts-sandbox is off, and was not fired" in text
    assert "✓ silver.orderssilver: 69,324 rows here, 69,324 in the sandbox" in text
    assert "✓ gold.dailysalesmetrics: 546 rows here, 546 in the sandbox" in text
    assert (
        "✓ alur-schedule-cdnow-load_orders-sandbox: 5 pipelines, 5 dependencies respected" in text
    )
    assert "[OK] 3 starts and 5 tables are the same in the sandbox as here" in text
    # The user's own warehouse is untouched, and the sandbox leaves nothing behind.
    assert not (shop.root / ".alur" / "warehouse").exists()
    assert not (shop.root / ".alur" / "sandbox").exists()


def test_the_generated_projects_hold_every_kind(tmp_path):
    """The next test's projects have every mode, scope and partitioning, fans, diamonds, and schedules on and off."""
    made = [
        node
        for seed in SEEDS
        for node in generated_projects.write(
            SandboxProject(tmp_path / f"{seed}", engines=None), seed, NODES
        )
    ]
    assert {node.mode for node in made} == set(WRITE_MODES)
    schedules = {schedule for node in made for schedule in node.schedules}
    assert {scope for scope, on in schedules if on} == set(generated_projects.SCOPES)
    assert {on for _, on in schedules} == {True, False}
    assert any(len(node.schedules) == 2 for node in made)
    assert {len(node.parents) for node in made} == {0, 1, 2, 3}
    read = [parent for node in made for parent in node.parents]
    assert max(map(read.count, read)) >= 3
    assert {node.partition for node in made} == set(generated_projects.PARTITIONS)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_that_is_asked_for_is_that_of_the_asset_graph(shop, seed):
    """The runs are compared with the project's graph, which Dagster shows, too."""
    generated_projects.write(shop, seed, NODES)
    project = shop.load()
    assets = build_definitions(project).resolve_asset_graph()
    keys = {
        made.name: dg.AssetKey([*made.target.identifier.split(".")]) for made in project.pipelines
    }
    for name, key in keys.items():
        parents = {keys[parent] for parent in project.graph.parents[name]}
        assert assets.get(key).parent_keys & set(keys.values()) == parents


@pytest.mark.parametrize(
    ("job_engine", "seed"),
    [
        ("sail", 8),
        pytest.param("sail", 1, marks=pytest.mark.nightly),
        pytest.param("spark", 8, marks=[needs_spark, pytest.mark.nightly]),
    ],
)
def test_generated_projects(shop, job_engine, seed):
    generated_projects.write(shop, seed, NODES)
    text = shop.done("sandbox", "verify", "--engine", job_engine)
    assert f"{NODES + 2} tables are the same in the sandbox as here" in text
    counts = [line.split(": ")[1].split()[0] for line in text.splitlines() if " rows here" in line]
    assert len(counts) == NODES + 2
    assert all(int(count.replace(",", "")) > 20 for count in counts)


@each_job_engine
def test_every_type(shop, job_engine):
    schedule = '    from alur.scheduling import schedule\n    @schedule(cron="rate(1 day)", scope="downstream")\n'
    shop.declare(types.CONTRACTS, schedule + types.PIPELINES.lstrip("\n"))
    folder = shop.root / "landing" / "everything"
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(types.rows(), schema=types.SCHEMA), folder / "1.parquet")
    text = shop.done("sandbox", "verify", "--engine", job_engine)
    assert "alur-schedule-shop-load-sandbox: 2 pipelines, 1 dependency respected" in text
    assert "[OK] 1 start and 2 tables are the same" in text


DIFFERENT = """
from alur.scheduling import schedule

@schedule(cron="rate(1 day)", scope="downstream")
@pipeline(sources={"rows": files("*.csv", schema=Raw)}, target=Raw)
def load(rows):
    return rows

@pipeline(sources={"raw": Raw}, target=Place)
def place(raw):
    # A job's copy of the project lies elsewhere.
    where = "job" if "alur_project" in __file__ else "laptop"
    return raw.select("n", F.lit(where).alias("where"))

@pipeline(sources={"raw": Raw}, target=Count)
def count(raw):
    if "alur_project" in __file__:
        raise ValueError("not in a job")
    return raw.select("n")

@pipeline(sources={"count": Count}, target=Last)
def last(count):
    raise ValueError("nowhere")
"""


def test_differences_are_shown(shop):
    shop.declare(
        """
        class Raw(SilverTable, key="n"):
            n: int
        class Place(GoldTable, key="n"):
            n: int
            where: str
        class Count(GoldTable):
            n: int
        class Last(GoldTable):
            n: int
        """,
        DIFFERENT,
    )
    shop.land("a.csv", "n\n1\n2\n")
    code, text = shop.alur("sandbox", "verify", "--keep")
    assert code == 1, text
    assert "✗ alur-schedule-shop-load-sandbox: 4 pipelines, 2 dependencies respected" in text
    assert "count: here SUCCEEDED; in the sandbox FAILED: " in text
    assert "ValueError: not in a job" in text
    assert (
        "last: here FAILED: last raised ValueError: nowhere; in the sandbox did not start" in text
    )
    assert "✓ silver.raw: 2 rows here, 2 in the sandbox" in text
    assert "✗ gold.place: 2 rows here, 2 in the sandbox\n      2 rows differ\n" in text
    assert "      n=1: where is laptop here and job in the sandbox\n" in text
    assert "✗ gold.count: 2 rows here, 0 in the sandbox\n      written only here\n" in text
    assert "✓ gold.last: 0 rows here, 0 in the sandbox" in text
    assert "[ERROR] 3 differences" in text
    # --keep leaves it up.
    assert shop.csv("place") == ["1,job", "2,job"]
    code, text = shop.alur("sandbox", "verify")
    assert code == 1
    assert "the sandbox is up already" in text


def test_a_column_that_does_not_exist_cannot_be_left_out(shop):
    shop.declare(
        "class Raw(SilverTable):\n    n: int\n", DIFFERENT.partition('@pipeline(sources={"raw"')[0]
    )
    code, text = shop.alur("sandbox", "verify", "--ignore", "silver.raw.when")
    assert code == 1
    assert "silver.raw has no column 'when'\n  fix: name it as layer.table.column" in text
    code, text = shop.alur("sandbox", "verify", "--ignore", "when")
    assert code == 1
    assert "--ignore 'when' names no table\n  fix: name a column as layer.table.column" in text
    assert not (shop.root / ".alur" / "sandbox").exists()
