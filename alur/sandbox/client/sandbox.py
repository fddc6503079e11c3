"""Starts and stops the sandbox for the command line, and leads AWS's libraries to it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from alur.errors import SandboxError
from alur.project.project import Project
from alur.project.settings import SANDBOX
from alur.runtime.engines.errors import reason
from alur.sandbox.spark_installation import SparkInstallation, find_spark
from alur.sandbox.state_file import LOCK_FILE, JobEngineName, SandboxState, read_state
from alur.sandbox.variables import NO_SETTINGS, environment, no_proxy, without_aws

_DEFAULT_ACCOUNT = "123456789012"
_START_SECONDS = 60
_STOP_SECONDS = 30
_PAUSE = 0.05
_KEPT = 3


@dataclass(frozen=True)
class Sandbox:
    """The sandbox of a project, up or down.

    Attributes:
        folder: holds all its files, including Terraform's state, and is emptied at each start.
        cache: holds files that outlive the sandbox, because they depend on the code alone.
    """

    project: Project
    folder: Path
    cache: Path

    @classmethod
    def of(cls, project: Project) -> Sandbox:
        """Return the project's sandbox."""
        state = project.root / ".alur"
        return cls(project, state / "sandbox", state / "cache" / "sandbox")

    def state(self) -> SandboxState | None:
        """Return the state of the running sandbox; None if it is down."""
        if not (self.folder / LOCK_FILE).exists():
            return None
        try:
            with FileLock(self.folder / LOCK_FILE, timeout=0):
                return None
        except Timeout:
            return read_state(self.folder)

    def up(self, port: int = 0, engine: JobEngineName = "sail") -> SandboxState:
        """Start an empty AWS, and delete the files of the last one.

        Args:
            port: of 127.0.0.1; 0 for any free port.
            engine: the engine of the jobs. For ``spark``, missing jars are fetched from Maven Central.

        Raises:
            EngineError: Java 17 for ``spark`` is missing.
            SandboxError: the sandbox is up already, its server does not start, its folder cannot be used, or jars for
                ``spark`` are missing.
        """
        try:
            self.cache.mkdir(parents=True, exist_ok=True)
            with self._lock():
                state = self.state()
                if state:
                    raise SandboxError(
                        f"the sandbox is up already, at {state.address}", remedy="alur sandbox down"
                    )
                return self._start(port, find_spark() if engine == "spark" else None)
        except OSError as error:
            raise SandboxError(
                f"the sandbox's folder {self.folder} cannot be used: {reason(error)}",
                remedy="make it writable, and free disk space",
            ) from error

    def _lock(self) -> FileLock:
        """Return the lock for starting and stopping: two such commands would delete each other's folder."""
        return FileLock(self.cache / "up.lock")

    def _start(self, port: int, spark: SparkInstallation | None) -> SandboxState:
        # The last sandbox's resources are gone, and its Terraform state would still list them.
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._sweep()
        values = self.project.environment(SANDBOX).settings
        account = values.account_id or _DEFAULT_ACCOUNT
        arguments = [str(self.folder), str(self.cache), f"{port}", values.aws_region, account]
        arguments.append(spark.to_json() if spark else "")
        log = self.folder / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "alur.sandbox.server", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=without_aws() | NO_SETTINGS | no_proxy(),
                # Ctrl-C in this terminal must not end the server.
                start_new_session=True,
            )
        try:
            return self._wait_for_start(process, log)
        except BaseException:
            # Ctrl-C during the start must leave no server behind.
            process.kill()
            process.wait()
            raise

    def down(self) -> bool:
        """End the sandbox, delete its folder, and return whether it was up.

        Raises:
            SandboxError: the server does not end.
        """
        if not self.cache.is_dir():
            return False
        with self._lock():
            state = self.state()
            if state is None:
                return False
            self._end(state)
        return True

    def _end(self, state: SandboxState) -> None:
        with suppress(ProcessLookupError):
            os.kill(state.pid, signal.SIGTERM)
        due = time.monotonic() + _STOP_SECONDS
        while self.state():
            if time.monotonic() > due:
                raise SandboxError(
                    f"the sandbox's server (process {state.pid}) does not end",
                    remedy=f"kill -9 {state.pid}",
                )
            time.sleep(_PAUSE)
        shutil.rmtree(self.folder, ignore_errors=True)

    def enter(self) -> SandboxState:
        """Lead AWS's libraries and tools in this process and its children to the sandbox, and return its state.

        None of the user's own settings for AWS remain in effect.

        Raises:
            SandboxError: the sandbox is not up.
        """
        state = self.state()
        if state is None:
            raise SandboxError("the sandbox is not up", remedy="alur sandbox up")
        for name in os.environ.keys() - without_aws().keys():
            del os.environ[name]
        os.environ.update(environment(state))
        return state

    def _sweep(self) -> None:
        """Delete the packages installed for all but the latest deployments."""
        installed = [path for path in self.cache.iterdir() if path.is_dir()]
        for path in sorted(installed, key=lambda one: one.stat().st_mtime)[:-_KEPT]:
            shutil.rmtree(path, ignore_errors=True)

    def _wait_for_start(self, process: subprocess.Popen[bytes], log: Path) -> SandboxState:
        due = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < due:
            state = self.state()
            if state:
                return state
            time.sleep(_PAUSE)
        lines = log.read_text(errors="replace").strip().splitlines()
        why = f": {lines[-1]}" if lines else ""
        raise SandboxError(
            f"the sandbox does not start{why}",
            remedy=f"see {log}; pip install 'alur[sandbox]' if a package is missing, "
            "and choose another --port if that one is taken",
        )
