"""Values for which Sail differs from Spark: a run on ``auto`` gives Spark's rows all the same."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from alur.runtime.graph_run import run_graph
from alur.runtime.local import runtime_on
from alur.runtime.results import Event, Notice, Succeeded
from tests.engines import each_engine
from tests.tiny_project import TinyProject

CONTRACTS = """
    class Raw(BronzeTable):
        id: int
        text: str | None
        at: datetime
"""
LOAD = """
    @pipeline(sources={"new": files("raw/*.csv", schema=Raw)}, target=Raw, mode="append")
    def load(new):
        return new
"""
TARGET = """
    class {target}(GoldTable, key="id"):
        id: int
        value: str | None
"""
PIPELINE = """
    @pipeline(sources={{"raw": Raw}}, target={target})
    def {name}(raw):
        return raw.filter(F.col("id").isin({ids})).select("id", ({value}).cast("string").alias("value"))
"""


@dataclass(frozen=True)
class Case:
    """An expression over some texts and times, with Spark's values.

    Attributes:
        beyond: the limit named by the notice; None if the run stays on Sail.
    """

    value: str
    rows: dict[str, str | None]
    beyond: str | None = None


TO_DATE = 'F.to_date("text", "yyyy-MM-dd")'
TO_MONTH = 'F.to_date("text", "MMM d, yyyy")'
TO_SECONDS = 'F.unix_timestamp("text", "d/M/yyyy")'
TO_TIME = 'F.to_timestamp("text")'
AT = 'F.col("text").cast("timestamp")'
BERLIN = f'F.from_utc_timestamp({AT}, "Europe/Berlin")'
SHOWN = f'F.date_format(F.date_add({AT}.cast("date"), 366), "yyyy-MM-dd")'
SIGN = "texts of times with a sign, extra digits or a long name"
ZONE, YEARS = "after 2099", "years outside 1 to 9999"
CASES = {
    "ordinary": Case(TO_DATE, {"2024-02-29": "2024-02-29", "n/a": None, "-": None, "29/02/2024": None}),
    # Java takes a sign only before a year of more than four digits (java.time.format.SignStyle.EXCEEDS_PAD).
    "plus": Case(TO_DATE, {"+2024-02-29": None, "2024-02-28": "2024-02-28"}, SIGN),
    "long": Case('F.to_date("text", "yyyy")', {"+10000": "+10000-01-01"}, SIGN),
    "zero": Case(TO_DATE, {"-0000-02-29": None}, SIGN),
    "slashes": Case(TO_SECONDS, {"1/2/1970": "2678400", "01/02/1970": "2678400"}),
    "wide": Case(TO_SECONDS, {"001/2/1970": "2678400"}, SIGN),
    "short": Case(TO_MONTH, {"Jan 9, 2024": "2024-01-09", "JAN 9, 2024": "2024-01-09"}),
    "full": Case(TO_MONTH, {"January 9, 2024": None}, SIGN),
    "summer": Case(BERLIN, {"2099-07-01 12:00:00": "2099-07-01 14:00:00"}),
    "far": Case(BERLIN, {"2150-07-01 12:00:00": "2150-07-01 14:00:00"}, ZONE),
    "back": Case(BERLIN.replace("from_", "to_"), {"2100-07-01 12:00:00": "2100-07-01 10:00:00"}, ZONE),
    "zoned": Case(TO_TIME, {"2050-07-01 12:00:00 Europe/Berlin": "2050-07-01 10:00:00"}),
    "later": Case(TO_TIME, {"2150-07-01 12:00:00 Europe/Berlin": "2150-07-01 10:00:00"}, ZONE),
    "cast": Case(AT, {"2100-07-01 12:00:00 Europe/Paris": "2100-07-01 10:00:00"}, ZONE),
    "after": Case('F.col("text") > F.col("at")', {"2150-07-01 00:30:00 Europe/Berlin": "false"}, ZONE),
    "next": Case(SHOWN, {"2024-07-01": "2025-07-02"}),
    "last": Case(SHOWN, {"9999-07-01": "+10000-07-01"}, YEARS),
}  # fmt: skip
MIDNIGHT_BEFORE = "2150-06-30T23:00:00Z"


def run_on_auto(project: TinyProject) -> dict[str, str]:
    """Run the graph as ``alur run --all`` does, and return each pipeline's notice."""
    loaded = project.load()
    events: list[Event] = []
    with runtime_on(project.engines.sail, loaded) as runtime:
        outcomes = list(run_graph(loaded, None, runtime, events.append))
    assert all(isinstance(outcome, Succeeded) for outcome in outcomes), outcomes
    return {event.pipeline: event.text for event in events if isinstance(event, Notice)}


def declare(
    project: TinyProject, cases: dict[str, Case]
) -> dict[str, list[tuple[int, str | None]]]:
    """Declare a pipeline for each case; return their rows on Spark."""
    contracts, pipelines, lines, expected = CONTRACTS, LOAD, ["id,text,at"], {}
    for name, case in cases.items():
        ids = range(len(lines), len(lines) + len(case.rows))
        lines += [
            f'{id_},"{text}",{MIDNIGHT_BEFORE}' for id_, text in zip(ids, case.rows, strict=True)
        ]
        expected[name] = list(zip(ids, case.rows.values(), strict=True))
        target = name.title()
        contracts += TARGET.format(target=target)
        shown = ", ".join(map(str, ids))
        pipelines += PIPELINE.format(name=name, target=target, ids=shown, value=case.value)
    project.declare(contracts, pipelines)
    project.land("raw/a.csv", "\n".join(lines) + "\n")
    return expected


def test_values_beyond_a_limit_move_a_run_to_spark(project: TinyProject) -> None:
    expected = declare(project, CASES)
    notices = run_on_auto(project)
    assert {name: project.rows(name) for name in CASES} == expected
    moved = {name: case.beyond for name, case in CASES.items() if case.beyond}
    assert set(notices) == set(moved)
    assert all(what in notices[name] for name, what in moved.items()), notices
    assert all(notice.endswith("; ran on Spark") for notice in notices.values())


def test_the_same_rows_on_spark_alone(project: TinyProject) -> None:
    project.engine = "spark"
    expected = declare(project, CASES)
    project.run().all_succeeded()
    assert {name: project.rows(name) for name in CASES} == expected


def test_sail_alone_names_the_remedy(project: TinyProject) -> None:
    declare(project, {"plus": CASES["plus"]})
    error = project.run().error("plus")
    assert f"Sail differs from Spark for {SIGN}" in error.message
    assert 'engine = "auto"' in error.remedy


NANS = """
    class Rates(BronzeTable):
        id: int
        rate: float


"""
NAN_LOAD = """
    import struct

    import pyarrow as pa

    @pipeline(
        sources={"new": files("rates/*.parquet", schema=Rates, format="parquet")}, target=Rates, mode="append"
    )
    def load(new):
        return new

    def signed(_):
        return struct.unpack("<d", bytes(6) + bytes([0xF8, 0xFF]))[0]

    def signed_batches(batches):
        for batch in batches:
            rates = pa.array([signed(0)] * len(batch))
            yield pa.RecordBatch.from_arrays([batch.column(0), rates], ["id", "rate"])
"""
HIGH = {
    "Landed": "rates",
    "Udf": 'rates.withColumn("rate", F.udf(signed, "double")("rate"))',
    "Mapped": 'rates.select("id", "rate").mapInArrow(signed_batches, "id bigint, rate double")',
    "Literal": 'rates.withColumn("rate", F.lit(signed(0)))',
}


@each_engine
def test_any_nan_is_above_all_numbers(project: TinyProject, engine: str) -> None:
    """https://spark.apache.org/docs/3.5.6/sql-ref-datatypes.html#nan-semantics."""
    contracts, pipelines = NANS, NAN_LOAD
    for name, frame in HIGH.items():
        contracts += f"""
    class {name}(GoldTable, key="id"):
        id: int
        rate: float
"""
        pipelines += f"""
    @pipeline(sources={{"rates": Rates}}, target={name})
    def {name.lower()}(rates):
        return {frame}.filter("rate > 1e300").select("id", "rate")
"""
    project.declare(contracts, pipelines)
    (signed,) = struct.unpack("<d", bytes(6) + bytes([0xF8, 0xFF]))
    sink = io.BytesIO()
    pq.write_table(pa.table({"id": [1], "rate": pa.array([signed])}), sink)
    project.land("rates/a.parquet", sink.getvalue())
    if engine == "sail":
        assert set(run_on_auto(project)) == {"mapped"}, "its rows come in batches"
    else:
        project.engine = engine
        project.run().all_succeeded()
    assert {name: str(project.rows(name.lower())) for name in HIGH} == dict.fromkeys(
        HIGH, "[(1, nan)]"
    )
