"""A run's process acts like Glue: with real scripts, a real engine, and CloudWatch and S3 in an emulated AWS."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import boto3
import pytest

from alur.packaging.wheels import pure_wheel
from alur.runtime.engines.process_folder import process_folder
from alur.sandbox.server.jobs.definition import JobDefinition
from alur.sandbox.server.jobs.engines.engine_kinds import SailEngines, SparkEngines
from alur.sandbox.server.jobs.job_run import EmulatedJobRun, StartedBy
from alur.sandbox.server.jobs.job_runs import JobRuns
from alur.sandbox.server.jobs.process import Account, JobProcess
from alur.sandbox.spark_installation import find_spark
from tests.glue_project import REGION
from tests.packages import zip_of_wheels
from tests.sandboxed import needs_spark
from tests.waiting import wait_until

BUCKET = "artifacts"
SCRIPT = f"s3://{BUCKET}/driver.py"


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    """Return Sail, with the packages visible to jobs."""
    made = SailEngines(tmp_path_factory.mktemp("sandbox"))
    made.link_packages()
    return made


@pytest.fixture
def account(moto, engines, tmp_path):
    boto3.client("s3", region_name=REGION).create_bucket(Bucket=BUCKET)
    folder = engines.folder
    cache, wheels = tmp_path / "cache", folder / "wheels"
    return Account(moto, REGION, AnyRole(), boto3.Session(), engines, folder, cache, wheels)


class AnyRole:
    """Roles without credentials: plain moto does not authenticate."""

    @contextmanager
    def assumed(self, role_arn, run_id, report):
        yield "testing"


class Job:
    """A job of one script."""

    def __init__(self, account, script, **settings):
        self.account = account
        self.put("driver.py", script.encode())
        self.definition = JobDefinition("load", SCRIPT, **settings)

    def put(self, name, content):
        self.account.client("s3", "testing").put_object(Bucket=BUCKET, Key=name, Body=content)
        return f"s3://{BUCKET}/{name}"

    def run(self, stopped=None, by=None, minute=60.0, **given):
        run = EmulatedJobRun(self.definition, given, {}, by, "jr_1")
        return JobProcess(run, self.account, minute).run(stopped or Event())

    def log(self, kind="output", prefix="/aws-glue/jobs"):
        """Return the content of a stream; its name begins with the run's id."""
        logs = self.account.client("logs", "testing")
        group = f"{prefix}/{kind}"
        (stream,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
        assert stream["logStreamName"] == "jr_1-driver"
        events = logs.get_log_events(
            logGroupName=group, logStreamName="jr_1-driver", startFromHead=True
        )
        return [event["message"] for event in events["events"]]


@pytest.fixture
def job(account):
    return lambda script, **settings: Job(account, script, **settings)


def test_a_script_that_ends_well(job):
    made = job("import sys\nprint('to stdout')\nprint('to stderr', file=sys.stderr)\nprint()\n")
    assert made.run().state == "SUCCEEDED"
    assert made.log() == ["to stdout", "to stderr"]


def test_arguments_and_log_groups(job):
    made = job(
        "import json, sys\nprint(json.dumps(sys.argv[1:]))\n",
        defaults={"--a": "default", "--b": "default", "--custom-logGroup-prefix": "/alur/shop/dev"},
        fixed={"--c": "fixed"},
    )
    by = StartedBy("start", "nightly", "wr_1")
    assert made.run(by=by, **{"--a": "run", "--c": "run"}).state == "SUCCEEDED"
    (line,) = made.log(prefix="/alur/shop/dev")
    arguments = json.loads(line)
    given = dict(zip(arguments[::2], arguments[1::2], strict=True))
    assert given == {
        "--a": "run",
        "--b": "default",
        "--c": "fixed",
        "--custom-logGroup-prefix": "/alur/shop/dev",
        "--JOB_NAME": "load",
        "--JOB_RUN_ID": "jr_1",
        "--WORKFLOW_NAME": "nightly",
        "--WORKFLOW_RUN_ID": "wr_1",
    }


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("raise ValueError('no luck')", "ValueError: no luck"),
        ("class JobFailed(Exception): pass\nraise JobFailed('a: b')", "JobFailed: a: b"),
        ("import hypothesis", "ModuleNotFoundError: No module named 'hypothesis'"),
        ("import alur", "ModuleNotFoundError: No module named 'alur'"),
        ("import pysail", "ModuleNotFoundError: No module named 'pysail'"),
        ("import glue_packages", "ModuleNotFoundError: No module named 'glue_packages'"),
        ("x = ", "SyntaxError: invalid syntax"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "exit code 137"),
        ("import os; os._exit(0)", "exit code 0"),
    ],
)
def test_a_script_that_fails(job, script, message):
    ended = job(script).run()
    assert ended.state == "FAILED"
    assert message in ended.message


def test_the_traceback_is_in_the_log(job):
    made = job("print('before')\ndef load():\n    raise ValueError('no luck')\nload()\n")
    made.run()
    lines = made.log()
    assert lines[0] == "before"
    assert lines[1] == "Traceback (most recent call last):"
    assert lines[-1] == "ValueError: no luck"


def test_leaving_well_by_sys_exit(job):
    assert job("import sys; sys.exit(0)").run().state == "SUCCEEDED"


def test_a_job_sees_glue_s_packages_and_the_engine(job):
    made = job(
        "import boto3, pandas, pyspark\n"
        "from pyspark.sql import SparkSession\n"
        "session = SparkSession.builder.getOrCreate()\n"
        "print(session.range(5).count())\n"
    )
    assert made.run().state == "SUCCEEDED"
    assert made.log() == ["5"]


def test_what_functions_of_the_job_print_in_the_engine(job):
    """The output exceeds a pipe's buffer: the engine does not wait for a reader."""
    made = job(
        "from pyspark.sql import SparkSession, functions as F\n"
        "def loud(n):\n    print('row', n, '.' * 1000)\n    return n\n"
        "session = SparkSession.builder.getOrCreate()\n"
        "rows = session.range(200).select(F.udf(loud, 'long')('id').alias('id'))\n"
        "print(rows.groupBy().sum('id').collect()[0][0])\n"
    )
    assert made.run().state == "SUCCEEDED"
    lines = made.log()
    assert "19900" in lines
    assert len([line for line in lines if line.startswith("row ")]) == 200


def test_a_job_of_several_processes(job):
    made = job(
        "from multiprocessing import get_context\n"
        "def double(n):\n    return 2 * n\n"
        "with get_context('fork').Pool(2) as pool:\n    print(pool.map(double, range(3)))\n"
        "with get_context('fork').Manager() as manager:\n    print(manager.list([0]))\n"
    )
    assert made.run().state == "SUCCEEDED"
    assert made.log() == ["[0, 2, 4]", "[0]"]


def test_a_job_has_no_standard_input(job):
    made = job("import sys\nprint(repr(sys.stdin.read()))\n")
    assert made.run().state == "SUCCEEDED"
    assert made.log() == ["''"]


def test_an_engine_may_be_idle_for_as_long_as_glue_lets_a_job_run(job):
    """By default Sail would forget the job's session after 900 seconds; the job's functions run in the engine's process."""
    made = job(
        "import os\nfrom pyspark.sql import SparkSession, functions as F\n"
        "def limit(n):\n    return int(os.environ['SAIL_SPARK__SESSION_TIMEOUT_SECS'])\n"
        "session = SparkSession.builder.getOrCreate()\n"
        "print(session.range(1).select(F.udf(limit, 'long')('id')).collect()[0][0])\n"
    )
    assert made.run().state == "SUCCEEDED"
    (seconds,) = made.log()
    assert int(seconds) >= timedelta(days=7).total_seconds()


def test_an_engine_that_dies_ends_the_run(job):
    made = job(
        "import time\nfrom pyspark.sql import SparkSession, functions as F\n"
        "def die(n):\n    import os, signal\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "session = SparkSession.builder.getOrCreate()\n"
        "session.range(1).select(F.udf(die, 'long')('id')).collect()\n"
    )
    ended = made.run()
    assert (ended.state, ended.message) == (
        "FAILED",
        "The engine has ended: see the error log",
    )


# --- on Spark's JVM ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def spark_engines(tmp_path_factory):
    made = SparkEngines(tmp_path_factory.mktemp("spark"), find_spark())
    made.link_packages()
    yield made
    made.close()


@pytest.fixture
def spark_job(account, spark_engines):
    """Return a job on Spark, in the same account."""
    jvm = replace(account, engines=spark_engines, folder=spark_engines.folder)
    return lambda script, **settings: Job(jvm, script, **settings)


ON_SPARK = """
import json, os
from pyspark.sql import SparkSession, functions as F

def imports(name):
    try:
        __import__(name)
    except ImportError:
        return f"no {name}"
    return name

def report(n):
    print("row", n)
    return ", ".join(map(imports, ("pandas", "hypothesis", "grpc", "greeting")))

session = SparkSession.builder.getOrCreate()
jvm = session._jvm
found = {
    "driver": report(0),
    "worker": session.range(1).select(F.udf(report)("id")).collect()[0][0],
    "warehouse": session.conf.get("spark.sql.catalog.glue_catalog.warehouse"),
    "key": jvm.System.getenv("AWS_ACCESS_KEY_ID"),
    "home": jvm.System.getProperty("user.home").startswith(os.getcwd()),
    "setting": session.conf.get("spark.sql.x", "none"),
    "property": jvm.System.getProperty("x"),
    "hadoop": session._jsc.hadoopConfiguration().get("x"),
    "views": session.catalog.tableExists("global_temp.v"),
}
session.conf.set("spark.sql.x", "set")
jvm.System.setProperty("x", "set")
session._jsc.hadoopConfiguration().set("x", "set")
session.range(1).createGlobalTempView("v")
print(json.dumps(found))
"""


@needs_spark
def test_a_job_on_spark_sees_what_one_of_glue_sees_and_nothing_of_another(spark_job):
    """The job runs twice: settings of the first run's JVM must not reach the second."""
    made = spark_job(ON_SPARK)
    place = made.put("code/0123.gluewheels.zip", zip_of_wheels(GREETING))
    conf = "spark.sql.catalog.glue_catalog.warehouse=s3://b/ --conf spark.sql.y=z"
    for _ in range(2):
        ended = made.run(**{"--additional-python-modules": place, "--conf": conf})
        assert (ended.state, ended.message) == ("SUCCEEDED", "")
        found = json.loads(made.log()[-1])
        packages = "pandas, no hypothesis, no grpc, greeting"
        assert found == {
            "driver": packages,
            "worker": packages,
            "warehouse": "s3://b/",
            "key": "testing",
            "home": True,
            "setting": "none",
            "property": None,
            "hadoop": None,
            "views": False,
        }
    # The output of workers is beside Spark's own log, as in Glue.
    assert "row 0" in made.log("error")


@needs_spark
def test_a_jvm_that_does_not_start_ends_the_run(spark_job):
    made = spark_job("import time\ntime.sleep(600)\n")
    ended = made.run(**{"--conf": "spark.master=nowhere"})
    assert (ended.state, ended.message) == (
        "FAILED",
        "The engine has ended: see the error log",
    )
    assert any("Master must" in line for line in made.log("error"))


def test_nothing_of_the_user_s_surroundings_reaches_a_job(job, monkeypatch):
    for name in ("AWS_SESSION_TOKEN", "DATABASE_PASSWORD", "PYTHONPATH"):
        monkeypatch.setenv(name, "secret")
    made = job("import os\nprint(sorted(os.environ.items()))\n")
    made.run()
    (line,) = made.log()
    assert "secret" not in line
    assert str(Path.home()) not in line.replace(str(made.account.folder), "")


def test_a_run_that_takes_too_long(job):
    made = job("import time\nprint('begun')\ntime.sleep(600)\n", timeout_minutes=2)
    ended = made.run(minute=2.0)
    assert (ended.state, ended.message) == (
        "TIMEOUT",
        "Job run exceeded its timeout of 2 minutes",
    )
    assert made.log() == ["begun"]


def test_stopping_takes_along_what_the_script_has_started(job, tmp_path):
    note = tmp_path / "pid"
    script = (
        "import subprocess, time\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(note)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    made = job(script)
    stopped = Event()
    ended = []
    thread = Thread(target=lambda: ended.append(made.run(stopped)))
    thread.start()
    wait_until(lambda: note.exists() and note.read_text())
    stopped.set()
    thread.join(timeout=20)
    assert [one.state for one in ended] == ["STOPPED"]
    wait_until(lambda: not _alive(int(note.read_text())))


def test_nothing_is_left_of_a_run(job):
    made = job(
        "import tempfile\nopen('file', 'w').write('x')\nprint(tempfile.mkstemp()[1])\n"
        "import os, signal\nos.killpg(0, signal.SIGKILL)\n"
    )
    assert made.run().state == "FAILED"
    assert list((made.account.folder / "runs").iterdir()) == []
    (temporary,) = map(Path, made.log())
    assert temporary.is_relative_to(process_folder())
    assert not temporary.parent.exists()


def test_a_script_or_a_zip_that_is_not_there(job):
    made = job("print('never')")
    modules = {"--additional-python-modules": f"s3://{BUCKET}/no.gluewheels.zip"}
    assert made.run(**modules).message == (
        f"LAUNCH ERROR | File s3://{BUCKET}/no.gluewheels.zip does not exist"
    )
    made.account.client("s3", "testing").delete_object(Bucket=BUCKET, Key="driver.py")
    ended = made.run()
    assert (ended.state, ended.message) == (
        "FAILED",
        f"LAUNCH ERROR | File {SCRIPT} does not exist",
    )
    assert made.log("error")[-1] == ended.message


def test_modules_of_a_package_index_are_refused(job):
    ended = job("print('never')").run(**{"--additional-python-modules": "requests==2.0"})
    assert ended.message == (
        "LAUNCH ERROR | requests==2.0 would come from a package index, and --no-index is set"
    )


GREETING = pure_wheel("greeting", "1.0", [], {"greeting.py": b"text = 'hello'\n"})


def test_the_job_s_own_wheels(job):
    made = job("import greeting\nprint(greeting.text)\n")
    place = made.put("code/0123.gluewheels.zip", zip_of_wheels(GREETING))
    assert made.run(**{"--additional-python-modules": place}).state == "SUCCEEDED"
    assert made.log() == ["hello"]
    (installed,) = made.account.cache.iterdir()
    assert installed.name == "0123"


def test_a_zip_that_lacks_a_wheel_it_lists(job):
    made = job("print('never')")
    place = made.put(
        "code/1.gluewheels.zip", zip_of_wheels(GREETING, listed=["greeting==1.0", "geo==2"])
    )
    ended = made.run(**{"--additional-python-modules": place})
    assert ended.message == (
        "LAUNCH ERROR | pip cannot install the job's modules: ERROR: Could not find a version that satisfies the "
        "requirement geo==2 (from versions: none)\nERROR: No matching distribution found for geo==2"
    )
    assert list(made.account.cache.glob("*")) == []


def test_what_is_no_zip_of_wheels(job):
    made = job("print('never')")
    place = made.put("code/2.gluewheels.zip", b"no zip")
    ended = made.run(**{"--additional-python-modules": place})
    assert "2.gluewheels.zip is not a zip of wheels" in ended.message


def test_ten_thousand_lines(job):
    made = job("for n in range(10_000):\n    print(n, 'é' * 10)\n")
    assert made.run().state == "SUCCEEDED"
    logs = made.account.client("logs", "testing")
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName="/aws-glue/jobs/output", logStreamNamePrefix="jr_1", startTime=0
    )
    found = [event["message"] for page in pages for event in page["events"]]
    assert found == [f"{n} {'é' * 10}" for n in range(10_000)]


def test_a_repeated_run_has_streams_of_its_own(job, tmp_path):
    marker = tmp_path / "tried"
    made = job(
        f"import pathlib\nmarker = pathlib.Path({str(marker)!r})\n"
        "if not marker.exists():\n    marker.touch()\n    raise OSError('for now')\nprint('now')\n",
        max_retries=1,
    )
    runs = JobRuns(lambda name: made.definition, lambda run: JobProcess(run, made.account), 2)
    run = runs.start("load")
    wait_until(lambda: not runs.unended())
    last, first = runs.of("load")
    assert (first.state, first.message, last.state) == ("FAILED", "OSError: for now", "SUCCEEDED")
    streams = made.account.client("logs", "testing").describe_log_streams(
        logGroupName="/aws-glue/jobs/output"
    )
    names = {stream["logStreamName"] for stream in streams["logStreams"]}
    assert names == {f"{run.id}-driver", f"{run.id}_attempt_1-driver"}


def test_the_process_ends_with_the_sandbox(job, tmp_path):
    """Its standard input ends when the server is killed, in any way."""
    import subprocess

    from alur.sandbox.server.jobs import job_main

    script = tmp_path / "script.py"
    script.write_text(
        "import subprocess, time\nchild = subprocess.Popen(['sleep', '600'])\n"
        "print(child.pid, flush=True)\ntime.sleep(600)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-P", job_main.__file__, str(tmp_path / "result"), "json", str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    process.stdin.write(b"{}\n")
    process.stdin.flush()
    child = int(process.stdout.readline())
    process.stdin.close()
    assert process.wait(timeout=10) == -signal.SIGKILL
    wait_until(lambda: not _alive(child))
    process.stdout.close()


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie has ended, too.
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
