"""What is within nested models, lists and dicts grows as columns do: files of before are read beside the new ones."""

from decimal import Decimal

import pytest

from alur.errors import SchemaError
from tests.engines import each_engine

OLD = """
class Place(BaseModel):
    n: Int32
    fee: Decimal = Field(max_digits=6, decimal_places=2)
"""
WIDER = """
class Place(BaseModel):
    n: int
    fee: Decimal = Field(max_digits=20, decimal_places=2)
"""
LARGER = """
class Spot(BaseModel):
    x: float | None

class Place(BaseModel):
    first: str | None
    n: int
    spot: Spot | None
    fee: Decimal = Field(max_digits=6, decimal_places=2)
    last: list[str] | None
"""
BREAKING = {
    "dropped": ("    n: Int32\n", "place.fee was dropped"),
    "narrowed": (
        OLD.replace("=6", "=5"),
        "place.fee: decimal(6,2) became decimal(5,2)",
    ),
    "required": (OLD + "    more: str\n", "place.more was added and is required"),
    "moved": (
        "    fee: Decimal = Field(max_digits=6, decimal_places=2)\n    n: Int32\n",
        "place: its fields change places",
    ),
}
SQL = {
    OLD: "named_struct('n', {n}, 'fee', 1.25BD)",
    WIDER: "named_struct('n', {n} + 4000000000L, 'fee', 1.25BD)",
    LARGER: "named_struct('first', 'f{n}', 'n', {n} + 4000000000L, 'spot', named_struct('x', 0.5D), "
    "'fee', 1.25BD, 'last', array('l'))",
}


def declare(project, place, mode, n, list_of="Int32", sql=None):
    value = (sql or SQL[place]).format(n=n)
    nothing = f"if({n} > 0, null, {value})"
    project.declare(
        f"""
class Start(BronzeTable):
    i: int

{place}
class T(SilverTable, key="id", partition_by="part"):
    id: int
    part: int
    place: Place | None
    nothing: Place | None
    places: list[Place | None]
    named: dict[str, Place | None]
    deep: list[list[Place]]
    numbers: list[{list_of}]

class After(GoldTable):
    id: int
    part: int
    place: Place | None
    nothing: Place | None
    places: list[Place | None]
    named: dict[str, Place | None]
    deep: list[list[Place]]
    numbers: list[{list_of}]
""",
        f"""
@pipeline(sources={{"start": files("start.csv", schema=Start)}}, target=Start)
def begin(start):
    return start

@pipeline(sources={{"start": Start}}, target=T, mode="{mode}")
def write(start):
    return start.selectExpr(
        "{n}L as id", "{n}L as part", "{value} as place", "{nothing} as nothing",
        "array({value}, {nothing}) as places", "map('a', {value}, 'b', {nothing}) as named",
        "array(array({value})) as deep", "array({n}) as numbers")

@pipeline(sources={{"t": T}}, target=After)
def read(t):
    return t
""",
    )
    project.land("start.csv", "i\n1\n")


def row_of(n, inner):
    return {
        "id": n,
        "part": n,
        "place": inner,
        "nothing": None,
        "places": [inner, None],
        "named": [("a", inner), ("b", None)],
        "deep": [[inner]],
        "numbers": [n],
    }


def grown(n, place):
    big = n + 4_000_000_000
    if place == WIDER:
        return row_of(n, {"n": big, "fee": Decimal("1.25")})
    inner = {"first": f"f{n}", "n": big, "spot": {"x": 0.5}, "fee": Decimal("1.25"), "last": ["l"]}
    return row_of(n, inner)


def kept(n, place):
    """A row from before, as the contract has it now."""
    inner = {"n": n, "fee": Decimal("1.25")}
    if place == LARGER:
        inner = {"first": None, "n": n, "spot": None, "fee": Decimal("1.25"), "last": None}
    return row_of(n, inner)


def assert_rows(project, rows):
    for table in ("t", "after"):
        assert project.arrow(table).sort_by("id").to_pylist() == rows, table
    found = project.table("t").scan().to_arrow().sort_by("id").to_pylist()
    for one, other in zip(found, rows, strict=True):
        # PyIceberg makes null structs within lists and maps empty ones; see pyiceberg_data_files.
        assert one["place"] == other["place"]
        assert one["numbers"] == other["numbers"]


@each_engine
@pytest.mark.parametrize("mode", ["append", "merge", "overwrite_partitions", "overwrite"])
@pytest.mark.parametrize("place", [WIDER, LARGER], ids=["wider", "larger"])
def test_a_table_follows(project, mode, place):
    check_growth(project, mode, place)


def check_growth(project, mode, place):
    declare(project, OLD, mode, 1)
    project.run().all_succeeded()
    declare(project, place, mode, 2, list_of="int")
    project.run().all_succeeded()
    before = [] if mode == "overwrite" else [kept(1, place)]
    assert_rows(project, [*before, grown(2, place)])
    declare(project, place, mode, 3, list_of="int")
    project.run().all_succeeded()
    between = [] if mode == "overwrite" else [grown(2, place)]
    assert_rows(project, [*before, *between, grown(3, place)])


@each_engine
def test_readers_of_an_older_table_see_its_rows_as_their_contract_has_them(project):
    declare(project, OLD, "append", 1)
    project.run().all_succeeded()
    declare(project, LARGER, "append", 2, list_of="int")
    project.run("read").all_succeeded()
    assert project.arrow("after").to_pylist() == [kept(1, LARGER)]


@pytest.mark.parametrize("change", BREAKING)
@pytest.mark.parametrize("mode", ["append", "merge", "overwrite_partitions"])
def test_what_rows_of_before_cannot_follow_is_refused(project, change, mode):
    fields, message = BREAKING[change]
    place = fields if "class" in fields else f"\nclass Place(BaseModel):\n{fields}"
    declare(project, OLD, mode, 1)
    project.run().all_succeeded()
    snapshots = project.snapshots()
    declare(project, place, mode, 2, sql=SQL[OLD])
    error = project.run("write").error("write")
    assert isinstance(error, SchemaError)
    assert message in error.message
    assert project.snapshots() == snapshots
