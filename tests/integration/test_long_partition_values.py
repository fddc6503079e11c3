"""Partition values of any length and number, on a disk with names of at most 255 bytes."""

from tests.engines import each_engine
from tests.tiny_project import csv_of

VALUES = [
    "Товары для дома и сада и для отдыха на даче летом и зимой",
    "日本語" * 40,
    "x" * 255,
    "y" * 10_000,
    "a/b%2F" * 60,
    ".",
    "..",
    "",
    "👍" * 30,
]


@each_engine
def test_rows_are_read_back_by_their_partition(project):
    names = [f"c{n}" for n in range(30)]
    fields = "\n".join(f"    {name}: str" for name in names)
    by = ", ".join(f'"{name}"' for name in names)
    project.declare(
        f"""
class Raw(BronzeTable):
    id: int
    s: str

class Long(SilverTable, key="id", partition_by="s"):
    id: int
    s: str

class Many(SilverTable, key="id", partition_by=[{by}]):
    id: int
{fields}
""",
        f"""
@pipeline(sources={{"raw": files("raw.csv", schema=Raw)}}, target=Raw)
def load(raw):
    return raw

@pipeline(sources={{"raw": Raw}}, target=Long, mode="overwrite_partitions")
def write(raw):
    return raw

@pipeline(sources={{"raw": Raw}}, target=Many, mode="append")
def many(raw):
    return raw.select(F.col("id") + F.lit({{offset}}), *(F.substring("s", 1, 60).alias(n) for n in {names!r}))
""".replace('F.col("id") + F.lit({offset})', '"id"').replace(
            'target=Many, mode="append"', "target=Many"
        ),
    )
    values = [value for value in VALUES if value]
    project.land("raw.csv", csv_of("id,s", [(n, f'"{value}"') for n, value in enumerate(values)]))
    for _ in range(2):
        project.run().all_succeeded()
        assert project.rows("long") == list(enumerate(values))
        assert project.rows("many", "id", "c29") == [(n, v[:60]) for n, v in enumerate(values)]
    table = project.table("long")
    for n, value in enumerate(values):
        from pyiceberg.expressions import EqualTo

        found = table.scan(row_filter=EqualTo("s", value)).to_arrow()
        assert found["id"].to_pylist() == [n]
