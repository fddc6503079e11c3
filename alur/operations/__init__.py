"""What the command line does, as Python functions: they report events to an observer, and return what came of it.

>>> from alur.operations import run
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alur.operations.change_plan import ChangePlan
    from alur.operations.comparing import status
    from alur.operations.deploying import deploy
    from alur.operations.destroying import destroy
    from alur.operations.diffing import diff, diff_all
    from alur.operations.environments import (
        drop_environment,
        list_environments,
        new_environment,
        plan_environment,
        publish,
    )
    from alur.operations.firing import fire
    from alur.operations.maintaining import maintain
    from alur.operations.planning.changed_runs import changed_pipelines
    from alur.operations.planning.planning import plan_changes
    from alur.operations.results import (
        DroppedEnvironment,
        EnvironmentDiff,
        Firing,
        ListedEnvironment,
        NewEnvironment,
        Published,
        Status,
        Verified,
    )
    from alur.operations.running import retry, run
    from alur.operations.testing import Recording, record_test, run_tests
    from alur.operations.verifying import verify
    from alur.runtime.fixtures.outcome import Outcome
    from alur.runtime.tables.table_diff import TableDiff

__all__ = [
    "ChangePlan",
    "DroppedEnvironment",
    "EnvironmentDiff",
    "Firing",
    "ListedEnvironment",
    "NewEnvironment",
    "Outcome",
    "Published",
    "Recording",
    "Status",
    "TableDiff",
    "Verified",
    "changed_pipelines",
    "deploy",
    "destroy",
    "diff",
    "diff_all",
    "drop_environment",
    "fire",
    "list_environments",
    "maintain",
    "new_environment",
    "plan_changes",
    "plan_environment",
    "publish",
    "record_test",
    "retry",
    "run",
    "run_tests",
    "status",
    "verify",
]

_LAZY_EXPORTS = {
    "ChangePlan": "alur.operations.change_plan",
    "DroppedEnvironment": "alur.operations.results",
    "EnvironmentDiff": "alur.operations.results",
    "Firing": "alur.operations.results",
    "ListedEnvironment": "alur.operations.results",
    "NewEnvironment": "alur.operations.results",
    "Outcome": "alur.runtime.fixtures.outcome",
    "Published": "alur.operations.results",
    "Recording": "alur.operations.testing",
    "Status": "alur.operations.results",
    "TableDiff": "alur.runtime.tables.table_diff",
    "Verified": "alur.operations.results",
    "changed_pipelines": "alur.operations.planning.changed_runs",
    "deploy": "alur.operations.deploying",
    "destroy": "alur.operations.destroying",
    "diff": "alur.operations.diffing",
    "diff_all": "alur.operations.diffing",
    "drop_environment": "alur.operations.environments",
    "fire": "alur.operations.firing",
    "list_environments": "alur.operations.environments",
    "maintain": "alur.operations.maintaining",
    "new_environment": "alur.operations.environments",
    "plan_changes": "alur.operations.planning.planning",
    "plan_environment": "alur.operations.environments",
    "publish": "alur.operations.environments",
    "record_test": "alur.operations.testing",
    "retry": "alur.operations.running",
    "run": "alur.operations.running",
    "run_tests": "alur.operations.testing",
    "status": "alur.operations.comparing",
    "verify": "alur.operations.verifying",
}


def __getattr__(name: str) -> Any:
    # Each operation imports boto3, Spark or the sandbox; the others must not wait for them.
    if name not in _LAZY_EXPORTS:
        raise AttributeError(f"module 'alur.operations' has no attribute {name!r}")
    return getattr(import_module(_LAZY_EXPORTS[name]), name)
