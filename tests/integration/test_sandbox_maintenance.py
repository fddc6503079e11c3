"""Jobs on Spark, each with a role of its own, keep their tables small in the sandbox."""

import json
import random

import pytest

from tests.sandboxed import SandboxProject, needs_spark
from tests.terraform import needs_provider

pytestmark = [needs_provider, needs_spark]

TOML = """
[project]
name = "shop"
[env.sandbox]
job_roles = "pipeline"
gold_keep = "1 hour"
"""
CONTRACTS = """
class Total(GoldTable):
    n: int
class Sale(BronzeTable):
    n: int
class Never(GoldTable):
    n: int
class Item(BronzeTable, key="id", partition_by=truncate(1_000, "id")):
    id: int
    payload: str
class Elsewhere(GoldTable):
    n: int
"""
PIPELINES = """
@pipeline(sources={"rows": files("sales/*.csv", schema=Sale)}, target=Sale, mode="append")
def load_sales(rows):
    return rows.repartition(5)

@pipeline(sources={"items": files("items/*.csv", schema=Item)}, target=Item, mode="merge")
def load_items(items):
    return items

@pipeline(sources={"rows": files("*.csv", schema=Never)}, target=Never)
def load_never(rows):
    return rows

@pipeline(sources={"rows": files("*.csv", schema=Total)}, target=Total)
def load(rows):
    return rows
"""
BUCKET, PREFIX = "alur-shop-gold-sandbox", "tables/total/"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    project = SandboxProject(tmp_path_factory.mktemp("sandbox") / "shop", engines=None)
    project.declare(CONTRACTS, PIPELINES).write({"alur.toml": TOML})
    project.done("sandbox", "up", "--engine", "spark")
    project.land("total.csv", "n\n0\n")
    project.done("deploy", "--env", "sandbox", "--auto-approve")
    yield project
    project.close()


def run(shop, n):
    shop.land("total.csv", f"n\n{n}\n")
    shop.done("run", "load", "--env", "sandbox")


def metadata(shop):
    """Return the key of the table's metadata file, and its content."""
    glue, s3 = shop.client("glue"), shop.client("s3")
    table = glue.get_table(DatabaseName="shop_sandbox_gold", Name="total")["Table"]
    key = table["Parameters"]["metadata_location"].removeprefix(f"s3://{BUCKET}/")
    return key, json.load(s3.get_object(Bucket=BUCKET, Key=key)["Body"])


def age(shop, hours):
    """Make the table's commits older, as if they had been so long ago."""
    key, content = metadata(shop)
    for entry in (*content["snapshots"], *content["snapshot-log"]):
        entry["timestamp-ms"] -= hours * 3_600_000
    shop.client("s3").put_object(Bucket=BUCKET, Key=key, Body=json.dumps(content))


def files(shop, kind):
    """Return the keys of the table's files of a kind."""
    listed = shop.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=PREFIX).get("Contents", ())
    return {one["Key"] for one in listed if one["Key"].endswith(kind)}


def test_old_snapshots_go_with_their_files(shop):
    for n in range(2):
        run(shop, n)
    before = files(shop, ".parquet")
    age(shop, 26)
    run(shop, 2)
    _, content = metadata(shop)
    # The first had been replaced for a day; the second was current until now.
    assert len(content["snapshots"]) == 2
    after = files(shop, ".parquet")
    assert (len(before), len(after), len(before & after)) == (2, 2, 1)
    lists = {one["manifest-list"].removeprefix(f"s3://{BUCKET}/") for one in content["snapshots"]}
    assert {key for key in files(shop, ".avro") if "/snap-" in key} == lists
    assert shop.csv("total") == ["2"]
    logs = shop.done("logs", "--env", "sandbox")
    assert "not authorized" not in logs
    assert "stay:" not in logs


def test_alur_maintain(shop):
    """The jobs take no landing file, and call no function."""
    for first, rows in ((0, 1), (10, 5)):
        shop.land(
            f"sales/{first}.csv", "n\n" + "".join(f"{n}\n" for n in range(first, first + rows))
        )
        shop.done("run", "load_sales", "--env", "sandbox")
    shop.land("sales/later.csv", "n\n99\n")
    before = sorted(shop.csv("sale"))
    code, text = shop.alur("maintain", "sale", "elsewhere", "never", "--env", "sandbox", "--json")
    *failures, outcome = map(json.loads, text.splitlines())
    assert [event["error"]["message"] for event in failures] == [
        "no pipeline of the project writes gold.elsewhere, so no job can maintain it",
        "the table gold.never has never been written",
    ]
    assert code == 1
    assert (outcome["table"], outcome["files_before"], outcome["files_after"]) == (
        "bronze.sale",
        6,
        1,
    )
    assert (outcome["snapshots_before"], outcome["snapshots_after"]) == (2, 3)
    assert (outcome["orphans"], outcome["bytes_after"]) == (0, size(shop, "bronze", "sale"))
    assert sorted(shop.csv("sale")) == before
    # Everything that has been written.
    text = shop.done("maintain", "--env", "sandbox")
    assert "  ✓ bronze.sale: 1 data file, " in text
    assert "elsewhere" not in text
    assert "never" not in text
    logs = shop.done("logs", "--env", "sandbox")
    assert "Deleted 0 files that no snapshot needed" in logs
    assert "not authorized" not in logs
    maintaining = ("maintain", "sale", "--env", "sandbox")
    running = ("run", "load_sales", "--env", "sandbox")
    at_once(shop, maintaining, running)
    shop.land("sales/last.csv", "n\n100\n")
    at_once(shop, running, maintaining)
    numbers = sorted(int(line.split(",")[0]) for line in shop.csv("sale"))
    assert numbers == [0, 10, 11, 12, 13, 14, 99, 100]


def at_once(shop, *commands):
    """Start commands one after the other without waiting, and see that all succeed."""
    started = [shop.start(*command) for command in commands]
    for process in started:
        text, _ = process.communicate()
        assert process.returncode == 0, text


def size(shop, layer, table):
    listed = shop.client("s3").list_objects_v2(
        Bucket=f"alur-shop-{layer}-sandbox", Prefix=f"tables/{table}/"
    )
    return sum(one["Size"] for one in listed["Contents"])


def test_a_merge_moves_bytes_in_proportion_to_the_change(shop):
    """Eight partitions have a file each; payloads do not compress below half their size."""
    shop.land("items/all.csv", items(range(8_000)))
    merged(shop)
    file = size(shop, "bronze", "item") / 8
    shop.land("items/one.csv", items([3_500]))
    one = merged(shop)
    shop.land("items/some.csv", items(range(500, 8_000, 1_000)))
    some = merged(shop)
    assert file > 100_000
    assert one["bytes_uploaded"] < 1.5 * file
    assert some["bytes_uploaded"] - one["bytes_uploaded"] > 6.5 * file
    assert some["bytes_downloaded"] - one["bytes_downloaded"] > 6.5 * file
    assert (one["put"], one["list"]) > (0, 0)


def items(ids):
    return "id,payload\n" + "".join(f"{n},{random.randbytes(128).hex()}\n" for n in ids)


def merged(shop):
    """Run the merge; return what it has requested of S3."""
    shop.done("run", "load_items", "--env", "sandbox")
    status = json.loads(shop.done("sandbox", "status", "--json"))
    (job,) = (job for job in status["jobs"] if job["pipeline"] == "load_items")
    assert job["state"] == "SUCCEEDED"
    return job["requests"]
