"""Mistakes of users: one kind of error, with the line and a remedy, and unchanged tables."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from alur.errors import (
    AlurError,
    EngineError,
    QualityError,
    SchemaError,
    SourceError,
    TransformError,
)
from tests.child_process import child_environment
from tests.engines import each_engine

GOOD_CONTRACTS = """
    class Raw(BronzeTable):
        id: str
        amount: Decimal = Field(max_digits=8, decimal_places=2)
        day: date | None

    class Clean(SilverTable, key="id"):
        id: str = Field(pattern="^[A-Z]")
        amount: Decimal = Field(max_digits=8, decimal_places=2, ge=0)
"""
LOAD = """
    @pipeline(sources={"raw": files("raw/*.csv", schema=Raw)}, target=Raw, mode="append")
    def load(raw):
        return raw
"""
CLEAN = """
    @pipeline(sources={"raw": Raw}, target=Clean)
    def clean(raw):
        return raw.select("id", "amount")
"""
GOOD_CSV = "id,amount,day\nA,1.50,2024-01-01\nB,2,\n"


def problems(project):
    """Return each problem of a project; every one has a place and a remedy."""
    with pytest.raises(AlurError) as caught:
        project.load()
    error = caught.value
    listed = error.problems
    for problem in listed:
        assert problem.where, problem
        assert problem.remedy, problem
    return listed


def place(error):
    return error.where.path, error.where.line


@pytest.fixture
def filled(project):
    """Return a project after one successful run."""
    project.declare(GOOD_CONTRACTS, LOAD + CLEAN).land("raw/1.csv", GOOD_CSV)
    project.run().all_succeeded()
    return project


# --- mistakes found before anything runs ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contract", "line", "message", "remedy"),
    [
        (
            "class T(SilverTable):\n    n: set[int]",
            "set[int]",
            "no column type for set[int]",
            "list[T]",
        ),
        (
            "class T(SilverTable):\n    n: object",
            "n: obj",
            "no column type for object",
            "dict[str, T]",
        ),
        ("class T(SilverTable):\n    n: int | str", "n: int", "int | str", "T | None"),
        ("class T(SilverTable):\n    n: list", "n: list", "no column type for list", "list[T]"),
        (
            "class T(SilverTable):\n    n: dict[int, str]",
            "n: dict",
            "keys must be str",
            "dict[str, T]",
        ),
        (
            "class T(SilverTable):\n    n: Decimal",
            "n: Dec",
            "a bare Decimal has no size",
            "max_digits",
        ),
        (
            "class T(SilverTable):\n    n: Decimal = Field(max_digits=39, decimal_places=2)",
            "n: Dec",
            "decimal(39,2) is not a valid type",
            "1 to 38",
        ),
        (
            "class T(SilverTable):\n    n: str = Field(ge=1)",
            "n: str",
            "ge does not apply to string",
            "drop ge",
        ),
        (
            "class T(SilverTable):\n    n: int = Field(multiple_of=2)",
            "n: int",
            "multiple_of is not checked",
            "drop it",
        ),
        (
            "from typing import Annotated\nfrom alur import Tag\nclass T(SilverTable):\n    n: Annotated[str, Tag]",
            "n: Annotated",
            "Tag has no name",
            'Tag("pii")',
        ),
        ("class T(SilverTable):\n    n: Literal[1, 2]", "n: Lit", "not all strings", "use strings"),
        (
            "class T(SilverTable, key='m'):\n    n: int",
            "class T",
            "key 'm' is not a column",
            "one of the columns n",
        ),
        (
            "class T(SilverTable, key='n'):\n    n: int | None",
            "n: int",
            "key 'n' is nullable",
            "| None",
        ),
        (
            "class T(BronzeTable, key='_run_id'):\n    n: int",
            "class T",
            "key '_run_id' is not a column",
            "one of the columns n",
        ),
        (
            "class T(SilverTable, partition_by='m'):\n    n: int",
            "class T",
            "partition column 'm' is not a column",
            "one of the columns n",
        ),
        (
            "class T(SilverTable, partition_by=days('n')):\n    n: int",
            "n: int",
            "days(n) does not apply to bigint",
            "use days with date, timestamp",
        ),
        (
            "class T(SilverTable, partition_by=bucket(0, 'n')):\n    n: int",
            "class T",
            "bucket(0, n) has no width",
            "1 or more",
        ),
        (
            "class T(SilverTable, partition_by=['n', 'n']):\n    n: int",
            "class T",
            "partition field 'n' appears twice",
            "drop one",
        ),
        (
            "class T(SilverTable, partition_by=[days('at'), hours('at')]):\n    at: datetime",
            "class T",
            "days(at) and hours(at)",
            "keep the finer",
        ),
        (
            "class T(SilverTable, partition_by=days('at')):\n    at: datetime\n    at_day: int",
            "at_day",
            "partition field 'at_day' is also a column",
            "rename",
        ),
        ("class T(SilverTable, kye='n'):\n    n: int", "class T", "unknown keyword 'kye'", "key"),
        (
            "class T(SilverTable, keep='a week'):\n    n: int",
            "class T",
            "keep='a week' is not a time",
            "7 days",
        ),
        (
            "class T(SilverTable, keep_snapshots=0):\n    n: int",
            "class T",
            "keep_snapshots=0 is not a possible number",
            "from 1 to 10,000",
        ),
        ("class T(SilverTable):\n    pass", "class T", "no fields", "declare at least one"),
        (
            "class T(SilverTable, name='My-Table'):\n    n: int",
            "class T",
            "is not a valid table name",
            "lower-case",
        ),
        ("class T(SilverTable):\n    größe: int", "größe", "is not a valid column name", "ASCII"),
        (
            "class T(SilverTable):\n    a: int\n    A: int",
            "A: int",
            "differ only in case",
            "rename",
        ),
        (
            "class T(SilverTable, on_violation='ignore'):\n    n: int",
            "class T",
            "on_violation='ignore' does not exist",
            '"warn"',
        ),
        (
            "class N(BaseModel):\n    kids: list['N']\nclass T(SilverTable):\n    n: N",
            "n: N",
            "contains itself",
            "by its key",
        ),
        (
            "class T(SilverTable):\n    n: Missing",
            "n: Missing",
            "name 'Missing' is not defined",
            "correct",
        ),
    ],
)
def test_a_contract_that_no_table_can_have(project, contract, line, message, remedy):
    project.declare("", "")
    path = project.root / "contracts.py"
    path.write_text(path.read_text() + contract + "\n")
    (problem,) = problems(project)
    assert message in problem.message
    assert remedy in problem.remedy
    assert place(problem) == project.line_of("contracts.py", line)


@pytest.mark.parametrize(
    ("pipeline", "line", "message", "remedy"),
    [
        (CLEAN.replace("clean(raw)", "clean(rows)"), "def clean", "'raw'", "def clean(raw)"),
        (CLEAN.replace("clean(raw)", "clean(*raw)"), "def clean", "*raw", "name each"),
        (CLEAN.replace('{"raw": Raw}', "{}"), "def clean", "no sources", "sources="),
        (
            CLEAN.replace('{"raw": Raw}', '{"raw": "raw"}'),
            "def clean",
            "'raw' is not a source",
            "files(",
        ),
        (
            CLEAN.replace("=Clean", "=SilverTable"),
            "def clean",
            "SilverTable declares no table",
            "subclass",
        ),
        (CLEAN.replace("=Clean)", '=Clean, mode="upsert")'), "def clean", "mode 'upsert'", "merge"),
        (
            CLEAN.replace("=Clean)", '=Clean, mode="overwrite_partitions")'),
            "def clean",
            "needs partitions",
            "partition_by",
        ),
        (
            CLEAN.replace("=Clean)", '=Clean, resource_profile="smal")'),
            "def clean",
            "'smal'",
            "'small'",
        ),
        (CLEAN.replace("=Clean)", "=Raw)"), "def clean", "both write Raw", "its own target"),
        (LOAD.replace("raw/*.csv", "/raw/*.csv"), "raw/*", "below the landing", "relative"),
        (LOAD.replace("raw/*.csv", "../*.csv"), "../*", "below the landing", "relative"),
        (
            LOAD.replace("raw/*.csv", "raw/**.csv"),
            "raw/**",
            "alone between slashes",
            "orders/**/*.csv",
        ),
        (LOAD.replace("schema=Raw", 'schema=Raw, format="xml"'), "raw/*", "'xml'", "csv, parquet"),
        (
            LOAD.replace("schema=Raw", 'schema=Raw, options={"inferSchema": True}'),
            "raw/*",
            "inferSchema",
            "nullValue",
        ),
        (
            LOAD.replace("schema=Raw", 'schema=Raw, options={"sep": ";;"}'),
            "raw/*",
            "one character",
            ";",
        ),
    ],
)
def test_a_pipeline_declared_wrongly(project, pipeline, line, message, remedy):
    rest = LOAD if "files(" not in pipeline else ""
    project.declare(GOOD_CONTRACTS, rest + pipeline)
    (problem,) = problems(project)
    assert message in problem.message
    assert remedy in problem.remedy
    assert place(problem) == project.line_of("pipelines.py", line)


def test_two_pipelines_of_one_name(project):
    project.declare(GOOD_CONTRACTS, LOAD)
    text = (project.root / "pipelines.py").read_text().partition("@pipeline")[0]
    more = "@pipeline(sources={'raw': Raw}, target=Clean)\ndef load(raw):\n    return raw\n"
    project.write(
        {
            "more.py": text + more,
            "alur.toml": '[project]\nname = "shop"\nmodules = ["contracts", "pipelines", "more"]\n',
        }
    )
    (problem,) = problems(project)
    assert "two pipelines are named 'load'" in problem.message
    assert str(project.root / "pipelines.py") in problem.message
    assert place(problem) == project.line_of("more.py", "def load")


def test_all_problems_come_in_one_go(project):
    project.declare(
        """
        class A(SilverTable, key="x", partition_by="y"):
            n: set[int]
            m: Decimal

        class B(SilverTable):
            n: int
        """,
        "",
    )
    project.write(
        {"contracts_too.py": "from alur import GoldTable\nclass C(GoldTable):\n    n: object\n"}
    )
    project.write(
        {
            "alur.toml": '[project]\nname = "shop"\nmodules = ["contracts", "contracts_too", "gone"]\n'
        }
    )
    places = [(Path(p.where.path).name, p.message) for p in problems(project)]
    assert [name for name, _ in places] == ["contracts.py"] * 4 + ["contracts_too.py", "alur.toml"]
    assert places[0][1] == "A.n: no column type for set[int]"
    assert places[1][1] == "A.m: a bare Decimal has no size"
    assert "no module 'gone'" in places[-1][1]


def test_a_graph_that_does_not_hold_together(project):
    project.declare(
        """
        class A(SilverTable):
            n: int

        class B(SilverTable):
            n: int

        class C(SilverTable):
            n: int

        class Orphan(BronzeTable):
            n: int

        class D(GoldTable, name="a"):
            n: int

        class E(GoldTable, name="a"):
            n: int
        """,
        """
        @pipeline(sources={"c": C}, target=A)
        def make_a(c):
            return c

        @pipeline(sources={"a": A}, target=B)
        def make_b(a):
            return a

        @pipeline(sources={"b": B, "orphan": Orphan}, target=C)
        def make_c(b, orphan):
            return b

        @pipeline(sources={"a": A}, target=A)
        def again(a):
            return a
        """,
    )
    places = {problem.message: place(problem) for problem in problems(project)}
    twice, both, unwritten, cycle = places
    assert "E and D" in twice
    assert "gold.a" in twice
    assert places[twice] == project.line_of("contracts.py", "class E")
    assert "again and make_a" in both
    assert places[both] == project.line_of("pipelines.py", "def again")
    assert unwritten == "no pipeline writes Orphan, which make_c reads"
    assert places[unwritten] == project.line_of("pipelines.py", "def make_c")
    assert "wait for each other: make_a → make_b → make_c → make_a" in cycle


@pytest.mark.parametrize(
    ("files", "at", "message"),
    [
        (
            {"pipelines.py": "x = 1\nimport nowhere\n"},
            ("pipelines.py", 2),
            "No module named 'nowhere'",
        ),
        ({"pipelines.py": "from alur import pipline\n"}, ("pipelines.py", 1), "cannot import name"),
        ({"pipelines.py": "x = (1,\ny = 2\n"}, ("pipelines.py", 1), "SyntaxError"),
        ({"pipelines.py": "def f():\nreturn 1\n"}, ("pipelines.py", 2), "SyntaxError"),
        ({"pipelines.py": b"x = '\xff'\n"}, ("pipelines.py", 1), "SyntaxError"),
        (
            {"pipelines.py": "import json\n\njson.loads('{')\n"},
            ("pipelines.py", 3),
            "JSONDecodeError",
        ),
        ({"pipelines.py": "\n\ncompile('(', 'x', 'exec')\n"}, ("pipelines.py", 3), "SyntaxError"),
        ({"pipelines.py": "import sys\nsys.exit(3)\n"}, ("pipelines.py", 2), "SystemExit"),
        (
            {"pipelines.py": "import shared\n", "shared.py": "import pipelines\npipelines.x\n"},
            ("shared.py", 2),
            "partially initialized module",
        ),
        (
            {"pipelines/__init__.py": "", "pipelines/one.py": "1 / 0\n"},
            ("pipelines/one.py", 1),
            "ZeroDivisionError",
        ),
        (
            {"pipelines.py": "import contracts\ncontracts.T(n='x')\n"},
            ("pipelines.py", 2),
            "ValidationError",
        ),
    ],
)
def test_a_module_that_cannot_be_imported(project, files, at, message):
    project.write(
        {"contracts.py": "from alur import SilverTable\nclass T(SilverTable):\n    n: int\n"}
    )
    project.write(files)
    (problem,) = problems(project)
    assert message in problem.message
    assert place(problem) == (str(project.root / at[0]), at[1])


def test_one_broken_contract_is_reported_once_however_many_import_it(project):
    project.write(
        {
            "contracts/__init__.py": "",
            "contracts/bronze.py": "from alur import BronzeTable\nclass A(BronzeTable):\n    n: object\n",
            "contracts/silver.py": "from contracts.bronze import A\n",
            "pipelines/__init__.py": "",
            "pipelines/one.py": "from contracts.bronze import A\n",
            "pipelines/two.py": "from contracts.silver import A\n",
        }
    )
    (problem,) = problems(project)
    assert place(problem) == (str(project.root / "contracts/bronze.py"), 3)


@pytest.mark.parametrize(
    ("toml", "line", "message", "remedy"),
    [
        (
            '[project]\nname = "shop"\nmoduls = ["a"]\n',
            3,
            "unknown key 'project.moduls'",
            "'modules'",
        ),
        ('[project]\nname = "shop"\n[env.dev]\nengin = "sail"\n', 4, "'env.dev.engin'", "'engine'"),
        ('[project]\nname = "shop"\n[env]\ndev = { engin = "sail" }\n', 4, "engin", "'engine'"),
        (
            '[project]\nname = "shop"\n[defaults]\nengine = "sprak"\n',
            4,
            "'sail' or 'spark'",
            "sprak",
        ),
        (
            '[project]\nname = "shop"\n[default]\nengine = "sail"\n',
            3,
            "unknown key 'default'",
            "'defaults'",
        ),
        (
            '[project]\nname = "My Shop"\n',
            2,
            "'My Shop' is not valid; use up to 31 lower-case letters",
            "My Shop",
        ),
        (
            '[project]\nname = "shop"\n[env.local]\nkeep = "0 days"\n',
            4,
            "env.local.keep: '0 days' is not valid; use a number of hours or days",
            "0 days",
        ),
        (
            '[project]\nname = "shop"\n[defaults]\ngold_keep = "7d"\n',
            4,
            "defaults.gold_keep: '7d' is not valid; use a number of hours or days",
            "7d",
        ),
        (
            '[project]\nname = "shop"\n[env.dev]\naccount_id = "1234"\n',
            4,
            "env.dev.account_id: '1234' is not valid; use the 12 digits of the account",
            "1234",
        ),
        (
            '[project]\nname = "shop"\n[env.dev]\nalerts_email = "me"\n',
            4,
            "env.dev.alerts_email: 'me' is not valid; use an address",
            "me",
        ),
        (
            '[project]\nname = "shop"\n[env.dev]\nstate_bucket = "State"\n',
            4,
            "env.dev.state_bucket: 'State' is not valid; use a bucket's name",
            "State",
        ),
        (
            '[project]\nname = "shop"\n[env.dev]\naws_region = "europe"\n',
            4,
            "env.dev.aws_region: 'europe' is not valid; use the name of a region",
            "europe",
        ),
        ("[defaults]\n", 1, "'project' is missing", "add"),
        ('[project]\nmodules = ["a"]\n', 1, "'project.name' is missing", "add"),
        ('[project]\nname = "shop"\nmodules = 3\n', 3, "project.modules", "3"),
        ('[project]\nname = "shop\n', 2, "cannot be read", "TOML"),
        (
            '[project]\nname = "shop"\n[env.Prod]\n',
            3,
            "'Prod' is not a valid name for an environment",
            "lower-case",
        ),
        (
            '[project]\nname = "shop"\n[resource_profiles.big]\nworker_type = "G.9X"\nnumber_of_workers = 2\n',
            4,
            "resource_profiles.big.worker_type",
            "G.9X",
        ),
        (
            '[project]\nname = "shop"\n[env.dev]\naccount_id = 123456789012\n',
            4,
            "account_id",
            "123456789012",
        ),
        (
            '[project]\nname = "shop"\nmodules = ["contracts", "nope"]\n',
            3,
            "no module 'nope'",
            "modules",
        ),
    ],
)
def test_settings_that_do_not_exist(project, toml, line, message, remedy):
    project.declare("class T(SilverTable):\n    n: int\n", "")
    project.write({"alur.toml": toml})
    (problem,) = problems(project)
    assert message in problem.message
    assert remedy in problem.remedy
    assert place(problem) == (str(project.root / "alur.toml"), line)


def test_a_folder_without_a_project(tmp_path):
    from alur.project.project import Project

    with pytest.raises(AlurError, match=r"no alur\.toml") as caught:
        Project.load(tmp_path)
    assert "alur init" in caught.value.remedy


# --- mistakes in a function's rows ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind", "message", "remedy"),
    [
        ("raw.count()", TransformError, "returned nothing", "as a DataFrame"),
        ("return [raw]", TransformError, "returned a list", "as a DataFrame"),
        (
            "return raw.toPandas()",
            TransformError,
            "returned a DataFrame, not a Spark",
            "return the",
        ),
        ('return raw.select("id")', SchemaError, "no column 'amount'", "return it"),
        ('return raw.select("id", F.lit(1).alias("amonut"))', SchemaError, "'amount'", "'amonut'"),
        ('return raw.select("id", "amount", "day")', SchemaError, "no column 'day'", "drop it"),
        ('return raw.select("id", "amount", "id")', SchemaError, "'id' appears twice", "alias"),
        (
            'return raw.select("id", F.array("amount").alias("amount"))',
            SchemaError,
            "cannot become",
            "convert",
        ),
        (
            'return raw.select("id", F.col("day").alias("amount"))',
            SchemaError,
            "cannot become",
            "convert",
        ),
        ('return raw.select("id", "amuont")', TransformError, "amuont", "did you mean 'amount'"),
        (
            'return raw.select("id", F.col("amount").getField("x"))',
            TransformError,
            "clean: ",
            "expressions",
        ),
        (
            'return raw.select("id", F.expr("amount +").alias("amount"))',
            TransformError,
            "clean: ",
            "expressions",
        ),
        (
            'return raw.select("id", F.expr("cast(null as decimal(8,2))").alias("amount"))',
            QualityError,
            "2 of 2 rows violate: amount must not be null",
            "correct or filter",
        ),
        (
            'return raw.select(F.lower("id").alias("id"), "amount")',
            QualityError,
            "2 of 2 rows violate: id must match ^[A-Z]",
            "correct or filter",
        ),
        (
            'return raw.select(F.lit("A").alias("id"), "amount")',
            QualityError,
            "1 of 2 rows violates: id must be unique",
            "correct or filter",
        ),
        (
            'return raw.select("id", F.lit("12,5").alias("amount"))',
            SchemaError,
            "2 values of column 'amount' cannot become decimal(8,2): '12,5'",
            "convert",
        ),
    ],
)
def test_rows_that_do_not_fit(filled, body, kind, message, remedy):
    before = filled.snapshots()
    filled.declare(GOOD_CONTRACTS, LOAD + CLEAN.replace('return raw.select("id", "amount")', body))
    error = filled.run().error("clean")
    assert isinstance(error, kind), error
    assert message in error.message
    assert remedy in error.remedy
    path, line = filled.line_of("pipelines.py", "def clean")
    assert error.where.path == path
    assert error.where.line in (line, line + 1)
    assert filled.snapshots() == before
    assert len(str(error)) < 2000


def test_all_broken_rules_are_counted_with_samples(filled):
    filled.declare(
        GOOD_CONTRACTS,
        LOAD
        + CLEAN.replace(
            '"id", "amount"', 'F.lower("id").alias("id"), (F.col("amount") * -1).alias("amount")'
        ),
    )
    error = filled.run().error("clean")
    assert isinstance(error, QualityError)
    lines = error.message.splitlines()
    assert lines[1] == "  2 of 2 rows violate: id must match ^[A-Z]"
    assert "2 of 2 rows violate: amount must be at least 0" in error.message
    assert "amount=Decimal('-1.50')" in error.message


def test_the_users_own_line_is_named_when_the_function_raises_deep_in_a_library(filled):
    filled.write({"helpers.py": "import json\n\ndef settings():\n    return json.loads('{')\n"})
    filled.declare(
        GOOD_CONTRACTS,
        LOAD
        + CLEAN.replace("return raw", "import helpers; helpers.settings()\n        return raw"),
    )
    error = filled.run().error("clean")
    assert isinstance(error, TransformError)
    assert "clean raised JSONDecodeError" in error.message
    assert place(error) == filled.line_of("helpers.py", "json.loads")


def test_a_warning_writes_and_reports(project):
    project.declare(
        GOOD_CONTRACTS.replace('key="id"', 'key="id", on_violation="warn"'),
        LOAD + CLEAN.replace('"id", "amount"', 'F.lower("id").alias("id"), "amount"'),
    )
    project.land("raw/1.csv", GOOD_CSV)
    ran = project.run().all_succeeded()
    assert "2 of 2 rows violate: id must match ^[A-Z]" in ran.notices
    broken = [check for check in ran.succeeded("clean").checks if check.violations]
    assert [(c.rule.name, c.violations) for c in broken] == [("id_pattern", 2)]
    assert len(project.rows("clean")) == 2


def test_a_warning_does_not_let_nulls_into_required_columns(project):
    project.declare(
        GOOD_CONTRACTS.replace('key="id"', 'on_violation="warn"'),
        LOAD + CLEAN.replace('"amount")', 'F.expr("cast(null as decimal(8,2))").alias("amount"))'),
    )
    project.land("raw/1.csv", GOOD_CSV)
    assert "amount must not be null" in project.run().error("clean").message


def test_an_appended_key_must_not_be_in_the_table(project):
    project.declare(GOOD_CONTRACTS, LOAD + CLEAN.replace("=Clean)", '=Clean, mode="append")'))
    project.land("raw/1.csv", GOOD_CSV)
    project.run().all_succeeded()
    before = project.snapshots()
    error = project.run().error("clean")
    assert isinstance(error, QualityError)
    assert "2 of 2 rows violate: id must be unique" in error.message
    assert project.snapshots() == before


@each_engine
def test_a_replaced_partition_must_not_repeat_a_key_of_another(project):
    contracts = """
    class Raw(BronzeTable):
        id: str
        day: date

    class Daily(SilverTable, key="id", partition_by=months("day")):
        id: str
        day: date
    """
    pipelines = """
    @pipeline(sources={"rows": files("raw/*.csv", schema=Raw)}, target=Raw)
    def load(rows):
        return rows

    @pipeline(sources={"raw": Raw}, target=Daily, mode="overwrite_partitions")
    def daily(raw):
        return raw.select("id", "day")
    """
    project.declare(contracts, pipelines)
    project.land("raw/1.csv", "id,day\nA,2024-01-05\nB,2024-02-05\n")
    project.run().all_succeeded()
    project.land("raw/1.csv", "id,day\nA,2024-01-06\nC,2024-01-07\n")
    project.run().all_succeeded()
    before = project.snapshots()["silver.daily"]
    project.land("raw/1.csv", "id,day\nA,2024-03-01\nD,2024-03-02\n")
    error = project.run().error("daily")
    assert isinstance(error, QualityError)
    assert "1 of 2 rows violates: id must be unique" in error.message
    assert "id='A'" in error.message
    assert project.snapshots()["silver.daily"] == before


def test_a_merge_refuses_two_rows_of_one_key(project):
    project.declare(GOOD_CONTRACTS, LOAD + CLEAN.replace("=Clean)", '=Clean, mode="merge")'))
    project.land("raw/1.csv", GOOD_CSV)
    project.run().all_succeeded()
    before = project.snapshots()["silver.clean"]
    project.land("raw/2.csv", GOOD_CSV)
    error = project.run().error("clean")
    assert isinstance(error, QualityError)
    assert "2 of 4 rows violate: id must be unique" in error.message
    assert project.snapshots()["silver.clean"] == before


# --- mistakes in landing files ----------------------------------------------------------------------------------


UNREADABLE = [
    ("ids,amount,day\nA,1,\n", 1, "no column 'id' in the header", "'ids'"),
    ("id,amount,day,id\nA,1,,A\n", 1, "'id' appears twice", "rename"),
    ("id,amount,day\nÅ,1,\n".encode("latin-1"), 2, "is not UTF-8", "iconv"),
    ("id,amount,day\nA,1,\n".encode("utf-16"), 1, "is not UTF-8", "iconv"),
    ("", 1, "is empty", "deliver"),
    ("\n\n", 1, "no column 'id'", ""),
]
UNREADABLE_BY_THE_ENGINE = [
    ("id,amount,day\nA,1,2024-01-01\nB,2\n", 3, "2 fields where the header has 3", "deliver"),
    ("id,amount,day\nA,1,2024-01-01\nB,2", 3, "it is the last line", "deliver"),
    ("id,amount,day\nA,1\nB,2,\n", 2, "2 fields where the header has 3", "correct"),
    ("id,amount,day\nA,1,,9\nB,2,\n", 2, "4 fields where the header has 3", "correct"),
    (
        "id,amount,day\nA,1,\nB,x1,\nC,y,\n",
        3,
        "amount 'x1' is not a valid decimal(8,2)",
        "read amount as str",
    ),
    (
        "id,amount,day\nA,1,2024-02-30\n",
        2,
        "day '2024-02-30' is not a valid date",
        "read day as str",
    ),
    (
        "id,amount,day\nA,1234567.00,\n",
        2,
        "amount '1234567.00' is not a valid decimal(8,2)",
        "correct",
    ),
    ('id,amount,day\nA,1,\n"B,2,\n', 3, "never closed", "close it"),
]


@pytest.mark.parametrize(
    ("engine", "content", "line", "message", "remedy"),
    [
        *(("sail", *case) for case in UNREADABLE),
        *((engine, *case) for engine in ("sail", "spark") for case in UNREADABLE_BY_THE_ENGINE),
    ],
)
def test_a_file_that_cannot_be_read(project, content, line, message, remedy):
    project.declare(GOOD_CONTRACTS, LOAD)
    path = project.land("raw/1.csv", content)
    error = project.run().error("load")
    assert isinstance(error, SourceError), error
    assert message in error.message
    assert "1.csv" in error.message
    assert remedy in error.remedy
    assert place(error) == (str(path), line)
    assert not any(project.snapshots().values())


def test_one_bad_file_among_good_ones_leaves_the_table_alone(filled):
    before = filled.snapshots()
    for name in ("2", "4"):
        filled.land(f"raw/{name}.csv", GOOD_CSV)
    bad = filled.land("raw/3.csv", "id,amount,day\nX,1,\nY,oops,\n")
    error = filled.run("load").error("load")
    assert place(error) == (str(bad), 3)
    assert filled.snapshots() == before
    filled.land("raw/3.csv", GOOD_CSV)
    filled.run("load").all_succeeded()
    assert len(filled.rows("raw")) == 8


def test_a_file_with_a_header_alone_has_no_rows(project):
    project.declare(GOOD_CONTRACTS, LOAD + CLEAN).land("raw/1.csv", "id,amount,day\n")
    ran = project.run().all_succeeded()
    assert ran.succeeded("load").rows_read == {"raw": 0}
    assert project.rows("clean") == []


def test_a_null_in_a_required_column_of_a_file(project):
    project.declare(GOOD_CONTRACTS, LOAD).land("raw/1.csv", "id,amount,day\nA,,\n")
    assert "1 of 1 row violates: amount must not be null" in project.run().error("load").message


@pytest.mark.parametrize(
    ("remove", "message"),
    [("landing", "no landing folder 'landing'"), ("landing/raw", "no file matches 'raw/*.csv'")],
)
def test_nothing_has_landed(filled, remove, message):
    before = filled.snapshots()
    shutil.rmtree(filled.root / remove)
    error = filled.run().error("load")
    assert isinstance(error, SourceError)
    assert message in error.message
    assert str(filled.root / "landing") in error.remedy
    assert place(error) == filled.line_of("pipelines.py", "def load")
    assert filled.snapshots() == before


def test_a_table_that_was_never_written(project):
    project.declare(GOOD_CONTRACTS, LOAD + CLEAN).land("raw/1.csv", GOOD_CSV)
    error = project.run("clean").error("clean")
    assert isinstance(error, SourceError)
    assert "bronze.raw has never been written" in error.message
    assert "alur run --all" in error.remedy


def test_what_depends_on_a_failure_is_skipped_and_the_rest_runs(project):
    project.declare(
        GOOD_CONTRACTS + "\n    class Other(BronzeTable):\n        n: int\n",
        LOAD
        + CLEAN
        + """
    @pipeline(sources={"n": files("n.csv", schema=Other)}, target=Other)
    def other(n):
        return n
""",
    )
    project.land("raw/1.csv", "oops\n")
    project.land("n.csv", "n\n1\n")
    ran = project.run()
    ran.error("load")
    assert ran.outcomes["clean"].because_of == "load"
    ran.succeeded("other")


# --- folders and files ------------------------------------------------------------------------------------------

ODD = 'it\'s a "shop" é日本 #1 100% a?b [x] {y,z} *&+;=:~'


@each_engine
def test_odd_names_of_folders_and_files_simply_work(project):
    project.root = project.root.parent / ODD / "shop"
    project.declare(
        GOOD_CONTRACTS.replace('key="id"', 'key="id", partition_by="id"'),
        LOAD.replace("raw/*", "raw/**/*") + CLEAN.replace("=Clean)", '=Clean, mode="merge")'),
    )
    name = f"raw/{ODD}/{ODD}.csv"
    project.land(name, "id,amount,day\nA,1,\nB / % ?,2,\n")
    project.land("raw/x", "not matched")
    project.run().all_succeeded()
    assert {row[0] for row in project.rows("raw", "_source_file")} == {name}
    again = project.run().all_succeeded()
    assert again.succeeded("load").commit is None
    assert [row[0] for row in project.rows("clean")] == ["A", "B / % ?"]
    names = sorted(path.name for path in project.root.parent.parent.iterdir())
    assert names == [ODD], "nothing may be written beside the project"


def test_a_damaged_catalog(filled):
    (filled.root / ".alur/warehouse/catalog.db").write_bytes(b"not a database at all" * 100)
    error = filled.run().error("load")
    assert isinstance(error, EngineError)
    assert "cannot be used: file is not a database" in error.message
    assert str(filled.root / ".alur/warehouse") in error.message
    assert "remove the folder" in error.remedy


def test_a_damaged_metadata_file(filled):
    table = filled.table("raw")
    Path(table.metadata_location).write_text("{")
    error = filled.run().error("load")
    assert isinstance(error, EngineError)
    assert "cannot be used" in error.message


def test_a_warehouse_that_has_moved(filled):
    moved = filled.root.parent / "moved"
    filled.root.rename(moved)
    filled.root = moved
    ran = filled.run()
    error = ran.error("load")
    assert isinstance(error, EngineError)
    assert "is not where the catalog expects it" in error.message
    assert "move the project back" in error.remedy


def test_a_warehouse_that_was_copied_does_not_write_into_the_first(filled):
    before = filled.snapshots()
    first, second = filled.root, filled.root.parent / "copy"
    shutil.copytree(first, second)
    filled.root = second
    assert "is not where the catalog expects it" in filled.run().error("load").message
    filled.root = first
    assert filled.snapshots() == before


def test_a_file_where_the_warehouse_should_be(project):
    project.declare(GOOD_CONTRACTS, LOAD).land("raw/1.csv", GOOD_CSV)
    project.write({".alur": "in the way"})
    error = project.run().error("load")
    assert isinstance(error, EngineError)
    assert "cannot be used" in error.message


LIMITED = """
import os, resource, sys
from pathlib import Path
from alur.errors import RunError
from alur.project.project import Project
from alur.runtime.local import open_runtime
from alur.runtime.run import run_pipeline

project = Project.load(Path(sys.argv[1]))
with open_runtime(project) as runtime:
    {limit}
    try:
        run_pipeline(project.pipeline("load"), runtime, lambda event: None)
    except RunError as error:
        print("Failed", error)
"""


def run_limited(project, limit):
    script = LIMITED.format(limit=limit)
    return subprocess.run(
        [sys.executable, "-c", script, project.root],
        cwd=Path(__file__).parents[2],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_full_disk(filled):
    """No file may grow beyond 2 kB, which stands for a full disk."""
    before = filled.snapshots()
    header, *_ = GOOD_CSV.splitlines()
    filled.land("raw/2.csv", header + "\n" + "".join(f"X{n:032x},{n},\n" for n in range(2000)))
    ran = run_limited(filled, "resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("Failed"), ran.stdout
    assert "File too large" in ran.stdout
    assert "the disk has space" in ran.stdout
    assert filled.snapshots() == before
    filled.run().all_succeeded()
    assert len(filled.rows("raw")) == 2002


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_warehouse_of_another_user(filled):
    before = filled.snapshots()
    for folder in (*filled.root.parents, filled.root):
        if folder.owner() == "root" and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    filled.land("raw/2.csv", GOOD_CSV)
    ran = run_limited(filled, "os.setgroups([]); os.setgid(65534); os.setuid(65534)")
    assert ran.stdout.startswith("Failed"), ran.stderr
    assert "cannot be used" in ran.stdout
    assert "the folder is writable" in ran.stdout
    assert filled.snapshots() == before
