"""``alur import glue``: contracts of tables that others have made, and tables that pipelines then continue."""

from datetime import datetime, timezone
from decimal import Decimal

import pyarrow as pa
import pytest
from pyiceberg.catalog import load_catalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform, DayTransform
from pyiceberg.types import (
    DateType,
    DecimalType,
    FixedType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
    TimeType,
)

from tests.command import alur

SCHEMA = Schema(
    NestedField(1, "id", LongType(), required=True),
    NestedField(2, "amount", DecimalType(9, 2), required=False, doc="In USD"),
    NestedField(3, "at", TimestamptzType(), required=True),
    NestedField(4, "tags", ListType(5, StringType(), element_required=False), required=False),
    NestedField(
        6,
        "place",
        StructType(NestedField(7, "city", StringType(), required=False)),
        required=False,
    ),
    identifier_field_ids=[1],
)
SPEC = PartitionSpec(
    PartitionField(3, 1000, DayTransform(), "at_day"),
    PartitionField(1, 1001, BucketTransform(4), "id_bucket"),
)
ROW = {
    "id": 1,
    "amount": Decimal("1.50"),
    "at": datetime(2026, 1, 2, tzinfo=timezone.utc),
    "tags": ["a"],
    "place": {"city": "KL"},
}
# Written by hand from the schema above.
SOURCE = '''\
"""Tables imported from shop_dev_silver.sales in Glue."""

from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, Field

from alur import SilverTable, bucket, days


class SalesPlace(BaseModel):
    city: str | None = None


class Sales(SilverTable, key="id", partition_by=[days("at"), bucket(4, "id")]):
    """What was sold."""

    id: int
    amount: Decimal | None = Field(
        None,
        max_digits=9,
        decimal_places=2,
        description="In USD",
    )
    at: datetime
    tags: list[str | None] | None = None
    place: SalesPlace | None = None
'''
PIPELINE = """\
from alur import files
from alur.decorators import pipeline
from contracts import NewSale
from contracts.silver_sales import Sales
from pyspark.sql import functions as F

@pipeline(sources={"new": files("new/*.csv", format="csv", schema=NewSale)}, target=NewSale, mode="append")
def land(new):
    return new

@pipeline(sources={"new": NewSale}, target=Sales, mode="merge")
def sell(new):
    return new.select(
        "id",
        F.lit("2.25").cast("decimal(9,2)").alias("amount"),
        "at",
        F.array(F.lit("b")).alias("tags"),
        F.struct(F.lit("Ipoh").alias("city")).alias("place"),
    )
"""
NEW_SALE = """\
from datetime import datetime
from alur import BronzeTable

class NewSale(BronzeTable):
    id: int
    at: datetime
"""


@pytest.fixture
def project(jobs):
    jobs.write(
        {
            "alur.toml": '[project]\nname = "shop"\n[env.dev]\n',
            "contracts/__init__.py": NEW_SALE,
            "pipelines/__init__.py": "",
        }
    )
    for layer in ("bronze", "silver", "gold"):
        jobs.s3.create_bucket(Bucket=jobs.bucket(layer))
        jobs.glue.create_database(DatabaseInput={"Name": jobs.database(layer)})
    jobs.s3.create_bucket(Bucket=jobs.bucket("artifacts"))
    return jobs


def catalog(address):
    return load_catalog(
        "glue",
        **{
            "type": "glue",
            "glue.endpoint": address,
            "glue.region": "us-east-1",
            "glue.access-key-id": "testing",
            "glue.secret-access-key": "testing",
            "s3.endpoint": address,
            "s3.access-key-id": "testing",
            "s3.secret-access-key": "testing",
            "s3.region": "us-east-1",
        },
    )


def others_table(address, name, schema=SCHEMA, location=None, **options):
    """Create a table as another tool does."""
    database, _, table = name.partition(".")
    location = location or f"s3://alur-shop-silver-dev/tables/{table}"
    return catalog(address).create_table((database, table), schema, location, **options)


def modules(project):
    return sorted(file.name for file in (project.root / "contracts").glob("*.py"))


def test_a_pipeline_continues_an_adopted_table(project, moto):
    table = others_table(
        moto,
        "shop_dev_silver.sales",
        partition_spec=SPEC,
        properties={"comment": "What was sold.", "team": "x"},
    )
    table.append(pa.Table.from_pylist([ROW], table.schema().as_arrow()))
    done = alur(project.root, "import", "glue", "shop_dev_silver.sales", "--env", "dev", "--adopt")
    assert (done.stdout.splitlines(), done.stderr) == (
        [
            "[OK] contracts/silver_sales.py: silver.sales",
            "  Not in the contracts:",
            "  ! sales: the property team: x",
            "Read what is new, then check the project: alur validate",
        ],
        "",
    )
    assert (project.root / "contracts" / "silver_sales.py").read_text() == SOURCE
    project.write({"pipelines/__init__.py": PIPELINE})
    project.land("new/1.csv", "id,at\n2,2026-01-03T00:00:00Z\n")
    project.run("land", "sell")
    after = catalog(moto).load_table("shop_dev_silver.sales")
    rows = sorted(after.scan().to_arrow().to_pylist(), key=lambda row: row["id"])
    assert rows == [
        ROW,
        {
            "id": 2,
            "amount": Decimal("2.25"),
            "at": datetime(2026, 1, 3, tzinfo=timezone.utc),
            "tags": ["b"],
            "place": {"city": "Ipoh"},
        },
    ]
    assert after.metadata.table_uuid == table.metadata.table_uuid
    assert after.schema() == table.schema()


IMPOSSIBLE = Schema(
    NestedField(1, "id", LongType(), required=True),
    NestedField(2, "clock", TimeType(), required=False),
    NestedField(3, "at", TimestampType(), required=False),
    NestedField(4, "order-id", StringType(), required=False),
    NestedField(
        5, "counts", MapType(6, IntegerType(), 7, LongType(), value_required=False), required=False
    ),
    NestedField(8, "digest", FixedType(16), required=False),
    NestedField(9, "day", DateType(), required=False),
)


def test_what_a_contract_cannot_hold_is_listed_or_refuses_the_adoption(project, moto):
    project.glue.create_database(DatabaseInput={"Name": "other"})
    project.s3.create_bucket(Bucket="elsewhere")
    others_table(moto, "other.odd", IMPOSSIBLE, "s3://elsewhere/odd")
    reasons = [
        "odd.clock: the column: no column type for Iceberg's 'time'",
        "odd.at: timestamp has no time zone: read as UTC",
        "odd.order-id: the column: 'order-id' is not a valid column name",
        "odd.counts: the column: no column type for Iceberg's 'map of int'",
        "odd.digest: the column: no column type for Iceberg's 'fixed[16]'",
    ]
    arguments = ("import", "glue", "other.odd", "--env", "dev")
    refused = alur(project.root, *arguments, "--adopt")
    databases = "shop_dev_bronze, shop_dev_silver, shop_dev_gold"
    assert (refused.returncode, refused.stdout, refused.stderr.splitlines()) == (
        1,
        "",
        [
            "[ERROR] other.odd cannot be adopted:",
            f"    its database 'other' is none of dev's: {databases}",
            *(f"    {reason}" for reason in reasons),
            "  fix: import it without --adopt as a contract of a new table, and copy the rows",
        ],
    )
    assert modules(project) == ["__init__.py"]
    done = alur(project.root, *arguments, "--layer", "gold")
    assert done.stdout.splitlines()[2:-1] == [f"  ! {reason}" for reason in reasons]
    text = (project.root / "contracts" / "gold_odd.py").read_text()
    assert (
        "class Odd(GoldTable):\n    id: int\n    at: datetime | None = None\n    day: date" in text
    )


def test_a_table_where_jobs_may_not_write_is_not_adopted(project, moto):
    project.s3.create_bucket(Bucket="elsewhere")
    others_table(moto, "shop_dev_silver.sales", SCHEMA, "s3://elsewhere/sales")
    others_table(moto, "shop_dev_bronze.raw", SCHEMA, "s3://alur-shop-bronze-dev/tables/raw")
    away = alur(project.root, "import", "glue", "shop_dev_silver.sales", "--adopt")
    assert (
        "its files are in s3://elsewhere/sales; jobs may write to s3://alur-shop-silver-dev/tables/sales"
        in away.stderr
    )
    # Alur's bronze tables have columns that this one lacks.
    raw = alur(project.root, "import", "glue", "shop_dev_bronze.raw", "--adopt")
    assert "_run_id was added and is required: the contract cannot leave it as it is" in raw.stderr
    assert modules(project) == ["__init__.py"]


def test_tables_of_other_formats_are_imported_by_their_columns(project):
    columns = [
        {"Name": "id", "Type": "bigint", "Comment": "The key"},
        {"Name": "name", "Type": "varchar(20)"},
        {"Name": "lines", "Type": "array<struct<sku:string,price:decimal(10,2)>>"},
        {"Name": "odd", "Type": "map<int,string>"},
    ]
    project.glue.create_table(
        DatabaseName="shop_dev_gold",
        TableInput={
            "Name": "visits",
            "Description": "Visits by day.",
            "StorageDescriptor": {"Columns": columns, "Location": "s3://elsewhere/visits"},
            "PartitionKeys": [{"Name": "day", "Type": "date"}],
        },
    )
    done = alur(project.root, "import", "glue", "shop_dev_gold.visits")
    assert done.stdout.splitlines()[:-1] == [
        "[OK] contracts/gold_visits.py: gold.visits",
        "  Not in the contracts:",
        "  ! visits.name: the length of varchar(20)",
        "  ! visits.odd: the column: the keys of map<int,string> are not texts",
        "  ! visits: its files, which are not those of an Iceberg table",
    ]
    text = (project.root / "contracts" / "gold_visits.py").read_text()
    assert 'class Visits(GoldTable, partition_by="day"):\n    """Visits by day."""' in text
    assert "    price: Decimal | None = Field(None, max_digits=10, decimal_places=2)\n" in text
    assert "    lines: list[VisitsLinesElement | None] | None = None\n" in text


@pytest.mark.parametrize(
    ("name", "message"),
    [("visits", "'visits' is not a table"), ("no.such", "there is no table no.such in Glue")],
)
def test_a_wrong_name_is_refused(project, name, message):
    done = alur(project.root, "import", "glue", name)
    assert (done.returncode, message in done.stderr) == (1, True)
