"""Lists of models through everything that a pipeline does to rows, in local tables and in a job's."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

from tests.engines import each_engine

_WAYS = {
    "one_by_key": 'a.filter("id > 0").dropDuplicates(["id"]).select("id", "items")',
    "distinct": 'a.select("id", "items").distinct()',
    "first": 'a.groupBy("id").agg(F.first("items").alias("items"))',
    "grouped": 'a.groupBy("id", "items").count().select("id", "items")',
    "joined": 'a.select("id", "items").join(a.select("id"), "id")',
    "united": 'a.select("id", "items").union(a.select("id", "items").filter("id < 0"))',
    "ranked": 'a.withColumn("n", F.row_number().over(Window.partitionBy("id").orderBy("id"))).filter("n = 1").select("id", "items")',
    "made": 'a.select("id", F.transform("items", lambda i: F.struct(i.sku.alias("sku"), i.tags.alias("tags"))).alias("items"))',
}
_CONTRACTS = """
    class Item(BaseModel):
        sku: str
        tags: list[str] | None

    class A(BronzeTable):
        id: int
        items: list[Item]
""" + "".join(
    f"""
    class {name.title().replace("_", "")}(SilverTable, key="id"):
        id: int
        items: list[Item]
"""
    for name in _WAYS
)
_PIPELINES = """
    from pyspark.sql import Window

    @pipeline(sources={"e": files("e/*.parquet", schema=A, format="parquet")}, target=A)
    def load(e):
        return e
""" + "".join(
    f"""
    @pipeline(sources={{"a": A}}, target={name.title().replace("_", "")})
    def {name}(a):
        return {expression}
"""
    for name, expression in _WAYS.items()
)
_ITEMS = [
    [{"sku": "a", "tags": ["x"]}],
    [{"sku": "b", "tags": None}, {"sku": "c", "tags": []}],
]


def _check(project) -> None:
    item = pa.struct(
        [
            ("sku", pa.string()),
            ("tags", pa.list_(pa.string())),
        ]
    )
    landed = pa.table({"id": pa.array([1, 2]), "items": pa.array(_ITEMS, pa.list_(item))})
    file = io.BytesIO()
    pq.write_table(landed, file)
    project.land("e/1.parquet", file.getvalue())
    project.run().all_succeeded()
    for name in _WAYS:
        table = f"silver.{name.replace('_', '')}"
        assert project.rows(table) == list(zip([1, 2], _ITEMS, strict=True)), name


@each_engine
def test_on_this_machine(project):
    project.declare(_CONTRACTS, _PIPELINES)
    _check(project)


def test_in_jobs(jobs):
    jobs.declare(_CONTRACTS, _PIPELINES).deploy()
    _check(jobs)
