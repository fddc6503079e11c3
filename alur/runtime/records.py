"""A pipeline's end as plain JSON values, for Dagster's instance."""

from __future__ import annotations

from typing import Any

from alur.contracts.contract import Contract
from alur.contracts.rules import names_of
from alur.pipelines.pipeline import Pipeline
from alur.runtime.checking import RuleResult
from alur.runtime.results import Failed, Succeeded

_CELL_CHARACTERS = 200
"""A limit, because a preview stays in Dagster's database for good."""


def record_of(pipeline: Pipeline, outcome: Succeeded | Failed) -> dict[str, Any]:
    """Return everything Dagster shows of a pipeline's end, as values for :mod:`json`.

    A later version of Alur may read it from the spool: whoever adds a key gives it a default where it is read.
    """
    shared = {
        "pipeline": pipeline.name,
        "layer": pipeline.target.layer,
        "table": pipeline.target.table,
        "checks": [check_record(result, pipeline.target) for result in outcome.checks],
    }
    if isinstance(outcome, Failed):
        return shared | {"error": str(outcome.error)}
    return shared | {
        "run_id": outcome.run_id,
        "rows_read": outcome.rows_read,
        "files": {parameter: list(names) for parameter, names in outcome.files.items()},
        "seconds": outcome.seconds,
        "commit": _commit(outcome),
        "notices": list(outcome.notices),
        "preview": [{name: _text(value) for name, value in row.items()} for row in outcome.preview],
    }


def check_record(result: RuleResult, contract: Contract) -> dict[str, Any]:
    """Return the result of a rule as plain values."""
    return {
        "name": names_of(contract.rules)[result.rule],
        "description": result.rule.describe(),
        "violations": result.violations,
        "samples": [_shortened(sample) for sample in result.samples],
        "warns": not contract.stops_at(result.rule),
    }


def _commit(outcome: Succeeded) -> dict[str, Any] | None:
    if outcome.commit is None:
        return None
    return {
        "snapshot_id": outcome.commit.snapshot_id,
        "rows_written": outcome.commit.rows_written,
        "rows_carried": outcome.commit.rows_carried,
        "total_rows": outcome.commit.total_rows,
        "table_path": outcome.commit.table_path,
    }


def _text(value: object) -> str:
    return "" if value is None else _shortened(str(value))


def _shortened(text: str) -> str:
    return text if len(text) <= _CELL_CHARACTERS else f"{text[: _CELL_CHARACTERS - 1]}…"
