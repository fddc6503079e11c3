"""NaN stays NaN, and counts as greater than every number, as on Spark."""

import math
import struct
from itertools import product

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.engines import each_engine
from tests.tiny_project import SYSTEM_COLUMNS

NAN = float("nan")
COLUMNS = {
    "one other value": [1.5, NAN, 1.5],
    "one other value and nulls": [1.5, NAN, None, 1.5],
    "zero": [0.0, NAN, 0.0],
    "several": [1.5, NAN, None, 2.5, -1.5],
    "only": [NAN, NAN],
    "infinity": [math.inf, NAN],
}


def _equal(a: float, b: float) -> bool:
    return (math.isnan(a) and math.isnan(b)) or a == b


def _less(a: float, b: float) -> bool:
    return not math.isnan(a) and (math.isnan(b) or a < b)


FILTERS = {
    "x != v": lambda x, v: not _equal(x, v),
    "x = v": _equal,
    "x < v": _less,
    "x <= v": lambda x, v: not _less(v, x),
    "x > v": lambda x, v: _less(v, x),
    "x >= v": lambda x, v: not _less(x, v),
    "x IN (v, 99)": lambda x, v: _equal(x, v) or x == 99,
    "x NOT IN (v, 99)": lambda x, v: not _equal(x, v) and x != 99,
}


def _text(values) -> list[str]:
    return ["null" if value is None else f"{float(value)}" for value in values]


ON_SPARK = ["one other value and nulls", "several", "only"]


@pytest.mark.parametrize(
    ("engine", "columns"),
    [
        ("sail", list(COLUMNS)),
        ("spark", ON_SPARK),
        pytest.param("spark", [c for c in COLUMNS if c not in ON_SPARK], marks=pytest.mark.nightly),
    ],
    ids=["sail", "spark", "more on spark"],
)
def test_filters_of_a_pipeline(project, columns):
    """One project has a table for every condition on every column."""
    for number, values in enumerate(COLUMNS[column] for column in columns):
        table = pa.table(
            {
                "id": pa.array(range(len(values)), pa.int64()),
                "x": pa.array(values, pa.float64(), from_pandas=False),
                "y": pa.array(values, pa.float32(), from_pandas=False),
            }
        )
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, write_page_index=True)
        project.land(f"t{number}/1.parquet", sink.getvalue().to_pybytes())
    project.declare(_declared_tables(len(columns)), _declared_pipelines(len(columns)))
    project.run().all_succeeded()
    wrong = []
    for number, values in enumerate(COLUMNS[column] for column in columns):
        kept = project.rows(f"silver.s{number}", "id", "filters")
        found = {row[0]: row[1] for row in kept}
        assert _text(row[1] for row in project.rows(f"bronze.t{number}")) == _text(values)
        for (at, value), (n, (condition, holds)), v in product(
            enumerate(values), enumerate(FILTERS.items()), (1.5, NAN)
        ):
            expected = value is not None and holds(value, v)
            for column in "xy":
                if (f"{n}{column}{v}" in (found[at] or [])) != expected:
                    wrong.append((_text(values), condition, column, v, at))
    assert wrong == []


def _declared_tables(number: int) -> str:
    tables = [
        f"""
    class T{n}(BronzeTable, key="id"):
        id: int
        x: float | None
        y: Float32 | None

    class S{n}(SilverTable, key="id"):
        id: int
        filters: list[str] | None
"""
        for n in range(number)
    ]
    return "".join(tables)


def _declared_pipelines(number: int) -> str:
    conditions = {
        f"{n}{column}{v}": condition.replace("v", f"{kind}('{v}')").replace("x", column, 1)
        for (n, condition), (column, kind), v in product(
            enumerate(FILTERS), (("x", "double"), ("y", "float")), (1.5, NAN)
        )
    }
    pipelines = [
        f"""
    CONDITIONS = {conditions!r}

    def matches(t):
        found = None
        for name, condition in CONDITIONS.items():
            rows = t.filter(condition).select("id", F.lit(name).alias("name"))
            found = rows if found is None else found.union(rows)
        return found.groupBy("id").agg(F.collect_list("name").alias("filters"))
"""
    ]
    for n in range(number):
        pipelines.append(
            f"""
    @pipeline(sources={{"t": files("t{n}/*.parquet", format="parquet", schema=T{n})}}, target=T{n}, mode="merge")
    def load{n}(t):
        return t

    @pipeline(sources={{"t": T{n}}}, target=S{n})
    def match{n}(t):
        return t.select("id").join(matches(t), "id", "left")
"""
        )
    return "".join(pipelines)


@each_engine
def test_rows_that_a_merge_does_not_touch(project):
    project.declare(
        """
    class Rates(BronzeTable, key="id"):
        id: int
        rate: float | None
""",
        """
    @pipeline(sources={"f": files("f/*.csv", schema=Rates)}, target=Rates, mode="merge")
    def load(f):
        return f
""",
    )
    for number, lines in enumerate(("1,1.5\n2,NaN\n3,1.5\n4,\n", "9,1.5\n", "1,2.5\n")):
        project.land(f"f/{number}.csv", f"id,rate\n{lines}")
        project.run().all_succeeded()
    rates = {row[0]: row[1] for row in project.rows("bronze.rates")}
    assert _text(rates[key] for key in (1, 2, 3, 4, 9)) == ["2.5", "nan", "1.5", "null", "1.5"]


@each_engine
def test_rules(project):
    rules = {"le": ("le=9", 1), "lt": ("lt=9", 1), "ge": ("ge=1", 0), "gt": ("gt=1", 0)}
    project.declare(
        "".join(
            f'class {name}(BronzeTable, key="id"):\n    id: int\n    rate: float = Field({rule})\n'
            for name, (rule, _) in rules.items()
        ),
        "".join(
            f"""
@pipeline(sources={{"f": files("f/*.csv", schema={name})}}, target={name}, mode="merge")
def load_{name}(f):
    return f
"""
            for name in rules
        ),
    )
    project.land("f/1.csv", "id,rate\n1,1.5\n2,NaN\n3,1.5\n")
    ran = project.run()
    for name, (_, breaks) in rules.items():
        if breaks:
            assert "1 of 3 rows" in ran.error(f"load_{name}").message, name
        else:
            ran.succeeded(f"load_{name}")


def test_a_job_on_iceberg_tables(jobs):
    """Iceberg's bounds of a file exclude NaN, too."""
    jobs.declare(
        """
    class Rates(BronzeTable, key="id"):
        id: int
        rate: float | None

    class Others(SilverTable, key="id"):
        id: int
        rate: float | None

    class Greater(SilverTable, key="id"):
        id: int
        rate: float | None
""",
        """
    @pipeline(sources={"f": files("f/*.csv", schema=Rates)}, target=Rates, mode="merge")
    def load(f):
        return f

    @pipeline(sources={"rates": Rates}, target=Others)
    def others(rates):
        return rates.filter(F.col("rate") != 1.5).select("id", "rate")

    @pipeline(sources={"rates": Rates}, target=Greater)
    def greater(rates):
        return rates.filter(F.col("rate") > 1.5).select("id", "rate")
""",
    ).deploy()
    for number, lines in enumerate(("1,1.5\n2,NaN\n3,1.5\n4,\n", "9,1.5\n")):
        jobs.land(f"f/{number}.csv", f"id,rate\n{lines}")
        jobs.run().all_succeeded()
    rates = {row[0]: row[1] for row in jobs.rows("bronze.rates")}
    assert _text(rates[key] for key in (1, 2, 3, 4, 9)) == ["1.5", "nan", "1.5", "null", "1.5"]
    assert [row[0] for row in jobs.rows("silver.others")] == [2]
    assert [row[0] for row in jobs.rows("silver.greater")] == [2]


_WITHIN = {
    "Plain": "x",
    "Narrow": "y",
    "Listed": "explode(xs)",
    "Named": "named['a']",
    "Inner": "point.x",
}


@each_engine
def test_a_signed_nan_that_another_tool_wrote(project):
    """https://spark.apache.org/docs/3.5.6/sql-ref-datatypes.html#nan-semantics."""
    contracts = """
    class Point(BaseModel):
        x: float | None
        label: str | None

    class Rates(BronzeTable, key="id"):
        id: int
        x: float | None
        y: Float32 | None
        xs: list[float | None] | None
        named: dict[str, float | None] | None
        point: Point | None
"""
    pipelines = """
    @pipeline(sources={"f": files("f/*.parquet", format="parquet", schema=Rates)}, target=Rates, mode="merge")
    def load(f):
        return f
"""
    for name, expression in _WITHIN.items():
        contracts += f"""
    class {name}(SilverTable, key=("id", "x")):
        id: int
        x: float
"""
        pipelines += f"""
    @pipeline(sources={{"rates": Rates}}, target={name})
    def {name.lower()}(rates):
        numbers = rates.selectExpr("id", "{expression} AS x").filter("x > 1e300")
        return numbers.select("id", F.col("x").cast("double").alias("x")).distinct()
"""
    project.declare(contracts, pipelines)
    (signed,) = struct.unpack("<d", bytes(6) + bytes([0xF8, 0xFF]))
    project.land("f/1.parquet", _parquet(_rates(1, 1.5), _rates(2, None)))
    project.run("load").all_succeeded()
    loaded = project.arrow("bronze.rates")
    system = {
        name: loaded[name][0].as_py() for name in SYSTEM_COLUMNS if name in loaded.schema.names
    }
    rows = [system | _rates(3, signed), system | _rates(4, NAN)]
    project.table("bronze.rates").append(pa.Table.from_pylist(rows, schema=loaded.schema))
    stored = project.arrow("bronze.rates")["x"].to_pylist()
    assert -1.0 in [math.copysign(1, x) for x in stored if x is not None]
    project.run(*(name.lower() for name in _WITHIN)).all_succeeded()
    assert {name: str(project.rows(f"silver.{name.lower()}")) for name in _WITHIN} == dict.fromkeys(
        _WITHIN, "[(3, nan), (4, nan)]"
    )


def _rates(id_: int, x: float | None) -> dict[str, object]:
    point = {"x": x, "label": "a"}
    return {"id": id_, "x": x, "y": x, "xs": [x, None], "named": {"a": x}, "point": point}


def _parquet(*rows: dict[str, object]) -> bytes:
    schema = pa.schema(
        {
            "id": pa.int64(),
            "x": pa.float64(),
            "y": pa.float32(),
            "xs": pa.list_(pa.float64()),
            "named": pa.map_(pa.string(), pa.float64()),
            "point": pa.struct({"x": pa.float64(), "label": pa.string()}),
        }
    )
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), sink)
    return sink.getvalue().to_pybytes()
