"""``alur test`` records tests from real rows and runs them; pytest runs them, too."""

from __future__ import annotations

import csv
import math
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from tests.command import alur, in_terminal
from tests.conftest import isolated_imports
from tests.tiny_project import TinyProject

CONTRACTS = """
    class RawOrders(BronzeTable, name="raw_orders"):
        id: int
        customer: str
        amount: Decimal = Field(max_digits=12, decimal_places=2)
        ordered: date | None

    class Customers(SilverTable, key="email"):
        email: Annotated[str, Tag("pii")]
        tier: Literal["gold", "none"]
        born: Annotated[date | None, Tag("pii")]
        address: Annotated[Address | None, Tag("pii")] = None

    class Totals(GoldTable, key="email"):
        email: str
        tier: str
        total: Decimal = Field(max_digits=14, decimal_places=2)

    class Spread(GoldTable, key="tier"):
        tier: str
        middle: float
"""
ADDRESS = """
    class Address(BaseModel):
        city: str | None
        numbers: list[int]
"""
PIPELINES = """
    @pipeline(
        sources={"orders": files("orders/*.csv", schema=Landed, options={"sep": ";", "dateFormat": "dd.MM.yyyy"})},
        target=RawOrders,
        mode="append",
    )
    def load_orders(orders):
        return orders

    @pipeline(sources={"people": files("people/*.parquet", format="parquet", schema=Customers)}, target=Customers)
    def load_customers(people):
        return people

    @pipeline(sources={"orders": RawOrders, "customers": Customers}, target=Totals)
    def totals(orders, customers):
        joined = orders.join(customers, orders.customer == customers.email)
        return joined.groupBy("email", "tier").agg(F.sum("amount").alias("total"))

    @pipeline(sources={"totals": Totals}, target=Spread)
    def spread(totals):
        amounts = totals.withColumn("total", F.col("total").cast("double"))
        return amounts.groupBy("tier").agg(F.percentile_approx("total", 0.5).alias("middle"))
"""
LANDED = """
    class Landed(BaseModel):
        id: int
        customer: Annotated[str, Tag("pii")]
        amount: Decimal = Field(max_digits=12, decimal_places=2)
        ordered: Annotated[date | None, Tag("pii")]
"""


def email(number: int) -> str:
    return f"person{number:03}@mail.example"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, engines) -> Iterator[TinyProject]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with isolated_imports():
        project = TinyProject(tmp_path_factory.mktemp("recorded") / "shop", engines)
        project.declare(ADDRESS + CONTRACTS + LANDED, PIPELINES)
        text = (project.root / "contracts.py").read_text()
        (project.root / "contracts.py").write_text("from alur import Tag\n" + text)
        lines = [
            f"{n};{email(n % 60)};{n}.50;{'' if n % 9 == 0 else f'{1 + n % 28:02}.02.2024'}"
            for n in range(600)
        ]
        project.land("orders/a.csv", "\n".join(["id;customer;amount;ordered", *lines, ""]))

        people = pa.table(
            {
                "email": [email(n) for n in range(20, 90)],
                "tier": ["gold" if n % 2 else "none" for n in range(20, 90)],
                "born": [date(1970, 1, 1 + n % 28) for n in range(20, 90)],
                "address": pa.array(
                    [{"city": f"Town{n}", "numbers": [n]} for n in range(20, 90)],
                    pa.struct([("city", pa.string()), ("numbers", pa.list_(pa.int64()))]),
                ),
            }
        )
        (project.root / "landing" / "people").mkdir(parents=True)
        pq.write_table(people, project.root / "landing" / "people" / "p.parquet")
        project.run().all_succeeded()
        yield project


@pytest.fixture
def fresh(shop: TinyProject) -> Iterator[TinyProject]:
    """Yield the project without recorded tests."""
    yield shop
    shutil.rmtree(shop.root / "tests", ignore_errors=True)


def recorded(shop: TinyProject, name: str) -> list[dict[str, str]]:
    with (shop.root / "tests" / "fixtures" / name).open(newline="") as file:
        return list(csv.DictReader(file))


def record(shop: TinyProject, *arguments: str) -> str:
    done = alur(shop.root, "test", "--record", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_pytest(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_a_recording_has_joining_rows_and_their_result_and_no_personal_data(
    fresh: TinyProject,
) -> None:
    printed = record(fresh, "totals", "--rows", "10")

    orders = recorded(fresh, "totals/sources/orders.csv")
    customers = recorded(fresh, "totals/sources/customers.csv")
    sums: dict[tuple[str, str], float] = {}
    tiers = {row["email"]: row["tier"] for row in customers}
    for row in orders:
        if row["customer"] in tiers:
            key = row["customer"], tiers[row["customer"]]
            sums[key] = sums.get(key, 0) + float(row["amount"])
    expected = recorded(fresh, "totals/expected.csv")
    assert {(row["email"], row["tier"]): float(row["total"]) for row in expected} == sums
    assert len(orders) == len(customers) == 10
    assert len(sums) >= 8, "most rows join"
    everything = "".join(path.read_text() for path in (fresh.root / "tests").rglob("*.csv"))
    assert [t for t in ("person", "mail.example", "Town", "1970-01") if t in everything] == []
    assert "@" in everything, "the form stays"
    assert printed == (
        "✓ totals → tests/fixtures/totals\n"
        "    sources/orders.csv  10 rows\n"
        "    sources/customers.csv  10 rows\n"
        f"    expected.csv  {len(expected)} rows\n"
        "  ! values replaced, because the columns are tagged: bronze.raw_orders.customer, "
        "bronze.raw_orders.ordered, silver.customers.email, silver.customers.born, "
        "silver.customers.address\n"
    )


def test_files_of_both_formats_are_recorded(fresh: TinyProject) -> None:
    record(fresh, "load_orders", "load_customers")
    texts = recorded(fresh, "load_orders/sources/orders.csv")
    rows = recorded(fresh, "load_orders/expected.csv")
    assert [row["id"] for row in texts] == sorted((row["id"] for row in rows), key=str)
    days = {row["id"]: row["ordered"] for row in rows}
    for text in texts:
        day, month, year = text["ordered"].split(".") if text["ordered"] else ("", "", "")
        assert days[text["id"]] == (f"{year}-{month}-{day}" if year else "")
    assert {row["_source_file"] for row in rows} == {"orders/a.csv"}
    assert len(recorded(fresh, "load_customers/expected.csv")) == 20
    done = alur(fresh.root, "test")
    assert (done.returncode, done.stdout) == (
        0,
        "  ✓ load_orders: 20 rows\n  ✓ load_customers: 20 rows\n\n[OK] 2 tests passed\n",
    )


def test_the_same_rows_give_the_same_recording(fresh: TinyProject) -> None:
    record(fresh, "totals", "load_orders")
    files = {p: p.read_text() for p in (fresh.root / "tests").rglob("*.csv")}
    record(fresh, "totals", "load_orders", "--force")
    assert {p: p.read_text() for p in (fresh.root / "tests").rglob("*.csv")} == files
    assert len(files) == 5
    assert not [p for p in (fresh.root / "tests" / "fixtures").iterdir() if p.name[0] == "."]


def test_a_recording_is_replaced_only_on_request(fresh: TinyProject) -> None:
    record(fresh, "totals")
    path = fresh.root / "tests" / "fixtures" / "totals" / "expected.csv"
    path.write_text("mine")
    done = alur(fresh.root, "test", "--record", "totals")
    assert done.returncode == 1
    assert done.stderr == (
        "[ERROR] the test of totals is already recorded in tests/fixtures/totals\n"
        "  fix: replace it with --force\n"
    )
    assert path.read_text() == "mine"


def test_a_pipeline_that_fails_on_the_sample_leaves_the_recording_as_it_was(
    fresh: TinyProject,
) -> None:
    record(fresh, "totals")
    folder = fresh.root / "tests" / "fixtures"
    before = {path: path.read_text() for path in folder.rglob("*.csv")}
    # What a killed recording leaves behind.
    (folder / ".totals.new" / "sources").mkdir(parents=True)
    source = fresh.root / "pipelines.py"
    text = source.read_text()
    source.write_text(
        text.replace('F.sum("amount").alias("total")', 'F.sum("amont").alias("total")')
    )
    try:
        failed = alur(fresh.root, "test", "--record", "totals", "--force")
    finally:
        source.write_text(text)
    assert failed.returncode == 1
    assert "amont" in failed.stderr
    assert {path: path.read_text() for path in folder.rglob("*.csv")} == before
    record(fresh, "totals", "--force")
    assert [path.name for path in folder.iterdir()] == ["totals"]


def broken(shop: TinyProject) -> None:
    """Change one expected total, remove one row, and add one."""
    path = shop.root / "tests" / "fixtures" / "totals" / "expected.csv"
    header, first, _, *rest = path.read_text().splitlines()
    changed = ",".join([*first.split(",")[:2], "1.25"])
    path.write_text("\n".join([header, changed, *rest, "zz@zz,gold,7.00", ""]))


def test_a_failure_shows_the_rows_in_a_terminal_of_80_columns(fresh: TinyProject) -> None:
    record(fresh, "totals")
    rows = recorded(fresh, "totals/expected.csv")
    first, second = rows[:2]
    broken(fresh)
    shown = in_terminal(fresh.root, "test", "totals")
    assert shown.returncode == 1
    lines = [line for line in shown.screen if line]
    assert lines == [
        f"  ✗ totals: {len(rows)} rows",
        "      1 row changed, 1 row missing, 1 row unexpected",
        "      changed columns: total (1)",
        f"        changed     email='{first['email']}'",
        f"                      total: expected 1.25, got {first['total']}",
        "        missing     email='zz@zz', tier='gold', total=7.00",
        f"        unexpected  email='{second['email']}', tier='{second['tier']}', total={second['total']}",
        "[ERROR] 1 of 1 test failed",
    ]
    assert max(map(len, lines)) <= 80


def test_pytest_runs_recorded_tests_beside_others(fresh: TinyProject) -> None:
    record(fresh, "totals", "load_orders")
    fresh.write({"tests/test_own.py": "def test_own():\n    pass\n"})
    good = run_pytest(fresh.root)
    assert good.returncode == 0, good.stdout
    assert "3 passed" in good.stdout
    assert "warning" not in good.stdout, good.stdout

    broken(fresh)
    bad = run_pytest(fresh.root)
    assert bad.returncode == 1
    assert "1 failed, 2 passed" in bad.stdout
    assert "recorded test of totals" in bad.stdout
    assert "missing     email='zz@zz', tier='gold', total=7.00" in bad.stdout
    assert "Traceback" not in bad.stdout
    assert "tests/fixtures/totals/expected.csv::totals" in bad.stdout


def test_a_pipeline_that_fails_on_the_rows_fails_its_test(fresh: TinyProject) -> None:
    record(fresh, "totals")
    path = fresh.root / "tests" / "fixtures" / "totals" / "sources" / "orders.csv"
    path.write_text(path.read_text().replace(",_run_id", ",run"))
    done = alur(fresh.root, "test", "totals")
    assert done.returncode == 1
    assert "tests/fixtures/totals/sources/orders.csv:1: no column '_run_id'" in done.stdout


def test_spark_runs_what_is_not_certified_on_sail(fresh: TinyProject) -> None:
    fresh.write({"alur.toml": '[project]\nname = "shop"\n[defaults]\nengine = "auto"\n'})
    try:
        printed = record(fresh, "spread")
    finally:
        fresh.write({"alur.toml": '[project]\nname = "shop"\n'})
    assert "ran on Spark" in printed


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["totals"], 1, "no test of totals is recorded"),
        ([], 1, "no test is recorded"),
        (["totls"], 1, "did you mean 'totals'?"),
        (["--rows", "3"], 2, "--rows, --force and --env need --record"),
        (["--record"], 2, "--record needs the name of a pipeline"),
        (["--record", "totals", "--rows", "0"], 2, "range"),
        (["--record", "totals", "--env", "nowhere"], 1, "no environment 'nowhere'"),
    ],
)
def test_mistakes_are_answered(
    fresh: TinyProject, arguments: list[str], code: int, message: str
) -> None:
    done = alur(fresh.root, "test", *arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert not (fresh.root / "tests").exists()


EVERY_TYPE = """
    class Inner(BaseModel):
        moment: datetime | None
        data: bytes | None
        amounts: list[Annotated[Decimal, Field(max_digits=6, decimal_places=2)] | None]

    class Every(SilverTable, key="id"):
        id: Int32
        text: str | None
        wide: float | None
        narrow: Float32 | None
        flag: bool | None
        data: bytes | None
        day: date | None
        moment: datetime | None
        amount: Decimal | None = Field(max_digits=12, decimal_places=2)
        inner: Inner | None
        by_name: dict[str, Inner | None] | None

    class Copy(SilverTable, key="id"):
        id: Int32
        text: str | None
        wide: float | None
        narrow: Float32 | None
        flag: bool | None
        data: bytes | None
        day: date | None
        moment: datetime | None
        amount: Decimal | None = Field(max_digits=12, decimal_places=2)
        inner: Inner | None
        by_name: dict[str, Inner | None] | None

    class Nothing(SilverTable, key="id"):
        id: Int32

    class Both(SilverTable, key="id"):
        id: Int32
"""
COPIES = """
    @pipeline(sources={"rows": files("e/*.parquet", format="parquet", schema=Every)}, target=Every)
    def load(rows):
        return rows

    @pipeline(sources={"rows": Every}, target=Copy)
    def copy(rows):
        return rows

    @pipeline(sources={"rows": Every}, target=Nothing)
    def nothing(rows):
        return rows.where("id < 0").select("id")

    @pipeline(sources={"left": Copy, "again": Copy, "empty": Nothing, "right": Every}, target=Both)
    def both(left, again, empty, right):
        ids = left.select("id").intersect(right.select("id"))
        return ids.unionByName(empty).intersect(again.select("id"))
"""


def test_every_type_and_empty_and_repeated_sources(project: TinyProject) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    project.declare(EVERY_TYPE, COPIES)
    inner = pa.struct(
        [
            ("moment", pa.timestamp("us", "UTC")),
            ("data", pa.binary()),
            ("amounts", pa.list_(pa.decimal128(6, 2))),
        ]
    )
    first = {
        "moment": datetime(1969, 1, 2, 3, 4, 5, 6, timezone.utc),
        "data": b"\x00",
        "amounts": [Decimal("1.50"), None],
    }
    columns = {
        "id": pa.array(range(100), pa.int32()),
        "text": pa.array(["", None, "a\r\nb", 'q"', ","] * 20),
        "wide": pa.array([math.nan, -0.0, math.inf, None, 5e-324] * 20),
        "narrow": pa.array([0.1, -0.0, None, math.nan, -math.inf] * 20, pa.float32()),
        "flag": pa.array([True, False, None, True, False] * 20),
        "data": pa.array([b"", None, b"\xff", b"a", b'"'] * 20),
        "day": pa.array(
            [date(1, 1, 1), None, date(9999, 12, 31), date(2024, 2, 29), date(1970, 1, 1)] * 20
        ),
        "moment": pa.array(
            [datetime(1, 1, 1), None, datetime(9999, 12, 31, 23, 59, 59, 999999)] * 33 + [None],
            pa.timestamp("us", "UTC"),
        ),
        "amount": pa.array([Decimal("-0.01"), None] * 50, pa.decimal128(12, 2)),
        "inner": pa.array([first, None] * 50, inner),
        "by_name": pa.array(
            [[("k", first), ("", None)], None, [], [("x", None)]] * 25, pa.map_(pa.string(), inner)
        ),
    }
    project.land("e/keep.txt", "")
    pq.write_table(pa.table(columns), project.root / "landing" / "e" / "a.parquet")
    project.run().all_succeeded()

    record(project, "load", "copy", "nothing", "both")

    fixtures = project.root / "tests" / "fixtures"
    rows = (fixtures / "copy" / "expected.csv").read_text()
    assert rows == (fixtures / "copy" / "sources" / "rows.csv").read_text()
    assert len(recorded(project, "copy/expected.csv")) == 20
    for text in (
        '""',
        "nan",
        "-0.0",
        "5e-324",
        "0001-01-01T00:00:00Z",
        '""amounts"": [""1.50"", null]',
    ):
        assert text in rows
    both = fixtures / "both"
    assert sorted(path.name for path in (both / "sources").iterdir()) == [
        "empty.csv",
        "left.csv",
        "right.csv",
    ]
    assert (both / "sources" / "empty.csv").read_text() == "id\n"
    # Nothing joins, but all have a column that is a key.
    assert len(recorded(project, "both/expected.csv")) >= 16
    done = alur(project.root, "test")
    assert "[OK] 4 tests passed" in done.stdout, done.stdout
