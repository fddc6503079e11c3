"""Jobs on Spark's JVM that receive only what has changed in a table since their last run."""

import pytest

from tests.integration.test_changes import CONTRACTS, FIRST, PIPELINES
from tests.spark_project import needs_iceberg_for_spark
from tests.tiny_project import csv_of

pytestmark = needs_iceberg_for_spark


@pytest.fixture
def shop(spark_project):
    spark_project.declare(CONTRACTS, PIPELINES)
    spark_project.land("raw/1.csv", csv_of("id,shop,amount", FIRST))
    spark_project.run().all_succeeded()
    return spark_project


def test_appends_and_merges_give_the_rows_that_came_and_went(shop):
    shop.land("raw/2.csv", csv_of("id,shop,amount", [(2, "b", 9.5), (3, "a", 3.5)]))
    ran = shop.run().all_succeeded()
    assert ran.succeeded("log").rows_read == {"raw": 2}
    assert shop.rows("gold.log") == [(1, "a"), (2, "b"), (2, "b"), (3, "a")]
    assert shop.rows("gold.audit") == [
        (1, 1.5, "added"),
        (2, 2.5, "added"),
        (2, 2.5, "removed"),
        (2, 9.5, "added"),
        (3, 3.5, "added"),
    ]
    assert shop.run().all_succeeded().succeeded("audit").commit is None
    assert len(shop.rows("gold.audit")) == 5


def test_maintenance_changes_nothing_and_expiry_makes_an_append_anew(shop):
    for number in range(3, 6):
        shop.land(f"raw/{number}.csv", csv_of("id,shop,amount", [(number, "a", 1)]))
        shop.run().all_succeeded()
    for pipeline in ("load", "clean", "log"):
        shop.maintain(pipeline)
    shop.land("raw/6.csv", csv_of("id,shop,amount", [(6, "a", 1)]))
    assert shop.run().all_succeeded().succeeded("log").rows_read == {"raw": 1}
    assert [row[0] for row in shop.rows("gold.log")] == [1, 2, 3, 4, 5, 6]
