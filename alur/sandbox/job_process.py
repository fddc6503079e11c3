"""Carries a job run out: its code from S3, an engine and a process of its own, its output to CloudWatch."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import IO, Any, Protocol

from alur.errors import AlurError
from alur.sandbox import glue_packages
from alur.sandbox.job_definition import log_group_prefix
from alur.sandbox.job_log import LogStream
from alur.sandbox.job_runs import Ended, JobRun

_MODULES = "--additional-python-modules"
_PAUSE = 0.05


class Roles(Protocol):
    """What lets a run be its job's role."""

    def taken(self, role_arn: str, told: Callable[[str], None]) -> AbstractContextManager[str]:
        """Takes a role for a run; its access key.

        Args:
            told: hears what the run may not do.

        Raises:
            LaunchFailed: Glue may not take it.
        """


@dataclass(frozen=True)
class Account:
    """The emulated account, as a job run reaches it.

    Attributes:
        address: where all its services are.
        roles: gives a run the access key of its job's role.
        clients: boto3's clients of it, by service, for what Glue itself does.
        folder: where runs have their working folders and find Glue's packages.
        cache: where installed wheels are kept, by the name of their zip.
    """

    address: str
    region: str
    roles: Roles
    clients: Mapping[str, Any]
    folder: Path
    cache: Path

    def environment(self, access_key: str) -> dict[str, str]:
        """The variables with which AWS's libraries reach it, and no other; nothing else of the user's is passed on."""
        return {
            "AWS_ENDPOINT_URL": self.address,
            "AWS_ACCESS_KEY_ID": access_key,
            # Signatures are not looked at, only whose they are.
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            # The engine's S3 client asks for TLS unless told otherwise.
            "AWS_ALLOW_HTTP": "true",
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }


class LaunchFailed(Exception):
    """A run whose script did not even begin."""


class JobProcess:
    """One run's process."""

    def __init__(self, run: JobRun, account: Account, seconds_per_minute: float = 60) -> None:
        self._run = run
        self._account = account
        self._limit = run.definition.timeout_minutes * seconds_per_minute
        self._folder = account.folder / "runs" / run.id
        self._access_key = ""

    def run(self, stopped: Event) -> Ended:
        """Carries the run out."""
        prefix = log_group_prefix(self._run.arguments)
        logs = self._account.clients["logs"]
        # The names of Glue 5 (https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html).
        output = LogStream(logs, f"{prefix}/output", f"{self._run.id}-driver")
        error = LogStream(logs, f"{prefix}/error", f"{self._run.id}-driver")
        self._folder.mkdir(parents=True)
        try:
            return self._run_script(stopped, output, error)
        except (LaunchFailed, AlurError) as failure:
            message = failure.message if isinstance(failure, AlurError) else str(failure)
            error.write(f"LAUNCH ERROR | {message}")
            return Ended("FAILED", f"LAUNCH ERROR | {message}")
        finally:
            output.close()
            error.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _run_script(self, stopped: Event, output: LogStream, error: LogStream) -> Ended:
        script = self._folder / "script.py"
        self._fetch(self._run.definition.script, script)
        packages = [*self._modules(error), self._account.folder / "glue"]
        with (
            self._account.roles.taken(self._run.definition.role, error.write) as self._access_key,
            self._python(script, packages, output) as process,
            self._engine(packages, error) as address,
        ):
            _tell(process, address)
            outcome = self._wait(process, stopped)
        return outcome or self._result(process.returncode)

    def _fetch(self, address: str, target: Path) -> None:
        from botocore.exceptions import ClientError

        bucket, _, key = address.removeprefix("s3://").partition("/")
        try:
            self._account.clients["s3"].download_file(bucket, key, str(target))
        except ClientError:
            raise LaunchFailed(f"File {address} does not exist") from None

    def _modules(self, error: LogStream) -> Iterator[Path]:
        """The folders of the job's own packages."""
        for module in filter(None, self._run.arguments.get(_MODULES, "").split(",")):
            if not (module.startswith("s3://") and module.endswith(".gluewheels.zip")):
                raise LaunchFailed(
                    f"{module} would come from a package index, and --no-index is set"
                )
            name = module.rpartition("/")[2]
            folder = self._account.cache / name.removesuffix(".gluewheels.zip")
            archive = self._folder / name
            self._fetch(module, archive)
            for taken in glue_packages.install(archive, folder):
                error.write(f"{taken}: the wheel is for Glue's platform, so this machine's is used")
            yield folder

    @contextmanager
    def _engine(self, packages: list[Path], error: LogStream) -> Iterator[str]:
        """An engine of the run's own, which ends with it; its address."""
        catalog = (
            f'[{{type="glue", name="glue_catalog", region="{self._account.region}", '
            f'endpoint_url="{self._account.address}"}}]'
        )
        settings = {
            "SAIL_CATALOG__LIST": catalog,
            "SAIL_CATALOG__DEFAULT_CATALOG": "glue_catalog",
            "RUST_LOG": "warn",
        }
        seen = [*packages, self._account.folder / "engine"]
        main = Path(__file__).with_name("engine_main.py")
        with self._child(main, [], seen, settings, error) as process:
            assert process.stdout is not None
            port = process.stdout.readline()
            if not port:
                raise LaunchFailed("the engine does not start; the error log says why")
            yield f"sc://127.0.0.1:{int(port)}"

    @contextmanager
    def _python(
        self, script: Path, packages: list[Path], output: LogStream
    ) -> Iterator[subprocess.Popen[bytes]]:
        arguments = [part for pair in self._run.arguments.items() for part in pair]
        arguments += ["--JOB_NAME", self._run.job, "--JOB_RUN_ID", self._run.id]
        if self._run.started_by:
            arguments += ["--WORKFLOW_NAME", self._run.started_by.workflow]
            arguments += ["--WORKFLOW_RUN_ID", self._run.started_by.workflow_run_id]
        command = [str(self._result_file), str(script), *arguments]
        main = Path(__file__).with_name("job_main.py")
        with self._child(main, command, packages, {}, output, merged=True) as process:
            yield process

    @contextmanager
    def _child(
        self,
        main: Path,
        arguments: list[str],
        packages: list[Path],
        settings: Mapping[str, str],
        stream: LogStream,
        *,
        merged: bool = False,
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A Python that sees the standard library and these packages; at the end it is gone, with all that it started.

        Args:
            stream: takes its standard error, and what it prints, too, if ``merged``.
        """
        process = subprocess.Popen(
            # Neither this environment's packages nor the folder of the file itself.
            [sys.executable, "-S", "-P", str(main), *arguments],
            env={
                **self._account.environment(self._access_key),
                "PYTHONPATH": os.pathsep.join(map(str, packages)),
                "HOME": str(self._folder),
                **settings,
            },
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            start_new_session=True,
        )
        told = process.stdout if merged else process.stderr
        reader = Thread(target=_pass_on, args=(told, stream), daemon=True)
        reader.start()
        try:
            yield process
        finally:
            _kill(process)
            process.wait()
            # First everything that it has said.
            reader.join()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()

    def _wait(self, process: subprocess.Popen[bytes], stopped: Event) -> Ended | None:
        """Waits for the process, as long as it may go on; None where it has ended by itself."""
        due = monotonic() + self._limit
        while process.poll() is None:
            if stopped.is_set():
                return Ended("STOPPED")
            if monotonic() > due:
                minutes = self._run.definition.timeout_minutes
                return Ended("TIMEOUT", f"Job run exceeded its timeout of {minutes} minutes")
            stopped.wait(_PAUSE)
        return None

    @property
    def _result_file(self) -> Path:
        return self._folder / "result.json"

    def _result(self, code: int) -> Ended:
        try:
            message = json.loads(self._result_file.read_text(encoding="utf-8"))["message"]
        except (OSError, ValueError):
            # Killed from outside, or by the interpreter's own death.
            return Ended(
                "FAILED", f"Command failed with exit code {code if code >= 0 else 128 - code}"
            )
        return Ended("FAILED", message) if message else Ended("SUCCEEDED")


def _tell(process: subprocess.Popen[bytes], address: str) -> None:
    """Tells a job's process where its engine is."""
    assert process.stdin is not None
    # It may have ended meanwhile, killed from outside.
    with suppress(BrokenPipeError):
        process.stdin.write(f"{address}\n".encode())
        process.stdin.flush()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _pass_on(lines: IO[bytes], stream: LogStream) -> None:
    for line in lines:
        stream.write(line.decode(errors="replace"))
