"""Processes of a job run: whatever becomes of the sandbox, they end with it."""

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

_LAST_WORDS_SECONDS = 5
"""Long enough for what a process has said before its end; one that left its group may hold the pipe open for ever."""

Heard = Callable[[str], None]


class ChildProcess:
    """A process with a group of its own; as a context manager, it is gone at the end.

    All that it has started goes with it, unless that has left its group of processes.

    Args:
        environment: all its variables but for ``HOME``.
        folder: where it works.
        printed: hears each line of its standard output.
        complained: hears each line of its standard error; None if ``printed`` is to hear those, too.
    """

    def __init__(
        self,
        command: Iterable[str],
        environment: Mapping[str, str],
        folder: Path,
        printed: Heard,
        complained: Heard | None = None,
    ) -> None:
        self._process = subprocess.Popen(
            [*command],
            env={**environment, "HOME": str(folder)},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if complained else subprocess.STDOUT,
            start_new_session=True,
        )
        heard = [(self._process.stdout, printed), (self._process.stderr, complained)]
        self._readers = [
            Thread(target=_pass_on, args=pair, daemon=True) for pair in heard if all(pair)
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        # Its group stays as long as anything in it does. macOS refuses where all of it is dead.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for reader in self._readers:
            reader.join(_LAST_WORDS_SECONDS)
        self._close_input()

    @property
    def code(self) -> int | None:
        """Its exit code, negative for the number of the signal that ended it; None as long as it goes on."""
        return self._process.poll()

    def tell(self, line: str) -> None:
        """Writes a line to its standard input, which stays open until the process is to end."""
        # It may have ended meanwhile, killed from outside.
        with suppress(OSError):
            self._input.write(f"{line}\n".encode())
            self._input.flush()

    def end(self, seconds: float) -> None:
        """Close its standard input, which asks it to end, and wait for that."""
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
    """A Python with the standard library and some packages, and nothing else of this machine's.

    Args:
        main: the file that it runs; the file's own folder is not on its path.
        environment: all its variables but for ``PYTHONPATH`` and ``HOME``.
    """

    def __init__(
        self,
        main: Path,
        arguments: Iterable[str],
        packages: Iterable[Path],
        environment: Mapping[str, str],
        folder: Path,
        printed: Heard,
        complained: Heard | None = None,
    ) -> None:
        super().__init__(
            [*BARE_PYTHON, str(main), *arguments],
            {**environment, "PYTHONPATH": python_path(packages)},
            folder,
            printed,
            complained,
        )


BARE_PYTHON = (sys.executable, "-S", "-P")
"""A Python that sees neither this environment's packages nor the folder of the file that it runs."""


def python_path(packages: Iterable[Path]) -> str:
    """Return ``PYTHONPATH`` for some folders."""
    return os.pathsep.join(map(str, packages))


def _pass_on(lines: IO[bytes], heard: Heard) -> None:
    with lines:
        for line in lines:
            heard(line.decode(errors="replace"))
