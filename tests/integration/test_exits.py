"""Code that would end the process makes its own pipeline fail: the others run, and the exit code is 1."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from alur.runtime.exits import Interrupted, contained_exits
from tests.engines import each_engine

ALUR = Path(sys.executable).with_name("alur")

ENDS = {
    "exits": ("import sys; sys.exit(0)", "SystemExit: 0"),
    "quits": ("raise SystemExit", "SystemExit"),
    "interrupts": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "closes": ("raise GeneratorExit", "GeneratorExit"),
    "lacks_memory": ("raise MemoryError", "MemoryError"),
    "recurses": ("(lambda f: f(f))(lambda f: f(f))", "RecursionError: maximum recursion"),
    "ends": ("import os; os._exit(0)", "SystemExit: os._exit(0)"),
}

_CONTRACTS = (
    "".join(
        f"""
    class {name.title().replace("_", "")}(SilverTable):
        id: int
"""
        for name in (*ENDS, "good", "waiting")
    )
    + """
    class O(BronzeTable):
        id: int
"""
)
_PIPELINES = """
    @pipeline(sources={"o": files("o/*.csv", schema=O)}, target=O, mode="append")
    def load(o):
        return o

    @pipeline(sources={"o": O}, target=Good)
    def good(o):
        return o.select("id")

    @pipeline(sources={"exits": Exits}, target=Waiting)
    def waiting(exits):
        return exits
""" + "".join(
    f"""
    @pipeline(sources={{"o": O}}, target={name.title().replace("_", "")})
    def {name}(o):
        {statement}
"""
    for name, (statement, _) in ENDS.items()
)


@each_engine
def test_of_a_pipelines_function(project):
    project.declare(_CONTRACTS, _PIPELINES)
    project.land("o/1.csv", "id\n1\n")
    ran = project.run()
    for name, (statement, said) in ENDS.items():
        error = ran.error(name)
        assert error.message.startswith(f"{name} raised {said}")
        assert (error.where.path, error.where.line) == project.line_of("pipelines.py", statement)
    ran.succeeded("load")
    ran.succeeded("good")
    assert ran.outcomes["waiting"].because_of == "exits"


def test_of_the_command(project):
    project.declare(_CONTRACTS, _PIPELINES)
    project.land("o/1.csv", "id\n1\n")
    done = subprocess.run(
        [ALUR, "run", "--all", "--env", "local"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{len(ENDS)} failed, 1 skipped, 2 completed" in done.stdout + done.stderr
    assert project.rows("silver.good") == [(1,)]


@each_engine
@pytest.mark.parametrize("end", ["os._exit(0)", "sys.exit(0)"])
def test_of_a_function_that_the_engine_calls(project, end):
    project.declare(
        _CONTRACTS,
        _PIPELINES.split('    @pipeline(sources={"exits"')[0]
        + f"""
    @pipeline(sources={{"o": O}}, target=Exits)
    def exits(o):
        import os, sys

        @F.udf("long")
        def end(value):
            {end}

        return o.select(end("id").alias("id"))
""",
    )
    project.land("o/1.csv", "id\n1\n")
    ran = project.run("load", "exits", "good")
    ran.succeeded("load")
    assert ran.error("exits").where is not None
    ran.succeeded("good")
    assert "silver.exits" not in project.snapshots()


def test_of_a_glue_job(jobs):
    jobs.declare(_CONTRACTS, _PIPELINES).deploy()
    jobs.land("o/1.csv", "id\n1\n")
    jobs.run("load").all_succeeded()
    for name in ("exits", "ends"):
        done = jobs.start(name)
        assert done.returncode == 1
        assert ENDS[name][1] in done.stderr.splitlines()[-1]


def test_ctrl_c_is_no_failure_of_a_pipeline():
    with pytest.raises(Interrupted), contained_exits():
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# Python 3.12 warns of forks in a process with threads, as this one has; the child only exits.
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_process_that_code_forks_ends_as_it_says():
    with contained_exits():
        child = os.fork()
        if not child:
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
