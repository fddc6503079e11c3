"""``alur export`` and ``alur import``, as users type them."""

import json

import pytest
import yaml

from tests.command import alur, example_of

CONTRACTS = '''\
from alur import BronzeTable, SilverTable, days, Tag
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from pydantic import BaseModel, Field

class Address(BaseModel):
    city: Annotated[str, Tag("pii")]

class Raw(BronzeTable, partition_by=days("_ingested_at"), keep="7 days"):
    """Rows as they come.

    Each is an order.
    """
    id: str

class Orders(SilverTable, name="sales_orders", key="id", owners=["ann@example.com", "team:sales"], tags={"a": "b"}):
    id: str = Field(max_length=9)
    amount: Decimal = Field(max_digits=12, decimal_places=2, ge=Decimal("0.01"))
    sent_to: Address | None = None
    at: datetime
'''
PIPELINES = """\
from alur import files, pipeline
from contracts import Orders, Raw

@pipeline(sources={"files": files("*.csv", format="csv", schema=Raw)}, target=Raw)
def land(files):
    return files

@pipeline(sources={"raw": Raw}, target=Orders, mode="merge")
def load(raw):
    return raw
"""


@pytest.fixture
def project(tmp_path):
    return example_of(tmp_path / "p", CONTRACTS, PIPELINES)


def listed(folder):
    """Return what the project's contracts are, from ``alur list``."""
    tables = json.loads(alur(folder, "list", "--json").stdout)["contracts"]
    for table in tables:
        table.pop("location", None)
    return {table["table"]: table for table in tables}


def test_exported_contracts_come_back_into_another_project(project, tmp_path):
    exported = alur(project, "export", "odcs", "--output", "out")
    assert (exported.returncode, exported.stdout.splitlines()) == (
        0,
        ["[OK] out/bronze.raw.odcs.yaml", "[OK] out/silver.sales_orders.odcs.yaml"],
    )
    other = example_of(tmp_path / "q")
    files = [
        str(project / "out" / name)
        for name in ("bronze.raw.odcs.yaml", "silver.sales_orders.odcs.yaml")
    ]
    done = alur(other, "import", "odcs", *files)
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == (
        0,
        [
            "[OK] contracts/bronze_raw.py: bronze.raw",
            "[OK] contracts/silver_sales_orders.py: silver.sales_orders",
            "Read what is new, then check the project: alur validate",
        ],
        "",
    )
    assert listed(other) == listed(project)
    assert alur(other, "validate", "--no-engine").returncode == 0


def test_some_contracts_are_exported_and_files_of_before_replaced(project):
    path = project / "odcs" / "silver.sales_orders.odcs.yaml"
    path.parent.mkdir()
    path.write_text("mine")
    refused = alur(project, "export", "odcs")
    assert (refused.returncode, path.read_text()) == (1, "mine")
    assert "silver.sales_orders.odcs.yaml is a file that Alur has not written" in refused.stderr
    # Nor has it written the others.
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert alur(project, "export", "odcs", "Orders", "--force").returncode == 0
    assert alur(project, "export", "odcs", "Orders").stdout == f"[OK] {path.relative_to(project)}\n"
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    (table,) = yaml.safe_load(path.read_text())["schema"]
    assert {"property": "alurMode", "value": "merge"} in table["customProperties"]
    assert alur(project, "export", "odcs", "Order").returncode == 1


def test_nothing_is_overwritten_and_no_table_is_declared_twice(project):
    alur(project, "export", "odcs")
    (project / "contracts" / "mine.py").write_text("x = 1\n")
    same = alur(project, "import", "odcs", "odcs/bronze.raw.odcs.yaml")
    assert same.returncode == 1
    assert "there is a contract of bronze.raw already" in same.stderr
    other = (project / "odcs" / "bronze.raw.odcs.yaml").read_text().replace("raw", "other")
    (project / "mine.odcs.yaml").write_text(other)
    (project / "new.odcs.yaml").write_text(other.replace("other", "third"))
    there = alur(project, "import", "odcs", "new.odcs.yaml", "mine.odcs.yaml")
    assert there.returncode == 1
    assert "mine.py is there already" in there.stderr
    # Not even the other file of the same command.
    assert sorted(file.name for file in (project / "contracts").glob("*.py")) == [
        "__init__.py",
        "mine.py",
    ]
    assert (project / "contracts" / "mine.py").read_text() == "x = 1\n"


def test_losses_are_listed_and_what_is_no_contract_is_refused(project):
    document = yaml.safe_load(
        "{apiVersion: v3.1.0, kind: DataContract, id: i, version: 1.0.0, status: active, name: n, schema: "
        "[{name: visits, properties: [{name: day, logicalType: date}, {name: at, logicalType: time}]}]}"
    )
    (project / "visits.json").write_text(json.dumps(document))
    done = alur(project, "import", "odcs", "visits.json", "--layer", "gold")
    assert done.stdout.splitlines() == [
        "[OK] contracts/visits.py: gold.visits",
        "  Not in the contracts:",
        "  ! n: id: i",
        "  ! visits.at: the column: no column type for 'time'",
        "Read what is new, then check the project: alur validate",
    ]
    (project / "bad.yaml").write_text("a: [")
    bad = alur(project, "import", "odcs", "bad.yaml")
    assert (bad.returncode, bad.stderr.splitlines()[0]) == (
        1,
        "[ERROR] bad.yaml:1: not valid YAML: expected the node content, but found '<stream end>'",
    )
    assert "no-such.yaml cannot be read" in alur(project, "import", "odcs", "no-such.yaml").stderr


def test_models_of_dbt_become_one_module(project):
    (project / "schema.yml").write_text(
        "models: [{name: visits, columns: [{name: day, data_type: date}, {name: n}]}]"
    )
    types = {"nodes": {}}
    (project / "catalog.json").write_text(json.dumps(types))
    done = alur(project, "import", "dbt", "schema.yml", "--layer", "gold")
    assert done.stdout.splitlines() == [
        "[OK] contracts/dbt_schema.py: gold.visits",
        "  Not in the contracts:",
        "  ! visits.n: the column: dbt does not know its type",
        "Read what is new, then check the project: alur validate",
    ]
    assert alur(project, "import", "dbt", "schema.yml", "other").returncode == 1
    (project / "catalog.json").write_text("{")
    assert "catalog.json:1: not valid JSON" in alur(project, "import", "dbt", "schema.yml").stderr
