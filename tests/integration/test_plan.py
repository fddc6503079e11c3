"""``alur plan`` on this machine: what a change of the project does, in words, before anything runs."""

import json
import re
from dataclasses import dataclass

import pytest

from alur.cli.plan_forms import as_text
from alur.operations import plan_changes, run
from alur.operations.events import Succeeded
from alur.runtime.plan_facts import project_facts
from tests.command import alur
from tests.conftest import isolated_imports
from tests.tiny_project import TinyProject

CONTRACTS = """
class Raw(BronzeTable):
    id: Int32
    amount: Decimal = Field(max_digits=10, decimal_places=2)
    shop: str
    note: str | None

class Orders(SilverTable, key="id"):
    id: Int32
    amount: Decimal = Field(max_digits=10, decimal_places=2)
    shop: str
    note: str | None

class Daily(GoldTable, key="shop"):
    shop: str
    total: float
    orders: int

class Best(GoldTable, key="shop"):
    shop: str
    total: float

class Size(GoldTable):
    n: int
"""
PIPELINES = """
@pipeline(sources={"rows": files("*.csv", schema=Raw)}, target=Raw, mode="append")
def load(rows):
    return rows

@pipeline(sources={"raw": Raw}, target=Orders, mode="merge")
def clean(raw):
    return raw.where("amount > 0").select("id", "amount", "shop", "note")

@pipeline(sources={"orders": Orders}, target=Daily)
def daily(orders):
    figures = orders.groupBy("shop")
    return figures.agg(F.sum("amount").cast("double").alias("total"), F.count("id").alias("orders"))

@pipeline(sources={"daily": Daily}, target=Best)
def best(daily):
    return daily.where("total > 10").select("shop", "total")

@pipeline(sources={"orders": Orders}, target=Size)
def size(orders):
    return orders.agg(F.count(F.lit(1)).alias("n"))
"""
FILE = "id,amount,shop,note\n1,10.00,a,x\n2,20.00,b,\n3,0.00,b,\n"


@dataclass(frozen=True)
class Change:
    """A change of the project, and what the plan must say of it.

    Attributes:
        edits: texts of the project and what replaces them.
        words: lines that the plan has, without their indentation.
        to_run: the pipelines that need a run.
        silent: words that the plan must not have.
    """

    edits: dict[str, str]
    words: tuple[str, ...]
    to_run: str = ""
    exit_code: int = 2
    silent: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    added: str = ""


MERGED = "mode merge: only rows of later runs differ, the others stay"
DOUBLED = {'F.sum("amount")': 'F.sum(F.col("amount") * 2)'}
ORDERS = 'class Orders(SilverTable, key="id"):\n    id: Int32\n'

CHANGES = {
    "nothing": Change({}, ("No changes: local is as the project declares it",), exit_code=0),
    "names and comments": Change(
        {
            'figures = orders.groupBy("shop")': 'by_shop = orders.groupBy("shop")  # each',
            "figures.agg": "by_shop.agg",
        },
        (
            "5 pipelines with other code and the same meaning: no run needed",
            "No changes: local is as the project declares it",
        ),
        exit_code=0,
    ),
    "columns at other places": Change(
        {"    total: float\n    orders: int\n": "    orders: int\n    total: float\n"},
        (
            "5 pipelines with other code and the same meaning: no run needed",
            "No changes: local is as the project declares it",
        ),
        exit_code=0,
    ),
    "a value": Change(
        DOUBLED,
        (
            "~ daily no longer means what its last run meant",
            "gold.daily: total differs",
            "~ best: gold.best: rows and all columns may differ",
            "gold.daily: 2 rows",
            "2 pipelines need a run: alur run --changed --env local",
        ),
        "daily best",
        silent=("gold.size",),
    ),
    "a value that nobody reads": Change(
        {'F.count("id")': 'F.countDistinct("id")'},
        ("gold.daily: orders differs", "1 pipeline needs a run: alur run --changed --env local"),
        "daily",
        silent=("Downstream", "gold.best", "gold.size"),
    ),
    "which rows": Change(
        {"amount > 0": "amount > 15"},
        (
            "~ clean no longer means what its last run meant",
            "silver.orders: rows and all columns may differ",
            MERGED,
            "~ daily: gold.daily: rows and all columns may differ",
            "~ best: gold.best: rows and all columns may differ",
            "~ size: gold.size: rows and all columns may differ",
            "silver.orders: at most 2 rows",
            "together at most 6 rows",
        ),
        "clean daily size best",
    ),
    "the mode": Change(
        {'target=Raw, mode="append"': 'target=Raw, mode="overwrite"'},
        ("~ load no longer means what its last run meant", "bronze.raw: 3 rows"),
        "load clean daily size best",
    ),
    "a new column": Change(
        {
            "    total: float\n    orders: int": "    total: float\n    orders: int\n    note: str | None",
            '.alias("orders"))': '.alias("orders"), F.max("note").alias("note"))',
        },
        (
            "± gold.daily: its next run replaces the table",
            "note was added",
            "gold.daily: note differs",
        ),
        "daily",
        silent=("breaking", "Downstream"),
    ),
    "a nullable column of a merge": Change(
        {ORDERS: ORDERS + "    extra: str | None\n"},
        (
            "~ silver.orders: follows its contract in its next run",
            "extra was added",
            "! clean: its next run will be refused",
            "no column 'extra', which Orders has",
            "fix: return it; the columns returned are id, amount, shop, note",
            "4 pipelines with other code and the same meaning: no run needed",
            "Refused: the next run of clean",
        ),
        "clean",
        exit_code=1,
        silent=("breaking", "Downstream", "written again"),
    ),
    "a wider type of a merge": Change(
        {ORDERS: ORDERS.replace("Int32", "int")},
        (
            "~ silver.orders: its next run writes all of its rows again",
            "id: int became bigint",
            "silver.orders: 2 rows",
            "silver.orders: id differs",
            "gold.daily: orders differs",
        ),
        "clean daily",
        silent=("breaking", "at most 2 rows"),
    ),
    "a narrower type of a merge": Change(
        {
            "    shop: str\n    note: str | None\n\nclass Daily": "    shop: date\n    note: str | None\n\nclass Daily",
            '"id", "amount", "shop", "note"': '"id", "amount", F.col("shop").cast("date").alias("shop"), "note"',
        },
        (
            "! silver.orders: breaking change, and mode merge keeps rows that do not fit",
            "shop: string became date (breaking)",
            "reaches the rows of gold.daily (daily)",
            "reaches the rows of gold.best (best)",
            "with --allow-breaking silver.orders and rebuild the table",
            "Refused: breaking changes of silver.orders",
        ),
        "clean daily best",
        exit_code=1,
        silent=("gold.size",),
    ),
    "a narrower type of a merge, allowed": Change(
        {
            ORDERS: ORDERS.replace("Int32", "str"),
            '"id", "amount"': 'F.col("id").cast("string").alias("id"), "amount"',
        },
        (
            "! silver.orders: breaking change, allowed: its next run is refused until it is rebuilt",
            "id: int became string (breaking)",
            "reaches gold.daily: orders (daily)",
        ),
        "clean daily",
        allowed=("orders",),
    ),
    "a column dropped from an overwrite": Change(
        {
            "    total: float\n    orders: int": "    total: float",
            ', F.count("id").alias("orders")': "",
        },
        (
            "± gold.daily: its next run replaces the table",
            "orders was dropped (breaking)",
            "no column of the project comes from it; other readers may need it",
        ),
        "daily",
    ),
    "a required column of an append": Change(
        {"    note: str | None\n\nclass Orders": "    note: str\n\nclass Orders"},
        (
            "! bronze.raw: breaking change, and mode append keeps rows that do not fit",
            "note became required (breaking)",
            "reaches silver.orders: note (clean)",
        ),
        "load",
        exit_code=1,
    ),
    "other partitions": Change(
        {
            'class Daily(GoldTable, key="shop")': 'class Daily(GoldTable, key="shop", partition_by="shop")'
        },
        ("± gold.daily: its next run replaces the table", "partitioned by shop instead of nothing"),
        "daily",
    ),
    "a new pipeline": Change(
        {},
        ("+ 1 table does not exist yet", "gold.worst", "+ 1 pipeline has never run", "worst"),
        "worst",
        added='\n@pipeline(sources={"daily": Daily}, target=Worst)\ndef worst(daily):\n    return daily.select("shop")\n',
    ),
    "another name": Change(
        {"def size(": "def number("},
        ("number", "No changes: local is as the project declares it"),
        exit_code=0,
    ),
    "another name and meaning": Change(
        {"def size(": "def number(", "F.count(F.lit(1))": "F.max(F.lit(1))"},
        (
            "~ number may mean something else than its last run did",
            "the pipeline size has written the table",
        ),
        "number",
    ),
    "a function that needs rows": Change(
        {"    return orders.agg": "    assert orders.count()\n    return orders.agg"},
        ("! size: without rows, ", "~ size no longer means what its last run meant"),
        "size",
    ),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Yield a project whose pipelines have all run."""
    project = TinyProject(tmp_path_factory.mktemp("plan") / "shop", None)
    project.declare(CONTRACTS, PIPELINES).land("1.csv", FILE)
    with isolated_imports():
        assert run(project.load())
        yield project


def declared(shop, change):
    """Declare the project with a change."""
    texts = [CONTRACTS, PIPELINES + change.added]
    if change.added:
        texts[0] += "\nclass Worst(GoldTable):\n    shop: str\n"
    for old, new in change.edits.items():
        assert sum(text.count(old) for text in texts) == 1, old
        texts = [text.replace(old, new) for text in texts]
    return shop.declare(*texts)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_plan_says_what_a_change_does(shop, change):
    plan = plan_changes(declared(shop, change).load(), allow_breaking=change.allowed)
    lines = text_of(plan)
    assert max(map(len, lines)) <= 80
    text = " ".join(line.strip() for line in lines)
    for words in change.words:
        assert words in text, "\n".join(lines)
    for words in change.silent:
        assert words not in text, "\n".join(lines)
    assert " ".join(plan.to_run) == change.to_run
    assert plan.exit_code == change.exit_code


def text_of(plan):
    """Return the lines of a plan as in a terminal without colours."""
    return [re.sub("[\ufdd0-\ufdef]", "", line) for line in as_text(plan)]


@pytest.fixture
def changed(project):
    """Return a function that declares a project and runs pipelines as ``alur run`` does, by default all."""
    project.land("1.csv", FILE)

    def declare_and_run(*names, **edits):
        texts = CONTRACTS, PIPELINES
        for old, new in edits.items():
            texts = tuple(text.replace(old, new) for text in texts)
        loaded = project.declare(*texts).load()
        ends = []
        assert run(loaded, names or None, observe=ends.append)
        return {end.pipeline: end for end in ends if isinstance(end, Succeeded)}

    return declare_and_run


def test_each_commit_records_what_its_pipeline_meant(project, changed):
    changed()
    summary = project.table("gold.daily").current_snapshot().summary
    facts = project_facts(project.as_declared())["daily"]
    assert summary["alur.plan"].startswith(f"{facts.fingerprint}.")
    # One part for the rows, and one for each column.
    assert len(summary["alur.plan"]) == 16 + 1 + 4 * (1 + 3)


def test_a_run_that_finds_its_rows_in_place_records_its_meaning_too(project, changed):
    changed()
    ends = changed("daily", cast="cast('decimal(30,2)').cast")
    assert ends["daily"].commit is None
    plan = plan_changes(project.load())
    assert not plan.has_changes, text_of(plan)


def test_what_has_not_run_since_its_source_changed_still_needs_a_run(project, changed):
    changed()
    changed("daily", **DOUBLED)
    plan = plan_changes(project.load())
    assert plan.to_run == ("best",)
    assert not plan.pipelines
    assert "~ best: gold.best: rows and all columns may differ" in map(str.strip, text_of(plan))
    changed("best", **DOUBLED)
    assert not plan_changes(project.load()).has_changes


def test_a_table_that_another_program_has_changed_is_named(project, changed):
    changed()
    table = project.table("gold.size")
    table.append(table.scan().to_arrow())
    plan = plan_changes(project.load())
    assert plan.to_run == ("size",)
    text = "another program has changed the table since its last run"
    assert text in map(str.strip, text_of(plan))


def test_a_table_that_cannot_be_read_makes_the_plan_incomplete(project, changed):
    changed()
    folder = project.root / ".alur" / "warehouse" / "gold" / "size" / "metadata"
    for file in folder.glob("*.metadata.json"):
        file.unlink()
    done = alur(project.root, "plan", "--env", "local")
    assert done.returncode == 1
    assert "gold.size: the metadata of gold.size cannot be read" in done.stdout
    assert done.stdout.endswith("The plan is not complete\n")


@pytest.mark.parametrize("form", ["--json", "--markdown"])
def test_the_command_prints_one_document_and_exits_with_the_verdict(shop, form):
    declared(shop, CHANGES["a value"])
    done = alur(shop.root, "plan", "--env", "local", form)
    assert (done.returncode, done.stderr) == (2, "")
    if form == "--json":
        plan = json.loads(done.stdout)
        assert plan["to_run"] == ["daily", "best"]
        assert plan["pipelines"][0]["difference"]["columns"] == ["total"]
        assert (plan["has_changes"], plan["exit_code"]) == (True, 2)
    else:
        assert done.stdout.startswith("### Plan of shop for local\n\n**2 pipelines need a run:")
        assert "- `~` daily no longer means what its last run meant\n" in done.stdout
    declared(shop, CHANGES["nothing"])
    assert alur(shop.root, "plan", "--env", "local", form).returncode == 0


def test_two_forms_at_once_are_refused(project):
    project.declare(CONTRACTS, PIPELINES)
    done = alur(project.root, "plan", "--env", "local", "--json", "--markdown")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Give only one of --json and --markdown." in done.stderr


def test_before_the_first_run_everything_is_new(project):
    project.declare(CONTRACTS, PIPELINES)
    done = alur(project.root, "plan", "--env", "local")
    assert done.returncode == 2
    assert "+ 5 tables do not exist yet" in done.stdout
    assert "+ 5 pipelines have never run" in done.stdout
    assert not (project.root / ".alur" / "warehouse").exists()


def test_run_changed_runs_what_the_plan_names_and_nothing_else(project, changed):
    changed()
    before = project.snapshots()
    text = PIPELINES
    for old, new in DOUBLED.items():
        text = text.replace(old, new)
    project.declare(CONTRACTS, text)
    done = alur(project.root, "run", "--changed", "--env", "local")
    assert done.returncode == 0, done.stderr
    assert "Running 2 pipelines on this machine" in done.stdout
    after = project.snapshots()
    assert {name for name, ids in after.items() if ids != before[name]} == {
        "gold.daily",
        "gold.best",
    }
    assert project.rows("gold.daily", "shop", "total") == [("a", 20.0), ("b", 40.0)]
    done = alur(project.root, "run", "--changed", "--env", "local")
    assert (done.returncode, done.stdout) == (0, "[OK] No pipeline needs a run\n")
    done = alur(project.root, "run", "--changed", "--all")
    assert done.returncode == 2


def test_without_credentials_the_plan_says_so(project):
    project.declare(CONTRACTS, PIPELINES).write(
        {"alur.toml": '[project]\nname = "shop"\n[env.dev]\n'}
    )
    done = alur(
        project.root, "plan", "--env", "dev", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY=""
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "fix: provide credentials" in done.stderr
