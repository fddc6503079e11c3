"""Data pipelines declared once in Python: run on a laptop under Dagster, in production on plain AWS."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alur.contracts.annotations import Float32, Int32
    from alur.contracts.contract import Contract
    from alur.contracts.partitioning import bucket, days, hours, months, truncate, years
    from alur.contracts.table import BronzeTable, GoldTable, SilverTable, contract_of
    from alur.contracts.tags import Tag
    from alur.errors import (
        AlurError,
        ContractError,
        EngineError,
        PipelineError,
        ScheduleError,
        SettingsError,
    )
    from alur.pipelines.changes import changes
    from alur.pipelines.pipeline import Pipeline, pipeline
    from alur.pipelines.sources import files
    from alur.project.project import Project
    from alur.scheduling.schedule import schedule

__version__ = "0.2.0"

__all__ = [
    "AlurError",
    "BronzeTable",
    "Contract",
    "ContractError",
    "EngineError",
    "Float32",
    "GoldTable",
    "Int32",
    "Pipeline",
    "PipelineError",
    "Project",
    "ScheduleError",
    "SettingsError",
    "SilverTable",
    "Tag",
    "bucket",
    "changes",
    "contract_of",
    "days",
    "files",
    "hours",
    "months",
    "pipeline",
    "schedule",
    "truncate",
    "years",
]

_LAZY_EXPORTS = {
    "AlurError": "alur.errors",
    "BronzeTable": "alur.contracts.table",
    "Contract": "alur.contracts.contract",
    "ContractError": "alur.errors",
    "EngineError": "alur.errors",
    "Float32": "alur.contracts.annotations",
    "GoldTable": "alur.contracts.table",
    "Int32": "alur.contracts.annotations",
    "Pipeline": "alur.pipelines.pipeline",
    "PipelineError": "alur.errors",
    "Project": "alur.project.project",
    "ScheduleError": "alur.errors",
    "SettingsError": "alur.errors",
    "SilverTable": "alur.contracts.table",
    "Tag": "alur.contracts.tags",
    "bucket": "alur.contracts.partitioning",
    "changes": "alur.pipelines.changes",
    "contract_of": "alur.contracts.table",
    "days": "alur.contracts.partitioning",
    "files": "alur.pipelines.sources",
    "hours": "alur.contracts.partitioning",
    "months": "alur.contracts.partitioning",
    "pipeline": "alur.pipelines.pipeline",
    "schedule": "alur.scheduling.schedule",
    "truncate": "alur.contracts.partitioning",
    "years": "alur.contracts.partitioning",
}


def __getattr__(name: str) -> Any:
    # pydantic alone takes longer to import than `alur --help` may take, so names are fetched when asked for.
    if name not in _LAZY_EXPORTS:
        raise AttributeError(f"module 'alur' has no attribute {name!r}")
    value = getattr(import_module(_LAZY_EXPORTS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
