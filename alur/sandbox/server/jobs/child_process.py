"""The processes of a job run, which end with the sandbox even if it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import IO, Self

_LAST_OUTPUT_SECONDS = 5
"""The time to read a process's last output; a descendant outside its group may hold the pipe open for ever."""

LineReceiver = Callable[[str], None]


class ChildProcess:
    """A process in a new process group, which is killed at the end of the context.

    All its descendants are killed, too, unless they have left the group.

    Args:
        environment: all its variables except ``HOME``.
        folder: its working directory.
        on_output: receives each line of its standard output.
        on_error: receives each line of its standard error; None sends these to ``on_output``, too.
    """

    def __init__(
        self,
        command: Iterable[str],
        environment: Mapping[str, str],
        folder: Path,
        on_output: LineReceiver,
        on_error: LineReceiver | None = None,
    ) -> None:
        self._process = subprocess.Popen(
            [*command],
            env={**environment, "HOME": str(folder)},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if on_error else subprocess.STDOUT,
            start_new_session=True,
        )
        streams = [(self._process.stdout, on_output), (self._process.stderr, on_error)]
        self._readers = [
            Thread(target=_pass_on, args=pair, daemon=True) for pair in streams if all(pair)
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        # The group exists until its last process ends. macOS denies permission if all of them are dead.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for reader in self._readers:
            reader.join(_LAST_OUTPUT_SECONDS)
        self._close_input()

    @property
    def code(self) -> int | None:
        """Its exit code, or the negative number of the signal that ended it; None while it runs."""
        return self._process.poll()

    def send(self, line: str) -> None:
        """Write a line to its standard input, which stays open until the process is to end."""
        # The process may have been killed meanwhile.
        with suppress(OSError):
            self._input.write(f"{line}\n".encode())
            self._input.flush()

    def end(self, seconds: float) -> None:
        """Close its standard input as a request to end, and wait for the end."""
        self._close_input()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def _close_input(self) -> None:
        with suppress(OSError):
            self._input.close()

    @property
    def _input(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin


class PythonProcess(ChildProcess):
    """A Python with the standard library and the given packages, and no others of this machine.

    Args:
        main: the file to run; the file's own folder is not on its path.
        environment: all its variables except ``PYTHONPATH`` and ``HOME``.
    """

    def __init__(
        self,
        main: Path,
        arguments: Iterable[str],
        packages: Iterable[Path],
        environment: Mapping[str, str],
        folder: Path,
        on_output: LineReceiver,
        on_error: LineReceiver | None = None,
    ) -> None:
        super().__init__(
            [*BARE_PYTHON, str(main), *arguments],
            {**environment, "PYTHONPATH": python_path(packages)},
            folder,
            on_output,
            on_error,
        )


BARE_PYTHON = (sys.executable, "-S", "-P")
"""A Python without this environment's packages, and without its main file's folder on the path."""


def python_path(packages: Iterable[Path]) -> str:
    """Return the value of ``PYTHONPATH`` for some folders."""
    return os.pathsep.join(map(str, packages))


def _pass_on(lines: IO[bytes], receive: LineReceiver) -> None:
    with lines:
        for line in lines:
            receive(line.decode(errors="replace"))
