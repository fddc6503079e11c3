"""Iceberg's own GlueCatalog on Spark's JVM, when another commit comes between its read of a table and its update."""

from __future__ import annotations

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


class Interrupted:
    """An AWS with one interruption, just before the second commit replaces a table."""

    def __init__(self, act):
        self._aws, self._act = moto_app(), act
        self.statuses = []

    def __call__(self, environ, start_response):
        if not environ.get("HTTP_X_AMZ_TARGET", "").endswith(".UpdateTable"):
            return self._aws(environ, start_response)
        if len(self.statuses) == 1:
            self._act()

        def begin(status, *rest):
            self.statuses.append(status[:3])
            return start_response(status, *rest)

        return self._aws(environ, begin)


@pytest.fixture
def aws(moto):
    """Yield its server, and the interrupting client, which has another server on the same account."""
    other = Committer(account_at(moto))
    interrupted = Interrupted(lambda: other.append(20, 21))
    server = http_server(interrupted)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", interrupted, other
    server.shutdown()
    server.server_close()


def test_a_refused_commit_is_repeated_and_loses_nothing(aws, moto):
    address, interrupted, other = aws
    other.catalog.glue.create_database(DatabaseInput={"Name": "silver"})
    account_at(moto).client("s3").create_bucket(Bucket=BUCKET)
    submitted = " ".join(f"--conf {name}={value}" for name, value in SETTINGS.items())
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=child_environment(
            **environment(address),
            AWS_REGION=REGION,
            JAVA_HOME=str(java_home()),
            PYSPARK_SUBMIT_ARGS=f"{submitted} pyspark-shell",
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # The first insert; the refused second one; its second attempt.
    assert interrupted.statuses == ["200", "400", "200"]
    assert "Glue detected concurrent update" in done.stderr
    assert other.rows() == [1, 20, 21, 300]
