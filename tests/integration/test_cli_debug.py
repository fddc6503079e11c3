"""``alur --debug``: the traceback of an exception in the user's own code, wherever Alur caught it."""

import subprocess

import pytest

from tests.command import ALUR, alur, example_of

CONTRACTS = """
from alur import SilverTable
class Raw(SilverTable):
    n: int
class Clean(SilverTable):
    n: int
"""
PIPELINES = """
from alur import files, pipeline
from contracts import Clean, Raw
@pipeline(sources={"raw": files("*.csv", schema=Raw)}, target=Raw)
def load(raw):
    return raw
@pipeline(sources={"raw": Raw}, target=Clean)
def clean(raw):
    return helper(raw)
def helper(raw):
    rate = {}["no such rate"]
    return raw
"""
LANDING = {"landing/a.csv": "n\n1\n"}


def test_a_pipeline_that_failed(tmp_path):
    root = example_of(tmp_path, CONTRACTS, PIPELINES, **LANDING)
    plain = alur(root, "run", "--all", "--env", "local")
    assert plain.returncode == 1
    assert "Traceback" not in plain.stdout + plain.stderr
    assert "fix: correct the line; alur --debug run shows the whole traceback" in plain.stdout
    debug = alur(root, "--debug", "run", "--all", "--env", "local")
    assert debug.returncode == 1
    assert "pipelines/__init__.py:11: clean raised KeyError: 'no such rate'" in debug.stdout
    assert 'pipelines/__init__.py", line 9, in clean' in debug.stderr
    assert 'pipelines/__init__.py", line 11, in helper' in debug.stderr
    assert "\nKeyError: 'no such rate'\n" in debug.stderr
    assert debug.stderr.index("KeyError") < debug.stderr.index("alur.errors.TransformError")


BROKEN_IMPORT = """
def price():
    try:
        return {}["inner"]
    except KeyError as error:
        raise ValueError("outer") from error
PRICE = price()
"""
DECORATOR = """
from alur import pipeline
from contracts import Raw
def declare():
    @pipeline(sources={"raw": Raw}, target=dict)
    def load(raw):
        return raw
declare()
"""
SCHEDULE = """
from alur import schedule
def declare():
    return schedule(cron="cron(0 25 * * ? *)")
declare()
"""
SEVERAL = """
from alur import pipeline
from contracts import Raw
def declare():
    @pipeline(sources={"raw": Raw}, target=Raw, mode="merge")
    def load(other):
        return other
declare()
"""


@pytest.mark.parametrize("command", ["list", "validate"])
@pytest.mark.parametrize(
    ("pipelines", "frames", "raised"),
    [
        (BROKEN_IMPORT, ("in price", "in <module>"), ("KeyError: 'inner'", "ValueError: outer")),
        (DECORATOR, ("in declare", "in <module>"), ("alur.errors.PipelineError: ",)),
        (SCHEDULE, ("in declare", "in <module>"), ("alur.errors.ScheduleError: ",)),
        (SEVERAL, ("in declare", "in <module>"), ("alur.errors.PipelineError: ",)),
        ("import no_such_module\n", ("in <module>",), ("ModuleNotFoundError: ",)),
        ("x = (\n", (), ("SyntaxError: ",)),
    ],
    ids=["import", "decorator", "schedule", "several", "module", "syntax"],
)
def test_a_module_that_cannot_be_imported(tmp_path, command, pipelines, frames, raised):
    root = example_of(tmp_path, CONTRACTS, pipelines)
    plain = alur(root, command)
    assert plain.returncode == 1
    assert "Traceback" not in plain.stdout + plain.stderr
    debug = alur(root, "--debug", command)
    assert debug.returncode == 1
    assert debug.stdout == plain.stdout
    for text in frames:
        assert f'pipelines/__init__.py", line {line_of(pipelines, text)}, {text}' in debug.stderr
    assert debug.stderr.endswith(plain.stderr)
    for text in raised:
        assert f"\n{text}" in debug.stderr


def line_of(module, frame):
    """Return a module's line in a traceback, within a function or in the module itself."""
    lines = module.splitlines()
    if frame == "in price":
        return lines.index('        raise ValueError("outer") from error') + 1
    if frame == "in declare":
        return next(
            n for n, line in enumerate(lines, 1) if line.strip().startswith(("@", "return s"))
        )
    return len(lines)


def test_an_exception_that_nobody_foresaw(tmp_path):
    """A command in a deleted folder prints a message, and the traceback only with ``--debug``."""
    gone = tmp_path / "gone"
    script = 'rmdir "$PWD"; exec "$0" "$@"'
    for arguments in (["list"], ["--debug", "list"]):
        gone.mkdir()
        done = subprocess.run(
            ["/bin/sh", "-c", script, ALUR, *arguments],
            cwd=gone,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "[ERROR] unexpected FileNotFoundError" in done.stderr
        assert "fix: see where it happened with alur --debug list" in done.stderr
        assert ("Traceback" in done.stderr) is ("--debug" in arguments)
