"""Assembles the sandbox's server: moto's services, EventBridge, IAM, and the runs of workflows and jobs."""

from __future__ import annotations

import logging
import os
import secrets
import signal
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from types import FrameType

from moto.glue.models import glue_backends
from moto.iam.models import iam_backends

from alur.sandbox.server.account_region import AccountRegion
from alur.sandbox.server.api.http_server import http_server
from alur.sandbox.server.events.event_api import EventApi
from alur.sandbox.server.events.event_bridge import EventBridge
from alur.sandbox.server.events.workflow_targets import WorkflowTargets
from alur.sandbox.server.gateway import Gateway
from alur.sandbox.server.iam.account_roles import AccountRoles
from alur.sandbox.server.iam.run_roles import RunRoles
from alur.sandbox.server.jobs.engines.engine_kinds import engines
from alur.sandbox.server.jobs.job_run import EmulatedJobRun
from alur.sandbox.server.jobs.job_runs import JobRuns
from alur.sandbox.server.jobs.process import Account, JobProcess
from alur.sandbox.server.services.moto_app import moto_app
from alur.sandbox.server.workflows import glue_run_api, moto_definitions
from alur.sandbox.server.workflows.workflow_runs import WorkflowRuns
from alur.sandbox.spark_installation import SparkInstallation
from alur.sandbox.state_file import SandboxState, write_state

_END_SECONDS = 10
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The settings of a sandbox's server.

    Attributes:
        folder: the sandbox's.
        cache: the folder for files that outlive the sandbox.
        port: 0 for any free port.
        spark: the Spark for jobs; None for Sail.
    """

    folder: Path
    cache: Path
    port: int
    region: str
    account_id: str
    spark: SparkInstallation | None


class Server:
    """The server of one sandbox, with an empty account.

    It patches moto for the life of this process.
    """

    def __init__(self, settings: ServerSettings) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._settings = settings
        self._account_region = AccountRegion(settings.region, settings.account_id)
        self._engines = engines(settings.folder, settings.spark)
        self._engines.link_packages()
        self._roles = AccountRoles(iam_backends[settings.account_id]["aws"], settings.account_id)
        self._run_roles = RunRoles(self._roles)
        glue = glue_backends[settings.account_id][settings.region]
        self._jobs = JobRuns(
            partial(moto_definitions.job_definition, glue),
            self._process,
            at_once=self._engines.at_once,
        )
        self._workflows = WorkflowRuns(
            partial(moto_definitions.workflow_definition, glue), self._jobs
        )
        self._access_key = f"AKIA{secrets.token_hex(8).upper()}"
        self._http = http_server(self._gateway(), settings.port)
        self._account = self._job_account()

    def serve(self) -> None:
        """Serve until a signal to end arrives."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        write_state(self._settings.folder, self._state())
        self._http.serve_forever()
        self._http.server_close()

    @property
    def _address(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def _process(self, run: EmulatedJobRun) -> JobProcess:
        return JobProcess(run, self._account)

    def _gateway(self) -> Gateway:
        aws = moto_app()
        glue_run_api.install(self._jobs, self._workflows)
        event_bridge = EventBridge(
            self._account_region, WorkflowTargets(self._roles, self._workflows)
        )
        self._jobs.on_end.append(event_bridge.job_ended)
        return Gateway(
            aws, EventApi(event_bridge), self._access_key, self._run_roles, self._account_region
        )

    def _job_account(self) -> Account:
        import boto3

        folder, cache = self._settings.folder, self._settings.cache
        return Account(
            address=self._address,
            region=self._settings.region,
            roles=self._run_roles,
            session=boto3.Session(),
            engines=self._engines,
            folder=folder,
            cache=cache,
            wheels=cache.parent / "wheels",
        )

    def _state(self) -> SandboxState:
        return SandboxState(
            pid=os.getpid(),
            address=self._address,
            region=self._settings.region,
            account_id=self._settings.account_id,
            access_key=self._access_key,
            started=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            engine=self._engines.name,
            engine_version=self._engines.version,
        )

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        # In a thread, because this handler has interrupted the server's own loop.
        Thread(target=self._end).start()

    def _end(self) -> None:
        self._engines.close()
        self._jobs.stop_all()
        # While the server answers, the runs can still send their last lines and end their child processes.
        due = monotonic() + _END_SECONDS
        while self._jobs.unended() and monotonic() < due:
            sleep(_PAUSE)
        self._http.shutdown()
