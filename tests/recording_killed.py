"""``python -m tests.recording_killed HOME STEP``: records copies of a spool in processes, each killed at a moment.

The moments are those before each commit of the instance's databases and before each removal of a file; it tries each
STEPth. After a kill, another process records the rest, and the instance is compared with one that was not interrupted.
"""

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import dagster as dg
from sqlalchemy import event
from sqlalchemy.engine import Engine

from alur_dagster.recording import record_waiting
from alur_dagster.spool import Spool
from tests.ended_pipelines import shown


def main(home: Path, step: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole = _copy(home, Path(folder) / "whole")
        assert _record(whole, kill_at=0) == 0
        expected = _shown(whole)
        moment = step
        while _record(_copy(home, Path(folder) / str(moment)), kill_at=moment) == signal.SIGKILL:
            interrupted = Path(folder) / str(moment)
            assert Spool(interrupted).waiting(), moment
            assert _record(interrupted, kill_at=0) == 0
            assert Spool(interrupted).waiting() == []
            found = _shown(interrupted)
            for kind, values in expected.items():
                assert found[kind] == values, (moment, kind)
            shutil.rmtree(interrupted)
            moment += step
    print(moment // step - 1)


def _copy(home: Path, to: Path) -> Path:
    shutil.copytree(home, to)
    return to


def _record(home: Path, kill_at: int) -> int:
    """Record in a child process, which kills itself at a moment; return its exit status."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:
        with dg.DagsterInstance.from_config(str(home)) as instance:
            _kill_at(kill_at)
            record_waiting(instance, Spool(home))
    except BaseException as error:
        print(error, file=sys.stderr)
        os._exit(1)
    os._exit(0)


def _kill_at(moment: int) -> None:
    left = moment

    def pass_by(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "commit", pass_by)
    sys.addaudithook(lambda name, _: pass_by() if name == "os.remove" else None)


def _shown(home: Path) -> dict:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        return shown(instance)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
