"""Runs a pipeline many times in one process, each time with one new landing file.

``python -m benchmarks.appending_runs FOLDER RUNS SNAPSHOTS`` prints the CPU seconds of this process for each run as JSON.
All snapshots but the latest ones expire after each 24 runs, as those of an hourly pipeline do.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from alur import Project
from alur.runtime.local import open_runtime
from alur.runtime.run import run_pipeline
from alur.runtime.tables.pyiceberg_warehouse import LocalWarehouse
from benchmarks.appending import COMMITS_A_DAY, expire_all_but

_PROJECT = {
    "alur.toml": '[project]\nname = "appending"\nmodules = ["pipelines"]\n[env.local]\nengine = "sail"\n',
    "pipelines.py": """\
from alur import BronzeTable, files
from alur.decorators import pipeline


class Event(BronzeTable, key="id"):
    id: int
    amount: float


@pipeline(sources={"rows": files("in/*.csv", schema=Event)}, target=Event, mode="append")
def load(rows):
    return rows
""",
}


def main(folder: Path, runs: int, snapshots: int) -> None:
    """Print the CPU seconds of each run; nothing is deleted from the landing folder."""
    landing = folder / "landing" / "in"
    landing.mkdir(parents=True)
    for name, content in _PROJECT.items():
        (folder / name).write_text(content)
    project = Project.load(folder)
    pipeline = project.pipeline("load")
    seconds = []
    with open_runtime(project) as runtime:
        assert isinstance(runtime.warehouse, LocalWarehouse), "a run on this machine has no other"
        for number in range(runs):
            lines = (f"{5 * number + n},1.5\n" for n in range(5))
            (landing / f"{number:06}.csv").write_text("id,amount\n" + "".join(lines))
            began = time.process_time()
            run_pipeline(pipeline, runtime, lambda event: None)
            seconds.append(time.process_time() - began)
            if number % COMMITS_A_DAY == 0:
                expire_all_but(snapshots, runtime.warehouse, pipeline.target)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]), int(sys.argv[3]))
