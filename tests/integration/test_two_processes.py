"""Two processes at one table: one waits for the other or is refused, and no row is lost, doubled or altered."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pytest

from alur.runtime.tables.pyiceberg_writer import LocalTableWriter
from alur_dagster.instance import locate_home
from tests.dagster_server import PATIENCE, DagsterServer, environment, serving
from tests.integration.test_many_commits import opened
from tests.tiny_project import TinyProject, csv_of
from tests.waiting import wait_until

ALUR = Path(sys.executable).with_name("alur")
CONTRACTS = """
class Raw(BronzeTable):
    id: int
class Other(BronzeTable):
    id: int
"""
PIPELINES = """
import time
from pathlib import Path

ROOT = Path(__file__).parent

@pipeline(sources={"raw": files("*.csv", schema=Raw)}, target=Raw, mode="append")
def load(raw):
    while (ROOT / "hold").exists():
        (ROOT / "held").touch()
        time.sleep(0.05)
    return raw

@pipeline(sources={"other": files("*.csv", schema=Other)}, target=Other, mode="append")
def load_other(other):
    return other
"""
WAITING = "waiting for another run that is writing bronze.raw"


@pytest.fixture
def raw(project: TinyProject) -> TinyProject:
    project.declare(CONTRACTS, PIPELINES)
    project.land("0.csv", csv_of("id", [(0,)]))
    return project


def start(project: TinyProject, *arguments: str) -> subprocess.Popen[str]:
    """Start a command, with both streams in one."""
    return subprocess.Popen(
        [ALUR, *arguments, "--env", "local"],
        cwd=project.root,
        env=environment(ALUR_ENGINE="sail", PYTHONUNBUFFERED="1"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Return a command's exit code and output."""
    text, _ = process.communicate(timeout=PATIENCE)
    return process.returncode, text


@contextmanager
def held(project: TinyProject) -> Iterator[subprocess.Popen[str]]:
    """Start a run, and let it wait in its function until the ``with`` block ends."""
    (project.root / "hold").touch()
    process = start(project, "run", "load")
    wait_until(lambda: (project.root / "held").exists() or process.poll() is not None)
    assert process.poll() is None, ended(process)
    yield process
    (project.root / "hold").unlink()


def read_until(process: subprocess.Popen[str], text: str) -> None:
    """Read a command's output until a line with a text."""
    assert process.stdout
    assert any(text in line for line in process.stdout)


def test_two_runs_and_a_maintenance_of_one_table_and_a_run_of_another(raw: TinyProject) -> None:
    raw.run("load").all_succeeded()
    raw.land("1.csv", csv_of("id", [(1,)]))
    with held(raw) as first:
        second, maintenance = start(raw, "run", "load"), start(raw, "maintain", "raw")
        read_until(second, WAITING)
        code, text = ended(start(raw, "run", "load_other"))
        assert code == 0, text
        assert maintenance.poll() is None
    for process in (first, second, maintenance):
        code, text = ended(process)
        assert code == 0, text
    assert raw.rows("raw") == raw.rows("other") == [(0,), (1,)]


LAUNCH = """
mutation($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) { ... on LaunchRunSuccess { run { runId } } }
}
"""
REPOSITORY = """
{ repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } } }
"""


def ask(server: DagsterServer, query: str, **variables: object) -> Any:
    """Return the answer of the web UI's GraphQL."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/graphql", body, headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        content = json.load(answer)
    assert "errors" not in content, content
    return content["data"]


@pytest.mark.nightly
def test_a_run_beside_alur_dev_that_materializes_the_same_table(
    raw: TinyProject, tmp_path: Path
) -> None:
    with (
        serving([ALUR, "dev"], raw.root, tmp_path / "dev.log") as server,
        dg.DagsterInstance.from_config(str(locate_home(raw.root))) as instance,
    ):
        (repository,) = ask(server, REPOSITORY)["repositoriesOrError"]["nodes"]
        selector = {
            "repositoryName": repository["name"],
            "repositoryLocationName": repository["location"]["name"],
            "jobName": "__ASSET_JOB",
            "assetSelection": [{"path": ["bronze", "raw"]}],
        }
        with held(raw) as first:
            launched = ask(server, LAUNCH, params={"selector": selector, "runConfigData": {}})
            run = launched["launchPipelineExecution"]["run"]["runId"]
            wait_until(lambda: any(WAITING in log.message for log in instance.all_logs(run)))
            raw.land("1.csv", csv_of("id", [(1,)]))
        code, text = ended(first)
        assert code == 0, text
        wait_until(lambda: instance.get_run_by_id(run).is_finished)
        assert instance.get_run_by_id(run).is_success
    assert raw.rows("raw") == [(0,), (1,)]


COLUMNS = pa.schema([pa.field("id", pa.int64(), False), pa.field("shop", pa.string(), False)])
MODES = ("append", "merge", "overwrite", "overwrite_partitions")


def test_another_program_commits_meanwhile(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes no lock: its rows stay, and the run writes none beside them, whatever its mode."""
    project.declare(
        "class Raw(BronzeTable):\n    id: int\n    shop: str\n"
        + "".join(
            f"class T_{mode}(SilverTable, key='id', partition_by='shop'):\n    id: int\n    shop: str\n"
            for mode in MODES
        ),
        """
        @pipeline(sources={"raw": files("*.csv", schema=Raw)}, target=Raw)
        def load(raw):
            return raw
        """
        + "".join(
            f"""
        @pipeline(sources={{"raw": Raw}}, target=T_{mode}, mode="{mode}")
        def write_{mode}(raw):
            return raw.select("id", "shop")
        """
            for mode in MODES
        ),
    )
    project.land("a.csv", "id,shop\n1,a\n")
    project.run().all_succeeded()
    project.land("a.csv", "id,shop\n2,a\n")
    project.run("load").all_succeeded()
    commit = LocalTableWriter.commit

    def overtaken(writer, *arguments):
        theirs = opened(project, writer.contract.identifier)
        theirs.append(pa.table({"id": [9], "shop": ["a"]}, schema=COLUMNS))
        return commit(writer, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(LocalTableWriter, "commit", overtaken)
        ran = project.run(*(f"write_{mode}" for mode in MODES))
    for mode in MODES:
        message = ran.error(f"write_{mode}").message
        table = f"silver.t_{mode}"
        assert message == f"another program has written {table} meanwhile; nothing was written"
        assert project.rows(table) == [(1, "a"), (9, "a")], mode
    project.run(*(f"write_{mode}" for mode in MODES)).all_succeeded()
    rows = {mode: project.rows(f"silver.t_{mode}") for mode in MODES}
    assert rows["append"] == rows["merge"] == [(1, "a"), (2, "a"), (9, "a")]
    assert rows["overwrite"] == rows["overwrite_partitions"] == [(2, "a")]
