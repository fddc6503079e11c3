"""A project with jobs on Spark's JVM with Iceberg's own runtime, in another process."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import pyarrow.dataset as ds
import pytest
from pyiceberg.table import StaticTable

from alur.project.project import Project
from alur.runtime.engines.spark import java_home
from alur.runtime.results import Event, Succeeded
from alur.runtime.tables.arrow_types import arrow_schema
from alur.runtime.tables.maintained import Maintained
from tests.child_process import child_environment
from tests.conftest import isolated_imports
from tests.engines import Ran, forget_modules
from tests.glue_project import run_jobs
from tests.glue_worker import metadata_file
from tests.tiny_project import TinyProject

JARS = "ALUR_SPARK_JARS"
"""The variable for the folder with Iceberg's runtime for Spark 3.5."""

needs_iceberg_for_spark = pytest.mark.skipif(
    JARS not in os.environ, reason=f"{JARS} names no folder with Iceberg's runtime for Spark 3.5"
)
"""The mark of modules whose tests use `spark_project`."""


@pytest.fixture(scope="module")
def spark_jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkJobs]:
    """Yield Spark, one for the module."""
    with spark(tmp_path_factory.mktemp("warehouse")) as started:
        yield started


@pytest.fixture
def spark_project(tmp_path: Path, spark_jobs: SparkJobs) -> Iterator[SparkProject]:
    """Yield a project without a file, whose jobs run on the module's Spark."""
    with isolated_imports():
        yield SparkProject(tmp_path / "shop", engines=None, jobs=spark_jobs)  # type: ignore[arg-type]


@contextmanager
def spark(folder: Path) -> Iterator[SparkJobs]:
    """Yield Spark with a catalog of tables in a folder, started as on Glue, with all settings on the command line."""
    jobs = SparkJobs(folder)
    jobs.start()
    yield jobs
    jobs.end()


def _settings(folder: Path) -> str:
    catalog = "spark.sql.catalog.glue_catalog"
    settings = {
        "spark.jars": ",".join(sorted(map(str, Path(os.environ[JARS]).glob("*.jar")))),
        "spark.master": "local[2]",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.type": "hadoop",
        # Spark's own form of paths; the Hadoop catalog compares them as text.
        f"{catalog}.warehouse": f"file:{folder}",
        f"{catalog}.use-nullable-query-schema": "false",
    }
    return " ".join(f"--conf {key}={value}" for key, value in settings.items())


@dataclass
class SparkJobs:
    """The process, and the folder of its tables.

    Attributes:
        steps: those of the last run that has ended.
    """

    folder: Path
    runs: int = 0
    steps: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Start the process."""
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed at the end
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.glue_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            cwd=Path(__file__).parents[1],
            env=child_environment(
                PYSPARK_SUBMIT_ARGS=f"{_settings(self.folder)} pyspark-shell",
                PYSPARK_PYTHON=sys.executable,
                JAVA_HOME=str(java_home()),
                # The workers' Python finds Alur like an installed package, and no project.
                PYTHONPATH=str(Path(__file__).parents[1]),
            ),
        )

    def end(self) -> None:
        """Let the process end."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()

    def run(
        self,
        databases: str,
        root: Path,
        name: str,
        observe: Callable[[Event], None],
        before_write: str | None = None,
        run_id: str | None = None,
        action: Literal["run", "maintain"] = "run",
    ) -> Succeeded | Maintained:
        """Run one pipeline, or maintain its table; raise the error that stopped it."""
        outcome, notices, self.steps = self._request(
            databases, root, name, run_id or self.new_id(), before_write, action, None
        )
        for notice in notices:
            observe(notice)
        if isinstance(outcome, BaseException):
            raise outcome
        assert isinstance(outcome, Succeeded | Maintained)
        return outcome

    def kill(self, databases: str, root: Path, name: str, steps: int) -> str | None:
        """Run one pipeline, and kill its process and the JVM after some steps.

        Returns:
            The run's id; None if it has ended after fewer steps.
        """
        run_id = self.new_id()
        try:
            self._request(databases, root, name, run_id, None, "run", steps)
        except EOFError:
            self.end()
            self.start()
            return run_id
        return None

    def new_id(self) -> str:
        """Return the id of a new run."""
        self.runs += 1
        return f"jr_{self.runs}"

    def _request(self, *request: object) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        pickle.dump((self.folder, *request), self.process.stdin)
        self.process.stdin.flush()
        try:
            return pickle.load(self.process.stdout)
        except EOFError as error:
            self.errors.seek(0)
            error.add_note(self.errors.read().decode())
            raise


@dataclass
class SparkProject(TinyProject):
    """A project below ``root``, with its own databases in the catalog.

    Attributes:
        before_write: a statement of another program, executed between a run's check and its write.
        run_id: Glue's id of the next run; by default a new one.
    """

    jobs: SparkJobs | None = None
    before_write: str | None = None
    run_id: str | None = None

    @property
    def databases(self) -> str:
        """The prefix of the names of the project's databases."""
        return f"t{sha256(bytes(self.root)).hexdigest()[:8]}_dev"

    def run(self, *names: str) -> Ran:
        """Run jobs one after the other, by default all in the order of the graph."""
        forget_modules(self.root)
        return run_jobs(Project.load(self.root), names, self._run_job)

    def _run_job(self, _: Project, name: str, observe: Callable[[Event], None]) -> Succeeded:
        assert self.jobs
        outcome = self.jobs.run(
            self.databases, self.root, name, observe, self.before_write, self.run_id
        )
        assert isinstance(outcome, Succeeded)
        return outcome

    def maintain(self, name: str) -> Maintained:
        """Let the job of a pipeline maintain its table, and do nothing else."""
        assert self.jobs
        outcome = self.jobs.run(self.databases, self.root, name, print, action="maintain")
        assert isinstance(outcome, Maintained)
        return outcome

    def kill(self, name: str, steps: int) -> str | None:
        """Run one pipeline until it has taken some steps, and kill it; return its id, or None if it has ended before."""
        assert self.jobs
        return self.jobs.kill(self.databases, self.root, name, steps)

    def table(self, name: str) -> Any:
        """Return a table as an Iceberg tool opens it."""
        assert self.jobs
        contract = self.contract(name)
        folder = self.jobs.folder / f"{self.databases}_{contract.layer}" / contract.table
        return StaticTable.from_metadata(str(metadata_file(folder)))

    def arrow(self, table: str) -> Any:
        """Return a table as PyIceberg reads it."""
        return self.table(table).scan().to_arrow()

    def files(self, table: str) -> Any:
        """Return the unchanged rows of a table's data files."""
        iceberg = self.table(table)
        paths = [task.file.file_path.removeprefix("file:") for task in iceberg.scan().plan_files()]
        return ds.dataset(paths, schema=arrow_schema(iceberg.schema()), format="parquet").to_table()

    def snapshots(self) -> dict[str, list[int]]:
        """Return the ids of all snapshots of all existing tables."""
        assert self.jobs
        ids = {}
        for folder in sorted(self.jobs.folder.glob(f"{self.databases}_*/*")):
            table = StaticTable.from_metadata(str(metadata_file(folder)))
            name = f"{folder.parent.name.removeprefix(f'{self.databases}_')}.{folder.name}"
            ids[name] = [snapshot.snapshot_id for snapshot in table.metadata.snapshots]
        return ids
