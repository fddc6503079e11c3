"""A contract's rules count exactly their violations, on both engines."""

from datetime import date, datetime, timezone
from decimal import Decimal
from math import inf, nan

import pyarrow as pa
import pyarrow.parquet as pq

from tests.engines import each_engine

CONTRACTS = """
    class Inner(BaseModel):
        city: str = Field(min_length=2)
        size: int | None = Field(ge=1)

    class Checked(BronzeTable, on_violation="warn"):
        ge: int | None = Field(ge=10)
        gt: float | None = Field(gt=0.5)
        le: Decimal | None = Field(max_digits=6, decimal_places=2, le=5)
        lt: Int32 | None = Field(lt=3)
        after: datetime | None = Field(ge=datetime(2024, 1, 1))
        before: date | None = Field(lt=date(2024, 1, 1))
        short: str | None = Field(max_length=2)
        long: str | None = Field(min_length=2)
        code: str | None = Field(pattern="^[A-Z]{2}")
        blob: bytes | None = Field(max_length=2)
        size: Literal["S", "M"] | None
        tags: list[str] | None = Field(min_length=1)
        names: list[Annotated[str, Field(max_length=3)] | None] | None
        scores: dict[str, Annotated[int, Field(le=9)]] | None
        inner: Inner | None
        inners: list[Inner] | None
"""
PIPELINES = """
    @pipeline(sources={"rows": files("rows.parquet", schema=Checked, format="parquet")}, target=Checked)
    def load(rows):
        return rows
"""
INNER = pa.struct([("city", pa.string()), ("size", pa.int64())])
SCHEMA = {
    "ge": pa.int64(),
    "gt": pa.float64(),
    "le": pa.decimal128(6, 2),
    "lt": pa.int32(),
    "after": pa.timestamp("us", tz="UTC"),
    "before": pa.date32(),
    "short": pa.string(),
    "long": pa.string(),
    "code": pa.string(),
    "blob": pa.binary(),
    "size": pa.string(),
    "tags": pa.list_(pa.string()),
    "names": pa.list_(pa.string()),
    "scores": pa.map_(pa.string(), pa.int64()),
    "inner": INNER,
    "inners": pa.list_(INNER),
}
NEW_YEAR = datetime(2024, 1, 1, tzinfo=timezone.utc)
GOOD = {
    "ge": [10, 2**62],
    "gt": [0.6, inf, nan],
    "le": [Decimal("5.00"), Decimal("-1")],
    "lt": [2, -(2**31)],
    "after": [NEW_YEAR],
    "before": [date(2023, 12, 31), date(1, 1, 1)],
    "short": ["", "é日", "👍👍"],
    "long": ["ab", "👍👍"],
    "code": ["AB", "XYz"],
    "blob": [b"", b"\xff\xff"],
    "size": ["S", "M"],
    "tags": [["a"], ["a", "b"]],
    "names": [[], [None], ["abc", None]],
    "scores": [[], [("a", 9)]],
    "inner": [{"city": "ab", "size": None}, {"city": "ab", "size": 1}],
    "inners": [[], [{"city": "ab", "size": 1}]],
}
BAD = {
    "ge_ge": ("ge", [9, -(2**63)]),
    "gt_gt": ("gt", [0.5, -inf]),
    "le_le": ("le", [Decimal("5.01")]),
    "lt_lt": ("lt", [3]),
    "after_ge": ("after", [datetime(2023, 12, 31, 23, 59, 59, 999999, timezone.utc)]),
    "before_lt": ("before", [date(2024, 1, 1)]),
    "short_max_length": ("short", ["abc", "👍👍👍"]),
    "long_min_length": ("long", ["", "👍"]),
    "code_pattern": ("code", ["", "ab", "xAB"]),
    "blob_max_length": ("blob", [b"abc"]),
    "size_one_of": ("size", ["", "L", "s"]),
    "tags_min_length": ("tags", [[]]),
    "tags.element_not_null": ("tags", [[None], ["a", None]]),
    "names.element_max_length": ("names", [["abcd"], [None, "abcd"]]),
    "scores.value_le": ("scores", [[("a", 1), ("b", 10)]]),
    "scores.value_not_null": ("scores", [[("a", None)]]),
    "inner.city_min_length": ("inner", [{"city": "a", "size": None}]),
    "inner.city_not_null": ("inner", [{"city": None, "size": 1}]),
    "inner.size_ge": ("inner", [{"city": "ab", "size": 0}]),
    "inners.element_not_null": ("inners", [[None]]),
    "inners.element.city_not_null": ("inners", [[{"city": None, "size": 1}]]),
    "inners.element.city_min_length": (
        "inners",
        [[{"city": "ab", "size": 1}, {"city": "", "size": 1}]],
    ),
    "inners.element.size_ge": ("inners", [[{"city": "ab", "size": 0}]]),
}


def write(project, cells):
    rows = [{column: value} for column, value in cells]
    schema = pa.schema(list(SCHEMA.items()))
    (project.root / "landing").mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), project.root / "landing/rows.parquet")


@each_engine
def test_good_rows_break_no_rule(project):
    project.declare(CONTRACTS, PIPELINES)
    write(
        project, [("ge", None), *((column, v) for column, values in GOOD.items() for v in values)]
    )
    checks = project.run().succeeded("load").checks
    assert {check.rule.name for check in checks} == set(BAD)
    assert [check.rule.name for check in checks if check.violations] == []


@each_engine
def test_bad_rows_are_counted_rule_by_rule(project):
    project.declare(CONTRACTS.replace(', on_violation="warn"', ""), PIPELINES)
    write(project, [(column, value) for column, values in BAD.values() for value in values])
    error = project.run().error("load")
    total = sum(len(values) for _, values in BAD.values())
    contract = project.contract("checked")
    for rule in contract.rules:
        count = len(BAD[rule.name][1])
        verb = "violates" if count == 1 else "violate"
        line = f"  {count} of {total} rows {verb}: {rule.describe()}\n"
        assert line in error.message + "\n", rule
    assert len(error.message.splitlines()) < 1 + 4 * len(BAD) + 10
