"""The sandbox's server process: moto's services, and the runs of jobs and workflows.

Started by ``alur sandbox up`` as ``python -m alur.sandbox.server FOLDER CACHE PORT REGION ACCOUNT SPARK``.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from types import FrameType
from typing import Any

from filelock import FileLock, Timeout

from alur.sandbox.server.jobs.engines import Engines, engines
from alur.sandbox.server.jobs.process import Account, JobProcess
from alur.sandbox.server.jobs.runs import JobRuns
from alur.sandbox.spark_installation import SparkInstallation
from alur.sandbox.state import LOCK_FILE, SandboxState, write_state

_LOCK_SECONDS = 5
"""The command line takes the lock briefly whenever it checks for a running sandbox."""

_END_SECONDS = 10
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Arguments:
    """The command line.

    Attributes:
        spark: the Spark for jobs; None for Sail.
    """

    folder: Path
    cache: Path
    port: int
    region: str
    account_id: str
    spark: SparkInstallation | None


def main(arguments: list[str]) -> None:
    """Serve until a signal to end arrives."""
    folder, cache, port, region, account_id, spark = arguments
    found = SparkInstallation.from_json(spark) if spark else None
    given = Arguments(Path(folder), Path(cache), int(port), region, account_id, found)
    lock = FileLock(given.folder / LOCK_FILE)
    try:
        # The operating system frees the lock even if this process is killed.
        lock.acquire(timeout=_LOCK_SECONDS)
    except Timeout:
        sys.exit("another sandbox is up in this folder")
    # Read by moto.
    os.environ["MOTO_ACCOUNT_ID"] = account_id
    # Web pages must not reach the server.
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
    _serve(given)


def _serve(given: Arguments) -> None:
    import boto3
    from moto.glue.models import glue_backends
    from moto.iam.models import iam_backends

    from alur.sandbox.server.api.http_server import http_server
    from alur.sandbox.server.events.event_api import EventApi
    from alur.sandbox.server.events.event_bridge import EventBridge
    from alur.sandbox.server.events.events import Place
    from alur.sandbox.server.events.workflow_targets import WorkflowTargets
    from alur.sandbox.server.gateway import Gateway
    from alur.sandbox.server.iam.account_roles import AccountRoles
    from alur.sandbox.server.iam.run_roles import RunRoles
    from alur.sandbox.server.services.moto_app import moto_app
    from alur.sandbox.server.workflows import glue_run_api
    from alur.sandbox.server.workflows.workflow_runs import WorkflowRuns

    aws = moto_app()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    kind = engines(given.folder, given.spark)
    kind.link_packages()
    backend = glue_backends[given.account_id][given.region]
    account_roles = AccountRoles(iam_backends[given.account_id]["aws"], given.account_id)
    roles = RunRoles(account_roles)
    jobs = JobRuns(
        lambda name: glue_run_api.job_definition(backend, name),
        lambda run: JobProcess(run, account),
        at_once=kind.at_once,
    )
    workflows = WorkflowRuns(lambda name: glue_run_api.workflow_definition(backend, name), jobs)
    place = Place(given.region, given.account_id)
    event_bridge = EventBridge(place, WorkflowTargets(account_roles, workflows))
    jobs.on_end.append(event_bridge.job_ended)
    glue_run_api.install(jobs, workflows)
    access_key = f"AKIA{secrets.token_hex(8).upper()}"
    app = Gateway(aws, EventApi(event_bridge), access_key, roles, place)
    server = http_server(app, given.port)
    address = f"http://127.0.0.1:{server.server_port}"
    account = Account(
        address=address,
        region=given.region,
        roles=roles,
        session=boto3.Session(),
        engines=kind,
        folder=given.folder,
        cache=given.cache,
        wheels=given.cache.parent / "wheels",
    )
    _end_on_signals(server, jobs, kind)
    write_state(
        given.folder,
        SandboxState(
            pid=os.getpid(),
            address=address,
            region=given.region,
            account_id=given.account_id,
            access_key=access_key,
            started=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            engine=kind.name,
            engine_version=kind.version,
        ),
    )
    server.serve_forever()
    server.server_close()


def _end_on_signals(server: Any, jobs: JobRuns, kind: Engines) -> None:
    def finish() -> None:
        kind.close()
        jobs.stop_all()
        # While the server answers, the runs can still send their last lines and end their child processes.
        due = monotonic() + _END_SECONDS
        while jobs.unended() and monotonic() < due:
            sleep(_PAUSE)
        server.shutdown()

    def end(number: int, frame: FrameType | None) -> None:
        # In a thread, because this handler has interrupted the server's own loop.
        Thread(target=finish).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


if __name__ == "__main__":
    main(sys.argv[1:])
