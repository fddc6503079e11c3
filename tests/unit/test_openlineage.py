"""The events of a run for OpenLineage."""

from __future__ import annotations

import uuid
from datetime import datetime, timezone

from alur import BronzeTable, GoldTable, files, pipeline
from alur.lineage.facts import PlanFacts
from alur.lineage.fingerprints import PlanFingerprint
from alur.lineage.openlineage import PipelineRun, run_event
from alur.lineage.uses import SourceColumn


class Raw(BronzeTable):
    shop: str
    amount: int


class Totals(GoldTable):
    """Totals by shop."""

    shop: str
    total: int


@pipeline(sources={"raw": Raw, "rates": files("rates/*.csv", schema=Raw)}, target=Totals)
def totals(raw, rates):
    raise NotImplementedError


FACTS = PlanFacts(
    schema=(),
    columns={
        "shop": {SourceColumn("bronze.raw", "shop"): "copy"},
        "total": {
            SourceColumn("bronze.raw", "amount"): "aggregate",
            SourceColumn("rates/*.csv", "amount"): "condition",
        },
    },
    row_deciders={SourceColumn("bronze.raw", "shop"): frozenset(["group", "join"])},
    meaning=PlanFingerprint("0" * 16),
)
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
RUN = uuid.UUID(int=7)


def test_a_success_has_its_rows_and_its_columns() -> None:
    event = run_event(PipelineRun(totals, RUN.hex, AT, "COMPLETE", rows=3), "alur://shop", FACTS)
    assert (event["eventType"], event["eventTime"]) == ("COMPLETE", "2026-01-02T03:04:05+00:00")
    assert event["run"] == {"runId": str(RUN), "facets": {}}
    assert event["job"] == {"namespace": "alur://shop", "name": "totals"}
    assert [source["name"] for source in event["inputs"]] == ["bronze.raw", "rates/*.csv"]
    (output,) = event["outputs"]
    assert output["name"] == "gold.totals"
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 3
    lineage = output["facets"]["columnLineage"]
    assert lineage["fields"]["total"]["inputFields"] == [
        {
            "namespace": "alur://shop",
            "name": "bronze.raw",
            "field": "amount",
            "transformations": [{"type": "DIRECT", "subtype": "AGGREGATION"}],
        },
        {
            "namespace": "alur://shop",
            "name": "rates/*.csv",
            "field": "amount",
            "transformations": [{"type": "INDIRECT", "subtype": "CONDITIONAL"}],
        },
    ]
    (decider,) = lineage["dataset"]
    assert [each["subtype"] for each in decider["transformations"]] == ["GROUP_BY", "JOIN"]


def test_a_failure_has_its_message_and_no_rows() -> None:
    event = run_event(
        PipelineRun(totals, RUN.hex, AT, "FAIL", error="it broke"), "alur://shop", None
    )
    assert event["eventType"] == "FAIL"
    assert event["run"]["facets"]["errorMessage"]["message"] == "it broke"
    assert uuid.UUID(event["run"]["runId"])
    (output,) = event["outputs"]
    assert "outputFacets" not in output
    assert set(output["facets"]) == {"schema"}
