"""Times without a zone are in UTC in every local time zone: a laptop gives the same rows as Glue."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.child_process import child_environment
from tests.tiny_project import csv_of

ALUR = Path(sys.executable).with_name("alur")

_CONTRACTS = """
    class Seen(BronzeTable, key="id"):
        id: int
        at: datetime

    class Times(SilverTable, key="id"):
        id: int
        literal: datetime
        row: datetime
        function: datetime
        hour: int
        collected: str
        day_rank: int
"""
_PIPELINES = """
    from datetime import datetime, timedelta
    from pyspark.sql import Window

    NOON = datetime(2024, 3, 10, 2, 30)  # an hour that New York's clocks skip

    @F.udf("timestamp")
    def next_day(at):
        return at + timedelta(days=1)

    @F.udf("int")
    def hour(at):
        return at.hour

    @pipeline(sources={"seen": files("seen/*.csv", schema=Seen)}, target=Seen, mode="append")
    def load(seen):
        return seen

    @pipeline(sources={"seen": Seen}, target=Times)
    def times(seen):
        session = seen.sparkSession
        one = session.createDataFrame([(NOON,)], "row timestamp")
        first = seen.orderBy("id").first().at
        later = seen.filter(F.col("at") >= datetime(2024, 3, 10, 2)).filter(F.col("at").isin(NOON, datetime(2024, 3, 11)))
        days = Window.partitionBy(F.to_date("at")).orderBy("at")
        ranks = seen.select("id", F.row_number().over(days).alias("day_rank"))
        return later.join(ranks, "id").crossJoin(one).select(
            "id", F.lit(NOON).alias("literal"), "row", next_day("at").alias("function"),
            hour("at").cast("bigint").alias("hour"), F.lit(str(first)).alias("collected"),
            F.col("day_rank").cast("bigint"),
        )
"""
_ROWS = [
    (1, "2024-03-10T00:30:00Z"),
    (2, "2024-03-10T02:30:00Z"),
    (3, "2024-03-11T00:00:00Z"),
    (4, "2024-03-11T00:30:00Z"),
]
_EXPECTED = [
    "2,2024-03-10T02:30:00+00:00,2024-03-10T02:30:00+00:00,2024-03-11T02:30:00+00:00,2,2024-03-10 00:30:00,2",
    "3,2024-03-10T02:30:00+00:00,2024-03-10T02:30:00+00:00,2024-03-12T00:00:00+00:00,0,2024-03-10 00:30:00,1",
]


@pytest.mark.parametrize(
    ("engine", "zone"),
    [
        ("sail", "America/New_York"),
        ("spark", "America/New_York"),
        ("sail", "Asia/Kolkata"),
        pytest.param("spark", "Asia/Kolkata", marks=pytest.mark.nightly),
        pytest.param("sail", "UTC", marks=pytest.mark.nightly),
        pytest.param("spark", "UTC", marks=pytest.mark.nightly),
    ],
)
def test_rows_do_not_depend_on_the_machines_zone(project, engine, zone):
    project.declare(_CONTRACTS, _PIPELINES)
    project.land("seen/1.csv", csv_of("id,at", _ROWS))
    environment = child_environment(TZ=zone, ALUR_ENGINE=engine)

    def alur(*arguments: str) -> str:
        done = subprocess.run(
            [ALUR, *arguments],
            cwd=project.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    alur("run", "--all", "--env", "local")
    assert alur("show", "times", "--csv").splitlines()[1:] == _EXPECTED


_CLOCK = """
import time
from alur.runtime.engines.engine import open_session

assert time.tzname == ("IST", "IST")
with open_session("sail"):
    assert time.tzname == ("UTC", "UTC")
    with open_session("sail"):
        pass
    assert time.tzname == ("UTC", "UTC")
assert time.tzname == ("IST", "IST")
"""


def test_the_clock_is_the_machines_again():
    subprocess.run(
        [sys.executable, "-c", _CLOCK], env=os.environ | {"TZ": "Asia/Kolkata"}, check=True
    )
