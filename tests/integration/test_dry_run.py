"""Mistakes found without a row are those that a run would find; what depends on rows is left to the run."""

from __future__ import annotations

import pytest

from alur.runtime.dry_run import dry_runs
from tests.command import alur
from tests.tiny_project import TinyProject

CONTRACTS = """
    class Shops(BronzeTable):
        id: int
        name: str
"""
PIPELINES = """
    @pipeline(sources={"shops": files("shops/*.csv", schema=Shops)}, target=Shops)
    def load(shops):
        return shops
"""
MISTAKES = {
    "missing_column": (
        'orders.select("id", F.col("amuont").alias("amount"))',
        "column 'amuont' does not exist",
        "did you mean 'amount'?",
    ),
    "in_sql_text": (
        'orders.selectExpr("id", "amuont * 2 AS amount")',
        "column 'amuont' does not exist",
        "did you mean 'amount'?",
    ),
    "ambiguous": (
        'orders.join(orders.withColumn("x", F.lit(1)), "id").select("id", "amount")',
        "column 'amount' is the name of several columns",
        "rename it in one frame before the join, or name its frame, as in orders['id']",
    ),
    "join_key": (
        'orders.join(shops, "shop").select("id", "amount")',
        "column 'shop' of the join's right side does not exist",
        "the columns are _ingested_at, _run_id, _source_file, id, name",
    ),
    "asked_inside": (
        'orders.select("amuont", "id").toDF(*orders.select("amuont").columns)',
        "column 'amuont' does not exist",
        "did you mean 'amount'?",
    ),
    "not_returned": (
        'orders.select("id")',
        "no column 'amount', which NotReturned has",
        "return it; the columns returned are id",
    ),
    "returned_besides": (
        'orders.select("id", "amount", F.lit(1).alias("n"))',
        "ReturnedBesides has no column 'n'",
        "drop it with .select(...), or declare it in ReturnedBesides",
    ),
    "another_type": (
        'orders.select("id", F.lit(True).alias("amount"))',
        "column 'amount' is boolean, which cannot become AnotherType's bigint",
        "convert it in the pipeline, or change the contract",
    ),
    "no_frame": (
        "None",
        "returned nothing (is there a return?), not a Spark DataFrame",
        "return the target's rows as a DataFrame",
    ),
    "python": (
        "orders.selct('id')",
        "raised AttributeError: 'DataFrame' object has no attribute 'selct'",
        "correct the line; alur --debug run shows the whole traceback",
    ),
}
"""What a function returns; what is wrong with that; and what helps."""

LEFT_TO_THE_RUN = {
    "first_row": 'orders.filter(F.col("amount") > orders.first().amount).select("id", "amount")',
    "unknown_to_sail": 'orders.select("id", F.expr("no_such_function(amount)").alias("amount"))',
}


def declare(project: TinyProject, returned: dict[str, str]) -> None:
    contracts, pipelines = CONTRACTS, PIPELINES
    for name, expression in returned.items():
        target = name.title().replace("_", "")
        contracts += f"""
    class Of{target}(BronzeTable):
        id: int
        shop: str
        amount: int

    class {target}(SilverTable):
        id: int
        amount: int
"""
        pipelines += f"""
    @pipeline(sources={{"orders": files("orders/*.csv", schema=Of{target}), "shops": Shops}}, target={target})
    def {name}(orders, shops):
        orders = orders.filter("amount > 0")
        return {expression}
"""
    project.declare(contracts, pipelines)
    project.land("orders/1.csv", "id,shop,amount\n1,a,3\n")
    project.land("shops/1.csv", "id,name\n1,a\n")


@pytest.mark.parametrize("engine", ["sail"])
def test_a_run_raises_what_was_found(project: TinyProject) -> None:
    declare(project, {name: returned for name, (returned, _, _) in MISTAKES.items()})
    problems = {found.pipeline: found.problem for found in dry_runs(project.load(), "auto")}
    assert problems.pop("load") is None
    outcomes = project.run()
    for name, (returned, message, remedy) in MISTAKES.items():
        problem = problems[name]
        assert problem is not None, name
        assert problem.message.removeprefix(name).lstrip(": ") == message, name
        assert problem.remedy == remedy, name
        error = outcomes.error(name)
        assert (error.message, error.where, error.remedy) == (
            problem.message,
            problem.where,
            problem.remedy,
        ), name
        lines = (project.root / "pipelines.py").read_text().splitlines()
        line = lines[problem.where.line - 1] if problem.where else ""
        assert f"return {returned}" in line or f"def {name}(" in line, name


@pytest.mark.parametrize("engine", ["sail"])
def test_what_depends_on_rows_or_on_spark_is_no_mistake(project: TinyProject) -> None:
    declare(project, LEFT_TO_THE_RUN)
    for found in dry_runs(project.load(), "auto"):
        assert found.problem is None, found
        if found.pipeline == "first_row":
            assert found.engine is None
            assert "looks at its rows" in (found.undecided or "")


def test_validate_shows_mistakes_with_their_line(project: TinyProject) -> None:
    declare(project, {"missing_column": MISTAKES["missing_column"][0]})
    project.write({"alur.toml": '[project]\nname = "shop"\n[env.dev]\n'})
    _, line = project.line_of("pipelines.py", "amuont")
    ended = alur(project.root, "validate")
    assert ended.returncode == 1
    assert (
        f"✗ pipelines.py:{line}: missing_column: column 'amuont' does not exist\n"
        "      fix: did you mean 'amount'?\n"
    ) in ended.stdout
    assert "1 problem found" in ended.stdout
    unchecked = alur(project.root, "validate", "--no-engine")
    assert unchecked.returncode == 0, unchecked.stdout
    assert "Engine" not in unchecked.stdout
