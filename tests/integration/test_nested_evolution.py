"""Nested models, lists and dicts grow as columns do: old files are read beside new ones."""

from decimal import Decimal
from itertools import product

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


GROWTHS = {"wider": WIDER, "larger": LARGER}
MODES = ("append", "merge", "overwrite_partitions", "overwrite")
FIELDS = """
    id: int
    part: int
    place: Place | None
    nothing: Place | None
    places: list[Place | None]
    named: dict[str, Place | None]
    deep: list[list[Place]]
    numbers: list[Int32]
"""


def declare(project, places, modes, n, sql=None):
    """Declare a table for each place and mode, and for each place one more, into which an engine reads them all."""
    contracts = "class Start(BronzeTable):\n    i: int\n"
    pipelines = """
@pipeline(sources={"start": files("start.csv", schema=Start)}, target=Start)
def begin(start):
    return start
"""
    for name, place in places.items():
        fields = FIELDS.replace("Int32", "int") if place in GROWTHS.values() else FIELDS
        contracts += own(place, name)
        for table in modes:
            contracts += f"""
class T_{name}_{table}(SilverTable, key="id", partition_by="part"):{own(fields, name)}"""
        contracts += f"\nclass After_{name}(GoldTable):\n    origin: str{own(fields, name)}"
        pipelines += writers(name, modes, n, sql or SQL[place]) + reader(name, modes)
    project.declare(contracts, pipelines)
    project.land("start.csv", "i\n1\n")


def own(text, name):
    """Return the text with models named after a place, because a module cannot have two of one name."""
    return text.replace("Place", f"Place_{name}").replace("Spot", f"Spot_{name}")


def writers(name, modes, n, sql):
    value = sql.format(n=n)
    nothing = f"if({n} > 0, null, {value})"
    return "".join(
        f"""
@pipeline(sources={{"start": Start}}, target=T_{name}_{table}, mode="{mode}")
def write_{name}_{table}(start):
    return start.selectExpr(
        "{n}L as id", "{n}L as part", "{value} as place", "{nothing} as nothing",
        "array({value}, {nothing}) as places", "map('a', {value}, 'b', {nothing}) as named",
        "array(array({value})) as deep", "array({n}) as numbers")
"""
        for table, mode in modes.items()
    )


def reader(name, modes):
    sources = ", ".join(f'"{table}": T_{name}_{table}' for table in modes)
    first, *others = (f'{table}.withColumn("origin", F.lit("{table}"))' for table in modes)
    return f"""
@pipeline(sources={{{sources}}}, target=After_{name})
def read_{name}({", ".join(modes)}):
    return {first}{"".join(f".unionByName({other})" for other in others)}
"""


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
    """Return an earlier row in the contract's present form."""
    inner = {"n": n, "fee": Decimal("1.25")}
    if place == LARGER:
        inner = {"first": None, "n": n, "spot": None, "fee": Decimal("1.25"), "last": None}
    return row_of(n, inner)


def after(project, name, table):
    """Return the rows of a table as read by the engine."""
    found = project.arrow(f"after_{name}").sort_by("id").to_pylist()
    return [row for row in found if row.pop("origin") == table]


def assert_rows(project, name, table, rows):
    assert project.arrow(f"t_{name}_{table}").sort_by("id").to_pylist() == rows, (name, table)
    assert after(project, name, table) == rows, (name, table)
    found = project.table(f"t_{name}_{table}").scan().to_arrow().sort_by("id").to_pylist()
    for one, other in zip(found, rows, strict=True):
        # PyIceberg reads null structs within lists and maps as empty ones; see pyiceberg_data_files.
        assert one["place"] == other["place"], (name, table)
        assert one["numbers"] == other["numbers"], (name, table)


def test_tables_follow(project):
    check_growth(project, GROWTHS, MODES)


@pytest.mark.parametrize("engine", ["spark"])
@pytest.mark.parametrize(
    "modes",
    [("append", "overwrite_partitions"), pytest.param(MODES, marks=pytest.mark.nightly)],
    ids=["two", "all"],
)
def test_tables_follow_on_spark(project, modes):
    check_growth(project, GROWTHS, modes)


def check_growth(project, places, modes):
    modes = {mode: mode for mode in modes}
    declare(project, dict.fromkeys(places, OLD), modes, 1)
    project.run().all_succeeded()
    tables = [f"{name}_{mode}" for name, mode in product(places, modes)]
    pipelines = [f"write_{table}" for table in tables] + [f"read_{name}" for name in places]
    for n in (2, 3):
        declare(project, places, modes, n)
        project.run(*pipelines).all_succeeded()
        for (name, place), mode in product(places.items(), modes):
            rows = [kept(1, place), *(grown(number, place) for number in range(2, n + 1))]
            assert_rows(project, name, mode, rows[-1:] if mode == "overwrite" else rows)


@each_engine
def test_readers_of_an_older_table_see_its_rows_as_their_contract_has_them(project):
    declare(project, {"it": OLD}, {"t": "append"}, 1)
    project.run().all_succeeded()
    declare(project, {"it": LARGER}, {"t": "append"}, 2)
    project.run("read_it").all_succeeded()
    assert after(project, "it", "t") == [kept(1, LARGER)]


def test_what_rows_of_before_cannot_follow_is_refused(project):
    modes = {mode: mode for mode in MODES if mode != "overwrite"}
    declare(project, dict.fromkeys(BREAKING, OLD), modes, 1)
    project.run().all_succeeded()
    snapshots = project.snapshots()
    places = {
        change: fields if "class" in fields else f"\nclass Place(BaseModel):\n{fields}"
        for change, (fields, _) in BREAKING.items()
    }
    declare(project, places, modes, 2, sql=SQL[OLD])
    pipelines = {f"write_{change}_{mode}": change for change, mode in product(BREAKING, modes)}
    ran = project.run(*pipelines)
    for name, change in pipelines.items():
        error = ran.error(name)
        assert isinstance(error, SchemaError), name
        assert BREAKING[change][1] in error.message, name
    assert project.snapshots() == snapshots
