"""Dagster loads projects of any valid name, although its own rules for names are narrower than Alur's."""

from pathlib import Path

import dagster as dg
import pytest

from alur.project.project import Project
from alur_dagster import build_definitions
from alur_dagster.instance import prepare_home
from tests.tiny_project import TinyProject

EXAMPLE = Path(__file__).parents[2] / "example_repo"

LOAD = """
@pipeline(sources={"rows": files("in/*.csv", schema=Raw)}, target=Raw)
def load(rows):
    return rows
"""


def loaded(project: TinyProject) -> dg.Definitions:
    """Return the definitions, resolved as in a code server."""
    defs = build_definitions(Project.load(project.root))
    defs.get_repository_def().load_all_definitions()
    return defs


def spec(defs: dg.Definitions, *key: str) -> dg.AssetSpec:
    return next(s for s in defs.resolve_all_asset_specs() if s.key == dg.AssetKey(key))


@pytest.mark.parametrize(
    ("owner", "shown"),
    [
        ("a@example.com", "a@example.com"),
        ("team:data/eu", "team:data/eu"),
        ("Data Team", "team:Data Team"),
        ("ülf@example.com", "team:ülf@example.com"),
    ],
)
def test_any_owner(project, owner, shown):
    project.declare(f"class Raw(BronzeTable, owners={owner!r}):\n    n: int\n", LOAD)
    assert list(spec(loaded(project), "bronze", "raw").owners) == [shown]


def test_any_tag_and_as_it_was_written_beside_it(project):
    tags = {"cost center": "4711 / EU", "finance/owner": "x" * 90, "pii": ""}
    project.declare(f"class Raw(BronzeTable, tags={tags!r}):\n    n: int\n", LOAD)
    found = spec(loaded(project), "bronze", "raw")
    shown = {key: value for key, value in found.tags.items() if not key.startswith("dagster/")}
    assert shown == {"cost_center": "4711_EU", "finance/owner": "x" * 63, "pii": ""}
    assert found.metadata["alur/tags"] == tags


def test_rules_that_would_share_a_name(project, tmp_path):
    project.declare(
        """
        class Part(BaseModel):
            b: int = Field(ge=0)
        class Raw(BronzeTable):
            n: Annotated[int, Field(ge=0)] = Field(ge=5)
        class Made(SilverTable):
            a: Part
            a_b: int = Field(ge=2)
        """,
        LOAD
        + """
@pipeline(sources={"raw": Raw}, target=Made)
def make(raw):
    return raw.select(F.struct(F.col("n").alias("b")).alias("a"), F.lit(1).cast("bigint").alias("a_b"))
""",
    )
    project.land("in/a.csv", "n\n7\n")
    defs = loaded(project)
    names = {key.to_user_string() for key in defs.resolve_asset_graph().asset_check_keys}
    assert {"bronze/raw:n_ge", "bronze/raw:n_ge_2"} <= names
    assert {"silver/made:a.b_ge", "silver/made:a_b_ge"} <= names
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        run = defs.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance, raise_on_error=False
        )
    failed = [c for c in run.get_asset_check_evaluations() if not c.passed]
    assert [(c.check_name, c.description.partition(":")[0]) for c in failed] == [
        ("a_b_ge", "a_b must be at least 2")
    ]


def test_landing_files_of_one_folder_are_one_asset_that_names_all_patterns(project):
    project.declare(
        "class Raw(BronzeTable):\n    n: int\nclass More(BronzeTable):\n    m: int\n",
        """
        @pipeline(sources={"rows": files("in/a*.csv", schema=Raw)}, target=Raw)
        def load(rows): return rows
        @pipeline(sources={"rows": files("in/b*.parquet", schema=More, format="parquet")}, target=More)
        def more(rows): return rows
        """,
    )
    found = spec(loaded(project), "landing", "in")
    assert "`in/a*.csv` or `in/b*.parquet`" in found.description
    assert {"csv", "parquet"} <= found.kinds
    columns = {column.name for column in found.metadata["dagster/column_schema"].columns}
    assert {"n", "m"} <= columns


def test_folders_outside_ascii_stay_apart(project):
    project.declare(
        "class Raw(BronzeTable):\n    n: int\nclass More(BronzeTable):\n    n: int\n",
        """
        @pipeline(sources={"rows": files("größe/*.csv", schema=Raw)}, target=Raw)
        def load(rows): return rows
        @pipeline(sources={"rows": files("grüße/*.csv", schema=More)}, target=More)
        def more(rows): return rows
        """,
    )
    keys = [s.key for s in loaded(project).resolve_all_asset_specs()]
    assert len({key for key in keys if key.path[0] == "landing"}) == 2


def test_the_example_s_committed_configuration_is_what_a_new_project_gets(tmp_path, monkeypatch):
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    committed = EXAMPLE / ".alur" / "dagster" / "dagster.yaml"
    assert (prepare_home(tmp_path) / "dagster.yaml").read_text() == committed.read_text()


HOSTILE_COLUMNS = ("b", "b_c", "c", "c_d", "b__c", "d", "b_ge", "b_not_null", "ge", "unique")
HOSTILE_TABLES = ("a", "a_b", "a_b_c", "a__b", "a_", "a_2", "a_b_ge", "a_b_not_null", "a_not_null")


def hostile_table(table: str) -> tuple[str, set[str]]:
    """Return a contract whose names can be joined by underscores ambiguously, and its rules in words."""
    name = f"T{HOSTILE_TABLES.index(table)}"
    fields = [f"    {column}: int = Field(ge=0)" for column in HOSTILE_COLUMNS]
    columns = list(HOSTILE_COLUMNS)
    for column in ("p", "p_b", "q_element", "q_value"):
        fields.append(f"    {column}: Part")
        columns += [f"{column}.{inner}" for inner in ("b", "b_c", "größe", "element", "value")]
    fields += ["    q: list[Annotated[int, Field(ge=0)]]", "    r: dict[str, Part]"]
    columns += ["q.element", *(f"r.value.{i}" for i in ("b", "b_c", "größe", "element", "value"))]
    fields.append("    q_element_b: int = Field(ge=0)")
    columns.append("q_element_b")
    structs = {"p", "p_b", "q_element", "q_value", "q", "r", "r.value"}
    rules = {f"{column} must be at least 0" for column in columns}
    rules |= {f"{column} must not be null" for column in {*columns, *structs}}
    text = f"class {name}(SilverTable, key='b', name={table!r}):\n" + "\n".join(fields) + "\n"
    return text, rules | {"b must be unique"}


def test_every_rule_has_a_check_of_its_own_whatever_the_names(project, tmp_path):
    inner = ("b", "b_c", "größe", "element", "value")
    contracts = "class Raw(BronzeTable):\n    n: int\nclass Part(BaseModel):\n"
    contracts += "".join(f"    {name}: int = Field(ge=0)\n" for name in inner)
    pipelines = LOAD
    expected = set()
    for number, table in enumerate(HOSTILE_TABLES):
        text, rules = hostile_table(table)
        contracts += text
        expected |= {(table, rule) for rule in rules}
        pipelines += f"""
@pipeline(sources={{"raw": Raw}}, target=T{number})
def make{number}(raw):
    return raw.select()
"""
    project.declare(contracts, pipelines)
    defs = loaded(project)
    (tables,) = (d for d in defs.resolve_asset_graph().assets_defs if d.check_keys)
    shown = {(spec.asset_key.path[-1], spec.description) for spec in tables.check_specs}
    keys = {spec.key for spec in tables.check_specs}
    bronze = {("raw", "n must not be null")}
    assert shown == expected | bronze
    assert len(keys) == len(expected | bronze)
    assert all(key.name.isprintable() and " " not in key.name for key in keys)
    # Every output of the one step is a table or a check.
    outputs = tables.node_def.output_defs
    assert len(outputs) == len(keys) + len(HOSTILE_TABLES) + 1
