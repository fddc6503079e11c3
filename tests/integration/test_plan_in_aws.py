"""``alur plan``, ``alur deploy`` and ``alur run --changed`` in a sandbox: one deployed project, changed again and again."""

import json

import pytest

from tests.sandboxed import SandboxProject
from tests.terraform import needs_provider

pytestmark = needs_provider

CONTRACTS = """
class Raw(BronzeTable):
    id: Int32
    amount: float
    shop: str

class Orders(SilverTable, key="id"):
    id: Int32
    amount: float
    shop: str

class Daily(GoldTable, key="shop"):
    shop: str
    total: float
    orders: int

class Best(GoldTable, key="shop"):
    shop: str
    total: float
"""
PIPELINES = """
from alur.scheduling import schedule

@pipeline(sources={"rows": files("*.csv", schema=Raw)}, target=Raw, mode="append")
def load(rows):
    return rows

@pipeline(sources={"raw": Raw}, target=Orders, mode="merge")
def clean(raw):
    return raw.where("amount > 0").select("id", "amount", "shop")

@schedule(cron="cron(0 2 * * ? *)", description="Nightly")
@pipeline(sources={"orders": Orders}, target=Daily)
def daily(orders):
    figures = orders.groupBy("shop")
    return figures.agg(F.max("amount").alias("total"), F.count("id").alias("orders"))

@pipeline(sources={"daily": Daily}, target=Best)
def best(daily):
    return daily.where("total > 10").select("shop", "total")
"""
FILE = "id,amount,shop\n1,10.0,a\n2,20.0,b\n3,0.0,b\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Yield a project that is deployed to its sandbox, and whose jobs have all run."""
    project = SandboxProject(tmp_path_factory.mktemp("plan") / "shop", engines=None)
    project.declare(CONTRACTS, PIPELINES).land("1.csv", FILE)
    try:
        code, text = project.alur("plan", "--env", "sandbox")
        assert (code, "the sandbox is not up" in text) == (1, True), text
        project.done("sandbox", "up")
        first = project.alur("plan", "--env", "sandbox")
        project.first_plan = first
        project.done("deploy", "--env", "sandbox", "--auto-approve")
        project.done("run", "--all", "--env", "sandbox")
        yield project
    finally:
        project.close()


def declared(shop, edits):
    """Declare the project with changed texts."""
    texts = CONTRACTS, PIPELINES
    for old, new in edits.items():
        assert sum(text.count(old) for text in texts) == 1, old
        texts = tuple(text.replace(old, new) for text in texts)
    shop.declare(*texts)


def unbroken(text):
    """Return a text in one line, as it was before it was broken at 80 columns."""
    return " ".join(text.split())


def lines_of(text):
    return [line.strip() for line in text.splitlines()]


def test_an_environment_without_a_deployment_is_all_new(shop):
    code, text = shop.first_plan
    assert code == 2
    for words in (
        "+ 4 tables do not exist yet",
        "+ 4 pipelines have never run",
        "+ 4 Glue jobs",
        "+ 4 buckets",
        "Deploy: alur deploy --env sandbox; then 4 pipelines need a run: "
        "alur run --changed --env sandbox",
    ):
        assert words in unbroken(text), text


def test_after_a_deployment_and_a_run_of_everything_nothing_changes(shop):
    assert shop.done("plan", "--env", "sandbox").endswith(
        "No changes: sandbox is as the project declares it\n"
    )


VALUE = {'F.max("amount")': 'F.min("amount")'}


def test_a_changed_value_runs_what_it_reaches_once_it_is_deployed(shop):
    declared(shop, VALUE)
    code, text = shop.alur("run", "--changed", "--env", "sandbox")
    assert code == 1
    assert "[ERROR] sandbox does not have the present code of daily" in text
    assert "fix: alur deploy --env sandbox" in text

    text = shop.done("deploy", "--env", "sandbox", "--auto-approve")
    for words in (
        "~ only the code changes, that of 4 Glue jobs",
        "~ daily no longer means what its last run meant",
        "gold.daily: total differs",
        "~ best: gold.best: rows and all columns may differ",
        "gold.daily: 2 rows (size not recorded) written again",
    ):
        assert words in unbroken(text), text
    text = shop.done("run", "--changed", "--env", "sandbox")
    assert [line for line in lines_of(text) if line.startswith("Starting Glue job")] == [
        "Starting Glue job: alur-shop-daily-sandbox",
        "Starting Glue job: alur-shop-best-sandbox",
    ]
    assert "[OK] No pipeline needs a run" in shop.done("run", "--changed", "--env", "sandbox")


def test_changed_objects_are_in_words_and_security_comes_first(shop):
    declared(
        shop,
        VALUE
        | {
            "target=Daily)": 'target=Daily, resource_profile="large")',
            '"cron(0 2 * * ? *)"': '"cron(0 3 * * ? *)"',
            'files("*.csv"': 'files("raw/*.csv"',
        },
    )
    folder = shop.root / ".alur" / "terraform" / "sandbox"
    (folder / "open_override.tf").write_text(OPEN)
    code, text = shop.alur("plan", "--env", "sandbox", "--json")
    assert code == 2, text
    plan = json.loads(text)
    (folder / "open_override.tf").unlink()
    found = [(c["name"], c["details"]) for c in plan["infrastructure"]["of_existing"]]
    assert found[0] == (
        "alur-shop-bronze-sandbox",
        ["block_public_policy: true \u2192 false"],
    )
    assert (
        "schedule_expression: cron(0 2 * * ? *) \u2192 cron(0 3 * * ? *)"
        in dict(found)["alur-schedule-shop-daily-sandbox"]
    )
    assert {"number_of_workers: 2 \u2192 10", "other code"} <= set(
        dict(found)["alur-shop-daily-sandbox"]
    )


OPEN = """
resource "aws_s3_bucket_public_access_block" "bronze" {
  block_public_policy = false
}
"""
BREAKING = {
    'class Orders(SilverTable, key="id"):\n    id: Int32': 'class Orders(SilverTable, key="id"):\n    id: str',
    '"id", "amount", "shop")': 'F.col("id").cast("string").alias("id"), "amount", "shop")',
}


def test_a_breaking_change_is_not_deployed_unless_allowed(shop):
    declared(shop, VALUE | BREAKING)
    code, text = shop.alur("deploy", "--env", "sandbox", "--auto-approve")
    assert code == 1
    for words in (
        "! silver.orders: breaking change, and mode merge keeps rows that do not fit",
        "reaches gold.daily: orders (daily)",
        "[ERROR] rows that stay do not fit the contract of silver.orders",
    ):
        assert words in unbroken(text), text
    allowed = ("--allow-breaking", "silver.orders")
    text = shop.done("deploy", "--env", "sandbox", "--plan-only", *allowed)
    assert "Nothing was applied (--plan-only)" in text


def test_without_terraform_the_rest_of_the_plan_is_there(shop):
    declared(shop, VALUE | {"total > 10": "total > 15"})
    code, text = shop.alur("plan", "--env", "sandbox", PATH="/nowhere")
    assert code == 1
    for words in (
        "~ best no longer means what its last run meant",
        "! terraform is not on the PATH",
        "The plan is not complete",
    ):
        assert words in unbroken(text), text
