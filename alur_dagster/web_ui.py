"""``python -m alur_dagster.web_ui dev ...``: Dagster's own command line, for ``alur dev``.

It creates the instance first, so that other processes may open it at the same time, and records runs of the command
line there. It suppresses a warning on which users of ``alur dev`` cannot act.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import dagster as dg
from dagster._cli import main as dagster_command

from alur_dagster.instance import opening
from alur_dagster.recording import recording
from alur_dagster.sensors import RECORDED_BY_ALUR
from alur_dagster.spool import Spool


def main() -> None:
    """Open the instance in ``DAGSTER_HOME``, then run Dagster's command line."""
    warnings.filterwarnings("ignore", "Function `dev_command`", dg.SupersessionWarning)
    home = Path(os.environ["DAGSTER_HOME"])
    with opening(home):
        instance = dg.DagsterInstance.get()
    os.environ[RECORDED_BY_ALUR] = "yes"
    with instance, recording(instance, Spool(home)):
        dagster_command()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
