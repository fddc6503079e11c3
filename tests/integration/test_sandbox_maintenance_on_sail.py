"""``alur maintain --env sandbox`` on Sail, which has none of Iceberg's procedures: the same outcome for users."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandboxed import SandboxProject
from tests.terraform import needs_provider

pytestmark = needs_provider

TOML = """
[project]
name = "shop"
[env.sandbox]
job_roles = "pipeline"
gold_keep = "1 hour"
"""
CONTRACTS = """
class Sale(BronzeTable, partition_by="shop"):
    n: int
    shop: str
    price: Decimal | None = Field(max_digits=9, decimal_places=2)
    marks: list[str | None]
class Total(GoldTable):
    n: int
class Never(GoldTable):
    n: int
"""
PIPELINES = """
class Line(BaseModel):
    n: int
    shop: str
    price: Decimal | None = Field(max_digits=9, decimal_places=2)

@pipeline(sources={"rows": files("sales/*.csv", schema=Line)}, target=Sale, mode="append")
def load_sales(rows):
    return rows.withColumn("marks", F.array("shop", F.lit(None)))

@pipeline(sources={"rows": files("*.csv", schema=Total)}, target=Total)
def load(rows):
    return rows

@pipeline(sources={"rows": files("never/*.csv", schema=Never)}, target=Never)
def load_never(rows):
    return rows
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProject]:
    project = SandboxProject(tmp_path_factory.mktemp("sandbox") / "shop", engines=None)  # type: ignore[arg-type]
    project.declare(CONTRACTS, PIPELINES).write({"alur.toml": TOML})
    try:
        project.done("sandbox", "up")
        project.done("deploy", "--env", "sandbox", "--auto-approve")
        yield project
    finally:
        project.close()


def run(shop: SandboxProject) -> None:
    """Run the jobs of both tables."""
    for pipeline in ("load_sales", "load"):
        shop.done("run", pipeline, "--env", "sandbox")


def pointer(shop: SandboxProject, table: str) -> tuple[str, str]:
    """Return the bucket and the key of a table's metadata file."""
    layer, _, name = table.partition(".")
    entry = shop.client("glue").get_table(DatabaseName=f"shop_sandbox_{layer}", Name=name)["Table"]
    bucket, _, key = entry["Parameters"]["metadata_location"].removeprefix("s3://").partition("/")
    return bucket, key


def metadata(shop: SandboxProject, table: str) -> Any:
    bucket, key = pointer(shop, table)
    return json.load(shop.client("s3").get_object(Bucket=bucket, Key=key)["Body"])


def age(shop: SandboxProject, table: str, hours: int) -> None:
    """Make a table's commits older, as if they had been so long ago."""
    bucket, key = pointer(shop, table)
    content = metadata(shop, table)
    for entry in (*content["snapshots"], *content["snapshot-log"]):
        entry["timestamp-ms"] -= hours * 3_600_000
    shop.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(content))


def objects(shop: SandboxProject, table: str) -> dict[str, int]:
    """Return the size of each of a table's objects."""
    layer, _, name = table.partition(".")
    listed = shop.client("s3").list_objects_v2(
        Bucket=f"alur-shop-{layer}-sandbox", Prefix=f"tables/{name}/"
    )
    return {one["Key"]: one["Size"] for one in listed["Contents"]}


def data_files(shop: SandboxProject, table: str) -> int:
    """Return the number of data files that a table's current snapshot counts."""
    found = metadata(shop, table)
    (current,) = (s for s in found["snapshots"] if s["snapshot-id"] == found["current-snapshot-id"])
    return int(current["summary"]["total-data-files"])


def sales(shop: SandboxProject) -> list[tuple[Any, ...]]:
    return shop.rows("sale", "n", "shop", "price", "marks", "_source_file", "_run_id")


def test_small_files_become_one_and_old_snapshots_go(shop: SandboxProject) -> None:
    for n in range(2):
        shop.land(f"sales/{n}.csv", f"n,shop,price\n{n},a,1.{n}0\n{n + 10},b,\n")
        shop.land("total.csv", f"n\n{n}\n")
        run(shop)
    before, total = sales(shop), objects(shop, "gold.total")
    assert [(n, at) for n, at, *_ in before] == [(0, "a"), (1, "a"), (10, "b"), (11, "b")]
    assert data_files(shop, "bronze.sale") == 4
    age(shop, "gold.total", 2)
    shop.land("sales/later.csv", "n,shop,price\n99,c,\n")
    code, text = shop.alur("maintain", "sale", "total", "never", "--env", "sandbox", "--json")
    failure, sale, gold = map(json.loads, text.splitlines())
    assert failure["error"]["message"] == "the table gold.never has never been written"
    assert code == 1

    assert (sale["table"], sale["files_before"], sale["files_after"]) == ("bronze.sale", 4, 2)
    assert (sale["snapshots_before"], sale["snapshots_after"]) == (2, 3)
    assert sale["bytes_after"] == sum(objects(shop, "bronze.sale").values())
    assert sales(shop) == before
    assert data_files(shop, "bronze.sale") == 2

    # The last one was current until now.
    assert (gold["snapshots_before"], gold["snapshots_after"]) == (2, 1)
    kinds = (".parquet", ".avro")
    files = [
        [k for k in objects if k.endswith(kinds)]
        for objects in (total, objects(shop, "gold.total"))
    ]
    # Of each snapshot: a data file, a manifest, and their list.
    assert [len(found) for found in files] == [6, 3]
    assert shop.csv("total") == ["1"]
    logs = shop.done("logs", "--env", "sandbox")
    assert "Maintained " in logs
    assert "not authorized" not in logs


def test_the_next_run_writes_upon_it_and_takes_no_file_again(shop: SandboxProject) -> None:
    before = sales(shop)
    text = shop.done("maintain", "--env", "sandbox")
    assert "  ✓ bronze.sale: 2 data files, " in text
    assert "never" not in text
    run(shop)
    added = [row for row in sales(shop) if row not in before]
    assert [(n, at, file) for n, at, *_, file, _ in added] == [(99, "c", "sales/later.csv")]
    assert len(sales(shop)) == len(before) + 1
