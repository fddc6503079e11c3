"""Data files that other tools have written with other Arrow types, such as ``large_string``, beside Alur's own."""

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog.sql import SqlCatalog

from tests.engines import each_engine

COLUMNS = """
    name: str
    kind: str | None
    data: bytes
    tags: list[str]
    links: dict[str, Part]
    part: Part
    parts: list[Part] | None
"""
CONTRACTS = f"""
class Part(BaseModel):
    name: str
    tags: list[str]

class Raw(BronzeTable):{COLUMNS}
class Item(SilverTable, key="name"):{COLUMNS}
class Copy(GoldTable):{COLUMNS}
"""
WIDER = CONTRACTS.replace(
    "    tags: list[str]\n\n", "    size: int | None\n    tags: list[str]\n\n"
)
WIDER = WIDER.replace("    data: bytes\n", "    weight: float | None\n    data: bytes\n")
PIPELINES = """
@pipeline(
    sources={"items": files("in/*.parquet", format="parquet", schema=Item)}, target=Raw, mode="append"
)
def load(items):
    return items

@pipeline(sources={"raw": Raw}, target=Item, mode="merge")
def merge(raw):
    return raw.drop("_ingested_at", "_source_file", "_run_id")

@pipeline(sources={"items": Item}, target=Copy)
def copy(items):
    return items
"""


def item(name, kind="own"):
    """Return a row whose struct's fields differ in value and in number."""
    part = {"name": name, "tags": ["x", name]}
    return {
        "name": name,
        "kind": kind,
        "data": name.encode(),
        "tags": [name, "é"],
        "links": [("k", part)],
        "part": part,
        "parts": [part],
    }


def layout(text, binary, many, kind):
    """Return the schema of a file; required columns say so, as PyIceberg demands."""
    texts = many(pa.field("element", text, nullable=False))
    part = pa.struct([pa.field("name", text, False), pa.field("tags", texts, False)])
    return pa.schema(
        [
            pa.field("name", text, False),
            pa.field("kind", kind),
            pa.field("data", binary, False),
            pa.field("tags", texts, False),
            pa.field("links", pa.map_(text, pa.field("value", part, False)), False),
            pa.field("part", part, False),
            pa.field("parts", many(pa.field("element", part, False))),
        ]
    )


PLAIN = layout(pa.string(), pa.binary(), pa.list_, pa.string())
LARGE = layout(pa.large_string(), pa.large_binary(), pa.large_list, pa.large_string())
CODED = layout(pa.string(), pa.binary(), pa.list_, pa.dictionary(pa.int32(), pa.string()))


def as_iceberg(project):
    """Return the table of items, as another program opens it."""
    warehouse = project.root / ".alur" / "warehouse"
    return SqlCatalog("alur", uri=f"sqlite:///{warehouse}/catalog.db").load_table("silver.item")


def land(project, name, schema, *rows):
    """Write a landing file."""
    path = project.root / "landing" / "in" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema), path)


def rows_of(project, table):
    """Return rows as ``item`` makes them."""
    return sorted(project.arrow(table).to_pylist(), key=lambda row: row["name"])


@each_engine
def test_files_of_other_types_are_read_beside_own_ones(project, engine, tmp_path):
    project.engine = engine
    project.declare(CONTRACTS, PIPELINES)
    land(project, "a.parquet", LARGE, item("a"))
    land(project, "b.parquet", PLAIN, item("b"))
    project.run().all_succeeded()
    table = as_iceberg(project)
    table.append(pa.Table.from_pylist([item("c", "large"), item("d", "large")], LARGE))
    coded = tmp_path / "by another tool.parquet"
    pq.write_table(pa.Table.from_pylist([item("e", "coded")], CODED), coded)
    table.add_files([str(coded)])
    land(project, "c.parquet", CODED, item("c", "merged"))
    project.run().all_succeeded()
    expected = [
        item("a"),
        item("b"),
        item("c", "merged"),
        item("d", "large"),
        item("e", "coded"),
    ]
    assert rows_of(project, "silver.item") == expected
    assert rows_of(project, "gold.copy") == expected


def test_columns_and_fields_that_files_of_other_types_lack_are_null(project):
    project.declare(CONTRACTS, PIPELINES)
    land(project, "a.parquet", PLAIN, item("a"))
    project.run().all_succeeded()
    as_iceberg(project).append(pa.Table.from_pylist([item("c", "large")], LARGE))
    project.declare(WIDER, PIPELINES)
    project.run("merge", "copy").all_succeeded()

    def wider(part):
        return {"name": part["name"], "size": None, "tags": part["tags"]}

    assert rows_of(project, "gold.copy") == [
        old
        | {
            "weight": None,
            "part": wider(old["part"]),
            "parts": [wider(old["parts"][0])],
            "links": [("k", wider(old["part"]))],
        }
        for old in (item("a"), item("c", "large"))
    ]
