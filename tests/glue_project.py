"""A project that runs like its Glue jobs: the deployment's arguments, tables in an emulated AWS, Sail as the engine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from alur.contracts.contract import LAYERS
from alur.deployment.planning import plan
from alur.deployment.resources import Code, Deployment
from alur.errors import AlurError, QualityError
from alur.project.project import Project
from alur.runtime.engines.sail import SAIL_SETTINGS
from alur.runtime.job.arguments import JobArguments
from alur.runtime.job.driver import prepare_session, run_in
from alur.runtime.job.runtime import glue_runtime
from alur.runtime.results import Event, Failed, Notice, Skipped, Succeeded
from tests.conftest import isolated_imports
from tests.engines import Ran, forget_modules
from tests.tiny_project import TinyProject

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

REGION = "us-east-1"

_START = """
import runpy, sys
from pathlib import Path
from tests.glue_worker import NEEDED_BY_CONNECT, Blocker
sys.meta_path.insert(0, Blocker(but=NEEDED_BY_CONNECT))
import alur
runpy.run_path(str(Path(alur.__file__).parent / "runtime" / "job" / "script.py"), run_name="__main__")
"""
CODE = Code("0123456789abcdef.gluewheels.zip", "0123456789ab")


@pytest.fixture(scope="module")
def glue_session(_server: str) -> Iterator[SparkSession]:
    """Yield a session of Sail on Glue's catalog, for the tests of a module."""
    with pytest.MonkeyPatch.context() as patch, sail(_server, patch) as opened:
        yield opened


@pytest.fixture
def jobs(
    tmp_path: Path, glue_session: SparkSession, moto: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[GlueProject]:
    """Yield an empty project; tests declare it, deploy it, then run its jobs."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with isolated_imports():
        yield GlueProject(tmp_path / "shop", engines=None, session=glue_session)  # type: ignore[arg-type]


@contextmanager
def sail(address: str, patch: pytest.MonkeyPatch) -> Iterator[SparkSession]:
    """Yield a session of a new Sail server with Glue's catalog at an address."""
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    catalog = f'[{{type="glue", name="glue_catalog", region="{REGION}", endpoint_url="{address}"}}]'
    patch.setenv("SAIL_CATALOG__LIST", catalog)
    patch.setenv("SAIL_CATALOG__DEFAULT_CATALOG", "glue_catalog")
    patch.setenv("RUST_LOG", "off")
    for name, value in SAIL_SETTINGS.items():
        patch.setenv(name, value)
    # Sail's S3 client requires TLS by default.
    patch.setenv("AWS_ALLOW_HTTP", "true")
    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    _, port = server.listening_address
    session = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").create()
    session.client.disable_reattachable_execute()
    prepare_session(session)
    yield session
    session.stop()
    server.stop()


@dataclass
class GlueProject(TinyProject):
    """A project below ``root``, deployed as ``dev`` to the current account."""

    session: SparkSession | None = None
    title: str = "shop"
    runs: int = field(default=0)
    _planned: tuple[Project, Deployment] | None = field(default=None, init=False, repr=False)

    def declare(self, contracts: str, pipelines: str) -> GlueProject:
        """Write both modules, below their common imports."""
        self.write({"alur.toml": '[project]\nname = "shop"\n[env.dev]\n'})
        super().declare(contracts, pipelines)
        return self

    @cached_property
    def s3(self) -> Any:
        """boto3's client."""
        return boto3.client("s3", region_name=REGION)

    @cached_property
    def glue(self) -> Any:
        """boto3's client."""
        return boto3.client("glue", region_name=REGION)

    def bucket(self, kind: str) -> str:
        """Return the name of a bucket."""
        return f"alur-{self.title}-{kind}-dev"

    def database(self, layer: str) -> str:
        """Return the name of a layer's database."""
        return f"{self.title}_dev_{layer}"

    def deployment(self) -> Deployment:
        """Return the project's deployment."""
        project = self.as_declared()
        if self._planned is None or self._planned[0] is not project:
            self._planned = project, plan(project, project.environment("dev")).with_code(CODE)
        return self._planned[1]

    def deploy(self) -> GlueProject:
        """Create the buckets and databases, which jobs do not create."""
        deployment = self.deployment()
        for bucket in deployment.buckets:
            self.s3.create_bucket(Bucket=bucket.name)
        for database in deployment.databases:
            self.glue.create_database(DatabaseInput={"Name": database.name})
        return self

    def land(self, name: str, content: str | bytes) -> Path:
        """Put a file into the landing prefix."""
        data = content if isinstance(content, bytes) else content.encode()
        self.s3.put_object(Bucket=self.bucket("bronze"), Key=f"landing/{name}", Body=data)
        return Path(name)

    def unland(self, name: str) -> None:
        """Delete a file from the landing prefix."""
        self.s3.delete_object(Bucket=self.bucket("bronze"), Key=f"landing/{name}")

    def arguments(self, pipeline: str, run_id: str | None = None) -> list[str]:
        """Return Glue's command line for a pipeline's job."""
        job = self.deployment().jobs_by_pipeline[pipeline]
        given = [part for pair in job.arguments for part in pair]
        self.runs += 1
        return [*given, "--JOB_NAME", job.name, "--JOB_RUN_ID", run_id or f"jr_{self.runs}"]

    def run(self, *names: str) -> Ran:
        """Run jobs one after the other, by default all in the order of the graph."""
        assert self.session is not None
        forget_modules(self.root)
        project = Project.load(self.root)
        return run_jobs(project, names, self._run_job)

    def _run_job(self, project: Project, name: str, observe: Callable[[Event], None]) -> Succeeded:
        assert self.session is not None
        job = JobArguments.parse(self.arguments(name))
        runtime = glue_runtime(self.session, project, job)
        return run_in(runtime, project.pipeline(name), observe)

    def start(self, pipeline: str, **changed: str) -> subprocess.CompletedProcess[str]:
        """Start a pipeline's job as Glue does: the script in a separate process, the project among its packages.

        Args:
            changed: arguments in place of the deployment's.
        """
        assert self.session is not None
        packages = self.root.parent / "packages"
        shutil.rmtree(packages, ignore_errors=True)
        shutil.copytree(self.root, packages / "alur_project")
        arguments = self.arguments(pipeline)
        for name, value in changed.items():
            arguments[arguments.index(f"--{name}") + 1] = value
        repository = Path(__file__).parents[1]
        return subprocess.run(
            [sys.executable, "-c", _START, *arguments],
            env=os.environ
            | {
                "PYTHONPATH": f"{packages}{os.pathsep}{repository}",
                "PYTHONDONTWRITEBYTECODE": "1",
                "SPARK_REMOTE": f"sc://{self.session.client._builder.endpoint}",
            },
            cwd=self.root.parent,
            capture_output=True,
            text=True,
            check=False,
        )

    def metadata(self, table: str) -> dict[str, Any]:
        """Return a table's metadata file."""
        import json

        parameters = self._entry(table)["Parameters"]
        bucket, _, key = parameters["metadata_location"].removeprefix("s3://").partition("/")
        return json.loads(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())  # type: ignore[no-any-return]

    def _entry(self, name: str) -> dict[str, Any]:
        contract = self.contract(name)
        database = self.database(contract.layer)
        return self.glue.get_table(DatabaseName=database, Name=contract.table)["Table"]  # type: ignore[no-any-return]

    def table(self, name: str) -> Any:
        """Return a table as an Iceberg tool opens it."""
        from pyiceberg.catalog.glue import GlueCatalog

        contract = self.contract(name)
        endpoint = self.s3.meta.endpoint_url
        properties = {
            "glue.endpoint": endpoint,
            "glue.region": REGION,
            "s3.endpoint": endpoint,
            "s3.region": REGION,
            "s3.access-key-id": "testing",
            "s3.secret-access-key": "testing",
        }
        catalog = GlueCatalog("glue", **properties)
        return catalog.load_table((self.database(contract.layer), contract.table))

    def arrow(self, table: str) -> Any:
        """Return the rows of a table's data files, as listed in Iceberg's metadata."""
        import pyarrow.dataset as ds
        from pyarrow.fs import S3FileSystem

        from alur.runtime.tables.arrow_types import arrow_schema

        iceberg = self.table(table)
        files = [task.file.file_path.removeprefix("s3://") for task in iceberg.scan().plan_files()]
        host = self.s3.meta.endpoint_url.removeprefix("http://")
        store = S3FileSystem(endpoint_override=host, scheme="http", region=REGION)
        schema = arrow_schema(iceberg.schema())
        return ds.dataset(files, schema=schema, format="parquet", filesystem=store).to_table()

    def snapshots(self) -> dict[str, list[int]]:
        """Return the ids of all snapshots of all existing tables."""
        ids = {}
        for layer in LAYERS:
            for entry in self.glue.get_tables(DatabaseName=self.database(layer))["TableList"]:
                snapshots = self.metadata(f"{layer}.{entry['Name']}")["snapshots"]
                ids[f"{layer}.{entry['Name']}"] = [s["snapshot-id"] for s in snapshots]
        return ids

    def staged(self) -> list[str]:
        """Return the keys left in the temporary location."""
        answer = self.s3.list_objects_v2(
            Bucket=self.bucket("artifacts"), Prefix=f"{self.title}/dev/temp/"
        )
        return [entry["Key"] for entry in answer.get("Contents", ())]


def run_jobs(
    project: Project,
    names: tuple[str, ...],
    run_job: Callable[[Project, str, Callable[[Event], None]], Succeeded],
) -> Ran:
    """Run jobs like a workflow: a failed job starts none of its dependents."""
    events: list[Event] = []
    outcomes: dict[str, Succeeded | Failed | Skipped] = {}
    for name in project.graph.order(names or None):
        failed = [
            p for p in project.graph.parents[name] if p in outcomes and not _well(outcomes[p])
        ]
        if failed:
            outcomes[name] = Skipped(name, failed[0])
            continue
        try:
            outcomes[name] = run_job(project, name, events.append)
        except QualityError as error:
            outcomes[name] = Failed(name, error, error.results)
        except AlurError as error:
            outcomes[name] = Failed(name, error)
    return Ran(outcomes, [event.text for event in events if isinstance(event, Notice)])


def _well(outcome: Succeeded | Failed | Skipped) -> bool:
    return isinstance(outcome, Succeeded)
