"""``python -m alur_dagster.web_ui dev ...``: Dagster's own command line, for ``alur dev``.

It creates the instance first, so that a run of the command line may start at the same time. It suppresses a warning on
which users of ``alur dev`` cannot act.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import dagster as dg
from dagster._cli import main as dagster_command

from alur_dagster.instance import opening


def main() -> None:
    """Open the instance in ``DAGSTER_HOME``, then run Dagster's command line."""
    warnings.filterwarnings("ignore", "Function `dev_command`", dg.SupersessionWarning)
    with opening(Path(os.environ["DAGSTER_HOME"])), dg.DagsterInstance.get():
        pass
    dagster_command()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
