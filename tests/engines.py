"""The two engines. Sail runs in this process; Spark's JVM cannot share it with Spark Connect, so it has another one."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alur.errors import AlurError
from alur.project.project import Project
from alur.runtime.engines.engine import open_session
from alur.runtime.graph_run import Outcome, run_graph
from alur.runtime.places import Places
from alur.runtime.results import Event, Failed, Notice, Succeeded
from tests.child_process import child_environment

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

each_engine = pytest.mark.parametrize("engine", ["sail", "spark"])


@dataclass(frozen=True)
class Ran:
    """The outcomes of a run."""

    outcomes: dict[str, Outcome]
    notices: list[str]

    def succeeded(self, name: str) -> Succeeded:
        """Return a pipeline's success; raise its error if it failed."""
        outcome = self.outcomes[name]
        assert isinstance(outcome, Succeeded), outcome
        return outcome

    def all_succeeded(self) -> Ran:
        """Return the same run; fail the test if a pipeline failed."""
        for name in self.outcomes:
            self.succeeded(name)
        return self

    def error(self, name: str) -> AlurError:
        """Return the error that stopped a pipeline; fail the test if none did."""
        outcome = self.outcomes[name]
        assert isinstance(outcome, Failed), outcome
        return outcome.error


def run_on(session: SparkSession, root: Path, names: tuple[str, ...]) -> Ran:
    """Load the project in a folder as it is now, and run it."""
    forget_modules(root)
    project = Project.load(root)
    events: list[Event] = []
    runtime = Places.of(project).runtime(session, project)
    outcomes = run_graph(project, names or None, runtime, events.append)
    return Ran(
        {outcome.pipeline: outcome for outcome in outcomes},
        [event.text for event in events if isinstance(event, Notice)],
    )


def forget_modules(root: Path) -> None:
    """Drop a project's modules, so the next import reads their current files."""
    inside = (str(root), f"{root}{os.sep}")
    for name, module in sys.modules.copy().items():  # in one step: other threads import, too
        paths = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
        # Compared as text: there are thousands of modules, and path objects are slow.
        if any(path == inside[0] or path.startswith(inside[1]) for path in paths if path):
            del sys.modules[name]


class Engines:
    """Both engines, each started on first use and stopped at the end."""

    def __init__(self) -> None:
        self._open = ExitStack()

    def __enter__(self) -> Engines:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @cached_property
    def sail(self) -> SparkSession:
        """A session of Sail in this process."""
        return self._open.enter_context(open_session("sail"))

    @cached_property
    def _spark(self) -> Worker:
        return self._open.enter_context(Worker("spark"))

    def run(self, engine: str, root: Path, names: tuple[str, ...]) -> Ran:
        """Run pipelines of a project, by default all."""
        if engine == "sail":
            return run_on(self.sail, root, names)
        return self._spark.run(root, names)


class Worker:
    """Another process with an open engine, which runs projects on request."""

    def __init__(self, engine: str) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed at the end
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.engines", engine],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=Path(__file__).parents[1],
            env=child_environment(),
        )
        assert self.process.stdin
        assert self.process.stdout
        self._to, self._from = self.process.stdin, self.process.stdout

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        with self._to, self._from, self._errors:
            pass
        self.process.wait()

    def begin(self, root: Path, names: tuple[str, ...] = ()) -> None:
        """Begin a run."""
        pickle.dump((root, names), self._to)
        self._to.flush()

    def wait_until_open(self) -> None:
        """Wait until the engine has started."""
        assert self._answer() == "open"

    def result(self) -> Ran:
        """Return the outcomes of the run begun before."""
        answer = self._answer()
        while answer == "open":
            answer = self._answer()
        if isinstance(answer, BaseException):
            raise answer
        assert isinstance(answer, Ran)
        return answer

    def run(self, root: Path, names: tuple[str, ...] = ()) -> Ran:
        """Run pipelines of a project, by default all."""
        self.begin(root, names)
        return self.result()

    def _answer(self) -> object:
        try:
            return pickle.load(self._from)
        except EOFError:
            self._errors.seek(0)
            raise AssertionError(self._errors.read().decode()) from None


def run_on_request(root: Path, names: tuple[str, ...], channel: Connection) -> None:
    """Open Sail in a separate process, report it, and run on request."""
    sys.dont_write_bytecode = True
    with open_session("sail") as session:
        channel.send("open")
        while channel.recv() == "go":
            channel.send(run_on(session, root, names))


class Fork:
    """A process that runs on request, forked from one with all imports done, so it starts quickly."""

    def __init__(self, root: Path, *names: str) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(
            ["tests.engines", "pysail.spark", "pyspark.sql.connect.session"]
        )
        self.channel, theirs = context.Pipe()
        self.process = context.Process(target=run_on_request, args=(root, names, theirs))
        self.process.start()
        theirs.close()
        assert self.channel.recv() == "open"

    def go(self) -> None:
        """Begin a run."""
        self.channel.send("go")

    def result(self) -> Ran:
        """Return the outcomes of the run."""
        ran = self.channel.recv()
        assert isinstance(ran, Ran)
        return ran

    def kill(self) -> None:
        """Kill the process at once."""
        self.process.kill()
        self.end()

    def end(self) -> None:
        """Let the process end."""
        self.channel.close()
        self.process.join()
        self.process.close()


def _serve(engine: str) -> None:
    """Run a project for each line of input, as the worker; send output of user code to standard error."""
    sys.dont_write_bytecode = True
    answers = open(sys.stdout.fileno(), "wb", closefd=False)  # noqa: SIM115 - as long as the process
    sys.stdout = sys.stderr
    with open_session(engine) as session:  # type: ignore[arg-type]
        pickle.dump("open", answers)
        answers.flush()
        while True:
            try:
                root, names = pickle.load(sys.stdin.buffer)
            except EOFError:
                return
            try:
                answer: object = run_on(session, root, names)
            except Exception as error:
                answer = error
            pickle.dump(answer, answers)
            answers.flush()


if __name__ == "__main__":
    # Pickled answers must name the classes of this module, not of "__main__".
    from tests.engines import _serve as serve

    serve(sys.argv[1])
