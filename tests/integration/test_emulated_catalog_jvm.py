"""Iceberg's own GlueCatalog on Spark's JVM, when another commit comes between its read of a table and its update."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from alur.runtime.engines.spark import java_home
from alur.sandbox.server.api.http_server import http_server
from alur.sandbox.server.services.moto_app import moto_app
from tests.aws import environment
from tests.child_process import child_environment
from tests.gateway import REGION
from tests.integration.test_emulated_catalog import BUCKET, Committer, account_at
from tests.spark_project import JARS

FOLDER = Path(os.environ.get(JARS, os.devnull))

pytestmark = pytest.mark.skipif(
    not any(FOLDER.glob("*aws*.jar")),
    reason=f"{JARS} names no folder with Iceberg's runtime for Spark 3.5 and AWS's SDK",
)

CATALOG = "spark.sql.catalog.glue_catalog"
SETTINGS = {
    "spark.jars": ",".join(sorted(map(str, FOLDER.glob("*.jar")))),
    "spark.master": "local[1]",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    CATALOG: "org.apache.iceberg.spark.SparkCatalog",
    f"{CATALOG}.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
    f"{CATALOG}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
    f"{CATALOG}.s3.path-style-access": "true",
    f"{CATALOG}.warehouse": f"s3://{BUCKET}/",
}
SCRIPT = f"""
from pyspark.sql import SparkSession
session = SparkSession.builder.getOrCreate()
table = "glue_catalog.silver.orders"
session.sql(f"CREATE TABLE {{table}} (n BIGINT) USING iceberg LOCATION 's3://{BUCKET}/tables/orders'")
session.sql(f"INSERT INTO {{table}} VALUES (1)")
session.sql(f"INSERT INTO {{table}} VALUES (300)")
"""


MAINTENANCE = f"""
{SCRIPT}
from alur import SilverTable
from alur.aws_clients import Clients
from alur.contracts.table import contract_of
from alur.errors import EngineError
from alur.runtime.tables.glue_catalog import GlueCatalog
from alur.runtime.tables.spark_maintenance import maintain
from alur.runtime.tables.spark_tables import GlueTables, LayerLocation

class Orders(SilverTable, name="orders"):
    n: int

session.conf.set("spark.sql.session.timeZone", "UTC")
clients = Clients("{REGION}")
catalog = GlueCatalog(clients("glue"), clients("s3"))
tables = GlueTables(session, catalog, {{"silver": LayerLocation("silver", "s3://{BUCKET}/tables/")}}, None)
print(maintain(tables, contract_of(Orders)).to_json())
try:
    maintain(tables, contract_of(Orders))
except EngineError as error:
    print(error.message)
"""


class Interrupted:
    """An AWS with interruptions, each just before it answers an attempt to replace a table.

    Args:
        acts: what to do, by the number of the attempt.
    """

    def __init__(self, acts):
        self._aws, self._acts = moto_app(), acts
        self.statuses = []

    def __call__(self, environ, start_response):
        if not environ.get("HTTP_X_AMZ_TARGET", "").endswith(".UpdateTable"):
            return self._aws(environ, start_response)
        self._acts.get(len(self.statuses), lambda: None)()

        def begin(status, *rest):
            self.statuses.append(status[:3])
            return start_response(status, *rest)

        return self._aws(environ, begin)


@pytest.fixture
def other(moto):
    """Return another client of the account, which the interruptions do not concern."""
    committer = Committer(account_at(moto))
    committer.catalog.glue.create_database(DatabaseInput={"Name": "silver"})
    account_at(moto).client("s3").create_bucket(Bucket=BUCKET)
    return committer


def run(script, acts):
    """Run a script on Spark; return the statuses of its commits, and its output on both streams."""
    interrupted = Interrupted(acts)
    server = http_server(interrupted)
    Thread(target=server.serve_forever, daemon=True).start()
    submitted = " ".join(f"--conf {name}={value}" for name, value in SETTINGS.items())
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=child_environment(
            **environment(f"http://127.0.0.1:{server.server_port}"),
            AWS_REGION=REGION,
            JAVA_HOME=str(java_home()),
            PYSPARK_SUBMIT_ARGS=f"{submitted} pyspark-shell",
            PYTHONPATH=str(Path(__file__).parents[2]),
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    server.shutdown()
    server.server_close()
    assert done.returncode == 0, done.stderr
    return interrupted.statuses, done.stdout, done.stderr


def test_a_refused_commit_is_repeated_and_loses_nothing(other):
    statuses, _, log = run(SCRIPT, {1: lambda: other.append(20, 21)})
    # The first insert; the refused second one; its second attempt.
    assert statuses == ["200", "400", "200"]
    assert "Glue detected concurrent update" in log
    assert other.rows() == [1, 20, 21, 300]


def test_a_compaction_keeps_what_another_program_has_added_and_gives_way_to_an_overwrite(other):
    acts = {2: lambda: other.append(20, 21), 4: lambda: other.overwrite(7)}
    statuses, output, _ = run(MAINTENANCE, acts)
    # Both inserts; a refused compaction, which is repeated; another one, whose files are gone.
    assert statuses == ["200", "200", "400", "200", "400"]
    outcome, message = output.splitlines()
    assert json.loads(outcome) | {"files_before": 2, "files_after": 2} == json.loads(outcome)
    assert "the table silver.orders cannot be maintained" in message
    assert "Missing required files to delete" in message
    assert other.rows() == [7]
    versions = [sorted(found["n"].to_pylist()) for found in other.snapshots()]
    assert versions[:4] == [[1], [1, 300], [1, 20, 21, 300], [1, 20, 21, 300]]
