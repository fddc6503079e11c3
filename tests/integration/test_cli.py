"""The installed ``alur`` command, command by command: piped output, exit codes."""

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import alur, example_of

EXAMPLE = Path(__file__).parents[2] / "example_repo"


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """Return a copy of the example after one run, and the output of the run."""
    root = tmp_path_factory.mktemp("repo") / "example_repo"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns(".alur", "__pycache__"))
    return root, alur(root, "run", "--all", "--env", "local")


class TestInit:
    def test_a_new_project_works_at_once(self, tmp_path):
        created = alur(tmp_path, "init", "shop")
        assert (created.returncode, created.stderr) == (0, "")
        shop = tmp_path / "shop"

        assert created.stdout.splitlines()[-4:] == [
            "    cd shop",
            "    alur validate",
            "    alur run --all",
            "    alur show daily_sales",
        ]
        for command in created.stdout.splitlines()[-3:]:
            result = alur(shop, *command.split()[1:])
            assert result.returncode == 0, result.stderr
        assert "daily_sales: 20 of 20 rows" in result.stdout

        tests = subprocess.run(
            [sys.executable, "-m", "pytest", "-q"],
            cwd=shop,
            capture_output=True,
            text=True,
            check=False,
        )
        assert tests.returncode == 0, tests.stdout
        kept = {path.name for path in shop.iterdir()} - {"__pycache__", ".pytest_cache"}
        assert kept == {
            ".alur",
            ".gitignore",
            "README.md",
            "alur.toml",
            "contracts",
            "landing",
            "pipelines",
            "pyproject.toml",
            "tests",
        }
        for name in ("README.md", "alur.toml", "pyproject.toml"):
            assert "{{" not in (shop / name).read_text()
        requirement = f'dependencies = ["alur[all] @ {EXAMPLE.parent.as_uri()}"]\n'
        assert requirement in (shop / "pyproject.toml").read_text()

    def test_never_touches_a_folder_that_is_there(self, tmp_path):
        (tmp_path / "shop").mkdir()
        result = alur(tmp_path, "init", "shop")
        assert result.returncode == 1
        assert "shop is already there" in result.stderr
        assert list((tmp_path / "shop").iterdir()) == []


def test_the_module_is_the_command():
    for arguments, code in ((["list"], 0), (["--version"], 0), (["run"], 2)):
        module = subprocess.run(
            [sys.executable, "-m", "alur", *arguments],
            cwd=EXAMPLE,
            capture_output=True,
            text=True,
            check=False,
        )
        script = alur(EXAMPLE, *arguments)
        assert module.returncode == script.returncode == code
        assert (module.stdout, module.stderr) == (script.stdout, script.stderr)


class TestRun:
    def test_the_whole_example(self, example):
        _, result = example
        assert (result.returncode, result.stderr) == (0, "")
        lines = result.stdout
        assert "read     orders: 69,659 rows from 18 files" in lines
        assert "written  69,324 rows; the table has 69,324, snapshot " in lines
        assert "written  546 rows" in lines
        assert "[OK] 5 pipelines completed" in lines
        assert "\x1b" not in lines

    def test_again_finds_no_new_files_and_makes_the_same_tables(self, example):
        root, _ = example
        before = alur(root, "show", "cohortrevenue", "--csv").stdout
        result = alur(root, "run", "--all", "--env", "local")
        assert result.returncode == 0
        assert "load_orders: no new files; the table is unchanged" in result.stdout
        assert alur(root, "show", "cohortrevenue", "--csv").stdout == before

    def test_one_pipeline_with_a_disabled_schedule_runs_by_hand(self, example):
        root, _ = example
        result = alur(root, "run", "monthly_cohorts", "--env", "local")
        assert result.returncode == 0
        assert "✓ monthly_cohorts → gold.cohortrevenue" in result.stdout
        assert "[OK] 1 pipeline completed" in result.stdout

    def test_a_failure_stops_only_what_depends_on_it(self, tmp_path):
        root = example_of(
            tmp_path,
            contracts=(
                "from alur import SilverTable, GoldTable\n"
                "class A(SilverTable):\n    n: int\n"
                "class B(SilverTable):\n    n: int\n"
                "class C(GoldTable):\n    n: int\n"
            ),
            pipelines=(
                "from alur import files, pipeline\n"
                "from contracts import A, B, C\n"
                "@pipeline(sources={'x': files('x.csv', schema=A)}, target=A)\n"
                "def make_a(x):\n"
                "    return x.select('m')\n"
                "@pipeline(sources={'x': files('x.csv', schema=A)}, target=B)\n"
                "def make_b(x):\n"
                "    return x\n"
                "@pipeline(sources={'a': A}, target=C)\n"
                "def make_c(a):\n"
                "    return a\n"
            ),
        )
        (root / "landing").mkdir()
        (root / "landing" / "x.csv").write_text("n\n1\n")
        result = alur(root, "run", "--all", "--env", "local")
        assert result.returncode == 1
        assert "✗ make_a → silver.a" in result.stdout
        assert "pipelines/__init__.py:5: make_a" in result.stdout
        assert "✓ make_b → silver.b" in result.stdout
        assert "- make_c skipped: it waits for make_a, which failed" in result.stdout
        assert "[ERROR] 1 failed, 1 skipped, 1 completed" in result.stdout
        assert "Traceback" not in result.stdout + result.stderr

    @pytest.mark.parametrize(
        ("arguments", "code", "message"),
        [
            (["run"], 2, "Name a pipeline, or say --all"),
            (["run", "x", "--all"], 2, "Name a pipeline, or say --all"),
            (["run", "clean_ordrs", "--env", "local"], 1, "fix: did you mean 'clean_orders'?"),
            (["run", "--all", "--env", "locl"], 1, "fix: did you mean 'local'?"),
            (
                ["run", "--all"],
                1,
                "fix: run on this machine with alur run --all --env local; for AWS, ",
            ),
            (["shwo"], 2, "Did you mean 'show'?"),
            (["show", "dailysales"], 1, "fix: did you mean 'dailysalesmetrics'?"),
            (
                ["show", "dailysalesmetrics", "--run", "jr_1"],
                2,
                "--run needs an environment in AWS",
            ),
        ],
    )
    def test_says_what_to_do(self, example, arguments, code, message):
        root, _ = example
        result = alur(root, *arguments)
        assert result.returncode == code
        assert message in result.stderr
        assert "Traceback" not in result.stderr

    def test_works_from_a_folder_within_the_project(self, example):
        root, _ = example
        assert alur(root / "contracts", "list").returncode == 0


class TestShow:
    def test_csv_prints_every_row_with_its_header(self, example):
        root, _ = example
        result = alur(root, "show", "dailysalesmetrics", "--csv")
        rows = list(csv.DictReader(io.StringIO(result.stdout)))
        assert len(rows) == 546
        assert rows[0] == {
            "report_date": "1997-01-01",
            "total_orders": "212",
            "total_revenue": "7515.35",
            "unique_customers": "209",
        }
        assert sum(int(row["total_orders"]) for row in rows) == 69_324

    def test_a_table_by_any_of_its_names(self, example):
        root, _ = example
        for name in ("cohortrevenue", "gold.cohortrevenue", "CohortRevenue"):
            result = alur(root, "show", name, "--limit", "3")
            assert "gold.cohortrevenue: 3 of " in result.stdout

    def test_a_table_that_was_never_written(self, tmp_path):
        alur(tmp_path, "init", "shop")
        result = alur(tmp_path / "shop", "show", "daily_sales")
        assert result.returncode == 1
        assert "the table gold.daily_sales has never been written" in result.stderr
        assert "fix: run the pipeline that writes it" in result.stderr


class TestValidate:
    def test_the_example_passes_in_five_parts(self):
        result = alur(EXAMPLE, "validate")
        assert result.returncode == 0
        for line in (
            "[1/5] Validating contracts...",
            "  ✓ OrdersBronze: 8 fields",
            "[2/5] Validating pipelines...",
            "  ✓ clean_orders\n      Sources: ['orders']\n      Target: orderssilver",
            "[3/5] Validating pipeline DAG...\n  ✓ No circular dependencies detected",
            "[4/5] Validating configuration...",
            "  ✓ AWS_REGION: ap-southeast-5",
            "  ✓ BRONZE_BUCKET: alur-cdnow-bronze-dev",
            "[5/5] Testing Terraform generation...",
            "[OK] Validation passed!",
        ):
            assert line in result.stdout

    def test_every_problem_is_listed_with_place_and_remedy(self, tmp_path):
        root = example_of(
            tmp_path,
            contracts=(
                "from decimal import Decimal\n"
                "from alur import SilverTable, GoldTable\n"
                "class A(SilverTable):\n    n: int\n"
                "class B(SilverTable):\n    n: int\n"
                "class C(GoldTable):\n    n: int\n"
            ),
            pipelines=(
                "from alur import pipeline\n"
                "from contracts import A, B, C\n"
                "@pipeline(sources={'b': B}, target=A)\n"
                "def make_a(b):\n    return b\n"
                "@pipeline(sources={'a': A}, target=B, resource_profile='gigantic')\n"
                "def make_b(a):\n    return a\n"
                "@pipeline(sources={'a': A}, target=C)\n"
                "def make_c(a):\n    return a\n"
                "@pipeline(sources={'a': A}, target=C)\n"
                "def make_c_too(a):\n    return a\n"
            ),
        )
        result = alur(root, "validate")
        assert result.returncode == 1
        text = result.stdout
        assert "pipelines/__init__.py:4: the pipelines wait for each other: " in text
        assert "make_a → make_b → make_a" in text
        assert "pipelines/__init__.py:7: make_b: no resource profile 'gigantic'" in text
        assert "pipelines/__init__.py:13: make_c_too and make_c (" in text
        assert "[ERROR] 3 problems found" in text

    def test_errors_in_contracts_and_schedules_stand_in_their_parts(self, tmp_path):
        root = example_of(
            tmp_path,
            contracts=(
                "from decimal import Decimal\n"
                "from alur import SilverTable\n"
                "class A(SilverTable, key='id'):\n    n: Decimal\n    z: complex\n"
            ),
            pipelines=(
                "from alur import schedule\n@schedule(cron='cron(0 25 * * ? *)')\ndef job(): ...\n"
            ),
        )
        result = alur(root, "validate")
        assert result.returncode == 1
        contracts, pipelines = result.stdout.split("[2/5]")
        assert "contracts/__init__.py:4: A.n: a bare Decimal has no size" in contracts
        assert "contracts/__init__.py:5: A.z: no column type for complex" in contracts
        assert "contracts/__init__.py:3: A: key 'id' is not a column" in contracts
        assert "pipelines/__init__.py:2: " in pipelines


class TestList:
    def test_the_example(self):
        result = alur(EXAMPLE, "list")
        assert result.returncode == 0
        for line in (
            "📋 CONTRACTS",
            "Bronze Layer (1 table):\n  • OrdersBronze (ordersbronze) - 8 fields",
            "⚙️  PIPELINES (5 total)",
            "  • daily_sales_rollup: [orders] → dailysalesmetrics\n"
            "    Schedule: cron(0 2 * * ? *) - Daily sales rollup",
            "    Schedule: cron(0 0 1 * ? *) - Monthly cohort report (disabled)",
            "📊 EXECUTION ORDER\n  1. load_orders\n  2. clean_orders",
        ):
            assert line in result.stdout

    def test_json_for_other_programs(self):
        data = json.loads(alur(EXAMPLE, "list", "--json").stdout)
        assert data["order"] == [
            ["load_orders"],
            ["clean_orders"],
            ["find_customers", "daily_sales_rollup"],
            ["monthly_cohorts"],
        ]
        daily = next(p for p in data["pipelines"] if p["name"] == "daily_sales_rollup")
        assert daily["sources"] == {"orders": "orderssilver"}
        assert (daily["target"], daily["mode"]) == ("dailysalesmetrics", "overwrite")
        assert daily["resource_profile"] == "medium"
        assert daily["schedules"][0]["expression"] == "cron(0 2 * * ? *)"
        silver = next(c for c in data["contracts"] if c["name"] == "OrdersSilver")
        assert (silver["table"], silver["layer"]) == ("orderssilver", "silver")
        amount = next(field for field in silver["fields"] if field["name"] == "amount")
        assert (amount["type"], amount["nullable"]) == ("decimal(12,2)", False)

    def test_imports_no_engine_and_no_back_end(self):
        """``alur list`` leaves no engine and no back end in sys.modules, except for the user's own imports."""
        script = (
            "import sys\n"
            "from alur.cli.main import cli\n"
            "try:\n    cli(['list'])\n"
            "except SystemExit: pass\n"
            "heavy = {'pyiceberg', 'pysail', 'pyarrow', 'dagster', 'boto3', 'jinja2', 'rich'}\n"
            "print(sorted(heavy & set(sys.modules)))\n"
        )
        result = subprocess.run(
            [sys.executable, "-c", script], cwd=EXAMPLE, capture_output=True, text=True, check=True
        )
        assert result.stdout.splitlines()[-1] == "[]"


class TestSchedules:
    def test_words_and_fire_times(self):
        result = alur(EXAMPLE, "schedules", "--next", "2", "--after", "2026-12-01T00:00Z", TZ="UTC")
        assert result.returncode == 0
        assert "daily_sales_rollup: cron(0 2 * * ? *) (on)" in result.stdout
        assert "2026-12-01 02:00 UTC" in result.stdout
        assert "2026-12-02 02:00 UTC" in result.stdout
        assert "monthly_cohorts: cron(0 0 1 * ? *) (off)" in result.stdout
        assert "Starts load_orders, clean_orders, find_customers, monthly_cohorts" in result.stdout

    def test_json(self):
        arguments = ["schedules", "--json", "--next", "1", "--after", "2026-12-01T00:00Z"]
        data = json.loads(alur(EXAMPLE, *arguments).stdout)
        monthly = next(item for item in data if item["pipeline"] == "monthly_cohorts")
        assert monthly["canonical"] == "cron(0 0 1 * ? *)"
        assert (monthly["enabled"], monthly["scope"]) == (False, "upstream")
        assert monthly["next"] == ["2027-01-01T00:00:00+00:00"]
        assert set(monthly) == {
            "pipeline",
            "expression",
            "canonical",
            "words",
            "description",
            "enabled",
            "scope",
            "next",
        }
