"""Executes a job run: with its code from S3, its own engine and process, and its output sent to CloudWatch."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock
from time import monotonic
from typing import Any, Protocol

from alur.deployment.job_arguments import PYTHON_MODULES
from alur.errors import AlurError
from alur.runtime.engines.process_folder import process_folder
from alur.sandbox.server.jobs import glue_packages
from alur.sandbox.server.jobs.child_process import PythonProcess
from alur.sandbox.server.jobs.definition import log_group_prefix
from alur.sandbox.server.jobs.engines.engine_kinds import Engines
from alur.sandbox.server.jobs.engines.job_engine import EngineContext, JobEngine
from alur.sandbox.server.jobs.glue_pip import GluePip
from alur.sandbox.server.jobs.job_run import EmulatedJobRun, Ended
from alur.sandbox.server.jobs.log_stream import LogStream
from alur.sandbox.variables import NO_SETTINGS, SECRET_KEY

_PAUSE = 0.05
_ENGINE_ENDED = Ended("FAILED", "The engine has ended: see the error log")


class Roles(Protocol):
    """The roles of jobs, for their runs."""

    def assumed(
        self, role_arn: str, run_id: str, report: Callable[[str], None]
    ) -> AbstractContextManager[str]:
        """Assume a role for a run, and yield its access key.

        Args:
            report: receives each refusal.

        Raises:
            LaunchFailed: Glue may not assume the role.
        """


@dataclass(frozen=True)
class Account:
    """The emulated account for job runs.

    Attributes:
        address: of all its services.
        roles: the access keys of the jobs' roles.
        session: boto3's.
        engines: the engines for runs.
        folder: holds the runs' working folders and Glue's packages.
        cache: the folder for installed wheels, by the name of their zip.
        wheels: packaging's folder for downloaded wheels.
    """

    address: str
    region: str
    roles: Roles
    session: Any
    engines: Engines
    folder: Path
    cache: Path
    wheels: Path
    _session_lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def client(self, service: str, access_key: str) -> Any:
        """Return a service's client, for Glue's own calls on behalf of a run."""
        # Sessions are not thread-safe (https://boto3.amazonaws.com/v1/documentation/api/latest/guide/session.html).
        with self._session_lock:
            return self.session.client(
                service,
                region_name=self.region,
                endpoint_url=self.address,
                aws_access_key_id=access_key,
                aws_secret_access_key=SECRET_KEY,
            )

    def pip(self) -> GluePip:
        """Return Glue's pip from the cache of wheels."""
        return GluePip.of(self.wheels)

    def environment(self, access_key: str) -> dict[str, str]:
        """Return variables that lead AWS's libraries to this account alone; none of the user's own are inherited."""
        return {
            "AWS_ENDPOINT_URL": self.address,
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            **NO_SETTINGS,
            # The engine's S3 client requires TLS by default.
            "AWS_ALLOW_HTTP": "true",
            # The system may configure a proxy without any variable.
            "NO_PROXY": "127.0.0.1",
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }


class LaunchFailed(Exception):
    """A run failed before its script began."""


class JobProcess:
    """The process of one run."""

    def __init__(
        self, run: EmulatedJobRun, account: Account, seconds_per_minute: float = 60
    ) -> None:
        self._run = run
        self._account = account
        self._limit = run.definition.timeout_minutes * seconds_per_minute
        self._folder = account.folder / "runs" / run.id
        prefix = log_group_prefix(run.arguments)
        # The names of Glue 5 (https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html).
        self._output = LogStream(f"{prefix}/output", f"{run.id}-driver")
        self._error = LogStream(f"{prefix}/error", f"{run.id}-driver")

    def run(self, stopped: Event) -> Ended:
        """Execute the run, and return how it ended."""
        self._folder.mkdir(parents=True)
        roles = self._account.roles
        try:
            role = self._run.definition.role
            with roles.assumed(role, self._run.id, self._error.write) as key:
                logs = self._account.client("logs", key)
                # The error log ends last, because it also reports a refused output log.
                with self._error.sent_by(logs), self._output.sent_by(logs):
                    return self._launch(key, stopped)
        except LaunchFailed as failure:
            # Without a role, no log can be written.
            return Ended("FAILED", f"LAUNCH ERROR | {failure}")
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _launch(self, key: str, stopped: Event) -> Ended:
        try:
            # Its path is short enough for sockets, unlike that of the run's own folder.
            with TemporaryDirectory(dir=process_folder(), ignore_cleanup_errors=True) as temporary:
                return self._run_script(key, temporary, stopped)
        except (LaunchFailed, AlurError) as failure:
            message = failure.message if isinstance(failure, AlurError) else str(failure)
            self._error.write(f"LAUNCH ERROR | {message}")
            return Ended("FAILED", f"LAUNCH ERROR | {message}")

    def _run_script(self, key: str, temporary: str, stopped: Event) -> Ended:
        s3 = self._account.client("s3", key)
        script = self._folder / "script.py"
        _fetch(s3, self._run.definition.script, script)
        account = self._account
        packages = (*self._modules(s3), account.folder / "glue")
        if stand_in := account.engines.stand_in(self._run.arguments):
            script, packages = stand_in.script, (*packages, *stand_in.packages)
        environment = {**account.environment(key), "TMPDIR": temporary}
        context = EngineContext(
            account.address,
            account.region,
            packages,
            environment,
            self._folder,
            self._output.write,
            self._error.write,
        )
        with (
            PythonProcess(
                Path(__file__).with_name("job_main.py"),
                [str(self._result_file), account.engines.client, str(script), *self._arguments()],
                packages,
                environment,
                self._folder,
                self._output.write,
            ) as process,
            account.engines.start(context, self._run.arguments) as engine,
        ):
            return self._wait(process, engine, stopped)

    def _modules(self, s3: Any) -> Iterator[Path]:
        """Install the job's own packages, and yield their folders."""
        for module in filter(None, self._run.arguments.get(PYTHON_MODULES, "").split(",")):
            if not (module.startswith("s3://") and module.endswith(".gluewheels.zip")):
                raise LaunchFailed(
                    f"{module} would come from a package index, and --no-index is set"
                )
            name = module.rpartition("/")[2]
            folder = self._account.cache / name.removesuffix(".gluewheels.zip")
            archive = self._folder / name
            _fetch(s3, module, archive)
            for package in glue_packages.install(archive, folder, self._account.pip):
                self._error.write(
                    f"{package}: the wheel is for Glue's platform, so this machine's is used"
                )
            yield folder

    def _arguments(self) -> Iterator[str]:
        """Yield the script's command line."""
        for pair in self._run.arguments.items():
            yield from pair
        yield from ("--JOB_NAME", self._run.job, "--JOB_RUN_ID", self._run.id)
        if self._run.started_by:
            yield from ("--WORKFLOW_NAME", self._run.started_by.workflow)
            yield from ("--WORKFLOW_RUN_ID", self._run.started_by.workflow_run_id)

    def _wait(self, process: PythonProcess, engine: JobEngine, stopped: Event) -> Ended:
        """Wait for the script's end within its time limit, and send it the engine's variables once they exist."""
        due = monotonic() + self._limit
        is_sent = False
        while (code := process.code) is None:
            if stopped.is_set():
                return Ended("STOPPED")
            if monotonic() > due:
                minutes = self._run.definition.timeout_minutes
                return Ended("TIMEOUT", f"Job run exceeded its timeout of {minutes} minutes")
            if engine.code is not None:
                # Clients would try to reach it for minutes.
                return _ENGINE_ENDED
            if not is_sent and (variables := engine.variables):
                process.send(json.dumps(variables))
                is_sent = True
            stopped.wait(_PAUSE)
        result = self._result(code)
        # The script may notice first that its engine was killed.
        was_killed = engine.code is not None and engine.code < 0
        return _ENGINE_ENDED if was_killed and result.state == "FAILED" else result

    @property
    def _result_file(self) -> Path:
        return self._folder / "result.json"

    def _result(self, code: int) -> Ended:
        try:
            message = json.loads(self._result_file.read_text(encoding="utf-8"))["message"]
        except (OSError, ValueError):
            # The process was killed, or the interpreter crashed.
            return Ended(
                "FAILED", f"Command failed with exit code {code if code >= 0 else 128 - code}"
            )
        return Ended("FAILED", message) if message else Ended("SUCCEEDED")


def _fetch(s3: Any, address: str, target: Path) -> None:
    from botocore.exceptions import ClientError

    bucket, _, key = address.removeprefix("s3://").partition("/")
    try:
        s3.download_file(bucket, key, str(target))
    except ClientError as error:
        if error.response["Error"]["Code"] == "403":
            raise LaunchFailed(
                f"Error downloading from S3 for bucket: {bucket}, key: {key}. Access Denied"
            ) from None
        raise LaunchFailed(f"File {address} does not exist") from None
