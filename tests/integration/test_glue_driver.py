"""A job from its command line to its end, as in Glue: arguments, log lines, a failure's message."""

import re
from datetime import timedelta

import pytest

from alur.contracts.retention import Retention
from alur.errors import SettingsError
from alur.runtime.job.arguments import JobArguments
from alur.runtime.job.driver import JobFailed, main
from tests.integration.test_glue_jobs import LOAD, RAW

TIMES = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", re.MULTILINE)
NUMBERS = re.compile(r"(?<=Snapshot )\d+|\d+\.\d(?= s$)", re.MULTILINE)


def lines(text):
    """Return the output without the parts that differ from run to run; each line of the job begins with a time."""
    return [NUMBERS.sub("#", line) for line in TIMES.sub("", text).splitlines()]


def test_a_job_tells_how_it_goes(jobs):
    jobs.declare(RAW, LOAD).deploy()
    jobs.land("raw/a.csv", "id,name,more\n1,a,x\n2,b,x\n")
    done = jobs.start("load")
    assert done.returncode == 0, done.stderr
    assert all(TIMES.match(line) for line in done.stdout.splitlines())
    assert lines(done.stdout) == [
        "[Alur Driver] Starting job alur-shop-load-dev (run jr_1)",
        "[Alur Driver] Pipeline: load",
        "[Alur] Reading source: raw",
        "[Alur] Notice: raw/a.csv: ignored columns: more",
        "[Alur] Executing transformation",
        "[Alur] Checking 1 rule of Raw",
        "[Alur] Writing to target: raw",
        "[Alur] Read raw: 2 rows from 1 file",
        "[Alur] Wrote 2 rows; the table has 2",
        "[Alur] Snapshot # of s3://alur-shop-bronze-dev/tables/raw",
        "[Alur] Pipeline completed successfully in # s",
    ]
    assert jobs.rows("raw", "id", "_run_id") == [(1, "jr_1"), (2, "jr_1")]
    again = jobs.start("load")
    assert lines(again.stdout)[3:] == [
        "[Alur] Notice: no new files; the table is unchanged",
        "[Alur] Read raw: 0 rows",
        "[Alur] Pipeline completed successfully in # s",
    ]


def test_a_failure_ends_in_one_line_without_any_rows(jobs):
    jobs.declare(RAW.replace("id: int", "id: int = Field(ge=1)"), LOAD).deploy()
    jobs.land("raw/a.csv", "id,name\n-7,secret\n")
    done = jobs.start("load")
    _, number = jobs.line_of("pipelines.py", "def load")
    assert done.returncode != 0
    message = done.stderr.splitlines()[-1]
    assert message == (
        "alur.runtime.job.driver.JobFailed: QualityError: load: rows break the rules of Raw, and nothing was "
        f"written; 1 of 1 row violates: id must be at least 1 (pipelines.py:{number})"
    )
    assert "secret" not in done.stderr
    _, contract = jobs.line_of("contracts.py", "class Raw")
    assert lines(done.stdout)[-5:] == [
        "[Alur] Pipeline failed",
        f"pipelines.py:{number}: load: rows break the rules of Raw, and nothing was written",
        "  1 of 1 row violates: id must be at least 1",
        "      id=-7, name='secret'",
        "  fix: correct or filter these rows in the pipeline, or change the rule in Raw "
        f"(contracts.py:{contract})",
    ]
    assert jobs.snapshots() == {}
    assert jobs.staged() == []


def test_an_exception_of_the_users_function_comes_with_its_stack(jobs):
    jobs.declare(RAW, LOAD.replace("return raw", "return raw.filter(1 / 0)")).deploy()
    jobs.land("raw/a.csv", "id,name\n1,a\n")
    done = jobs.start("load")
    _, number = jobs.line_of("pipelines.py", "1 / 0")
    assert "return raw.filter(1 / 0)" in done.stderr
    assert done.stderr.splitlines()[-1] == (
        "alur.runtime.job.driver.JobFailed: TransformError: load raised ZeroDivisionError: division by zero "
        f"(pipelines.py:{number})"
    )
    assert f"pipelines.py:{number}: load raised ZeroDivisionError: division by zero" in done.stdout


def test_python_functions_run_where_the_engine_is(jobs):
    """Sail is in another process than the driver, and takes no files, so functions are sent whole."""
    load = LOAD.replace("return raw", 'return raw.withColumn("name", spelt("name"))')
    functions = """
    from pyspark.sql import types as T

    LETTERS = {"a": "alpha"}

    @F.udf(T.StringType())
    def spelt(name):
        return LETTERS[name]
"""
    jobs.declare(RAW, functions + load).deploy()
    jobs.land("raw/a.csv", "id,name\n1,a\n")
    done = jobs.start("load")
    assert done.returncode == 0, done.stderr
    assert jobs.rows("raw") == [(1, "alpha")]


def test_a_pipeline_that_the_project_does_not_have(jobs):
    jobs.declare(RAW, LOAD).deploy()
    done = jobs.start("load", alur_pipeline="lode")
    assert "PipelineError: no pipeline 'lode'" in done.stderr.splitlines()[-1]
    assert "did you mean 'load'?" in done.stdout


def test_no_project_came_with_the_job(jobs, capsys):
    jobs.declare(RAW, LOAD)
    with pytest.raises(JobFailed, match="no 'alur_project' among the job's modules"):
        main(jobs.arguments("load"))
    assert "fix: alur deploy" in capsys.readouterr().out


def test_arguments_that_the_driver_does_not_know_are_passed_over(jobs):
    jobs.declare(RAW, LOAD)
    arguments = [
        "--enable-metrics",
        *jobs.arguments("load"),
        "--x",
        "-y",
        "z",
        "--conf",
        "a=b --conf c=d",
    ]
    job = JobArguments.parse(arguments)
    assert (job.pipelines, job.environment, job.run_id) == (("load",), "dev", "jr_1")
    assert job.databases["silver"].database == "shop_dev_silver"
    assert job.databases["silver"].location == "s3://alur-shop-silver-dev/tables/"
    assert str(job.temporary) == "s3://alur-shop-artifacts-dev/shop/dev/temp/"


@pytest.mark.parametrize(
    ("given", "without_effect"),
    [
        (["--enable-metrics"], ("--enable-metrics",)),
        (["--enable-metrics", "false"], ("--enable-metrics",)),
        (["--enable-observability-metrics", "true"], ("--enable-observability-metrics",)),
        (["--enable-observability-metrics", "false"], ()),
        (["--job-bookmark-option", "job-bookmark-enable"], ("--job-bookmark-option",)),
        (["--job-bookmark-option", "job-bookmark-disable"], ()),
    ],
)
def test_arguments_that_need_a_glue_context_are_named(jobs, capsys, given, without_effect):
    """They stand before, between or behind the driver's own."""
    jobs.declare(RAW, LOAD)
    arguments = jobs.arguments("load")
    option = arguments.index("--job-bookmark-option")
    del arguments[option : option + 2]
    for place in (0, 2, len(arguments)):
        job = JobArguments.parse([*arguments[:place], *given, *arguments[place:]])
        assert (job.pipelines, job.without_effect) == (("load",), without_effect)
    # The project is not deployed, so the job ends after this line.
    with pytest.raises(JobFailed):
        main([*arguments, *given])
    notices = [line for line in capsys.readouterr().out.splitlines() if "Notice: " in line]
    assert [line.split("Notice: ")[1] for line in notices] == [
        f"{name} has no effect: it requires a GlueContext, which Alur does not create"
        for name in without_effect
    ]


def test_what_is_deployed_asks_for_nothing_that_needs_a_glue_context(jobs):
    jobs.declare(RAW, LOAD)
    arguments = jobs.arguments("load")
    assert "--job-bookmark-option" in arguments
    assert JobArguments.parse(arguments).without_effect == ()


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--alur_pipeline", "lacks the arguments --alur_pipeline"),
        ("--TempDir", "lacks the arguments --TempDir"),
        ("--alur_gold", "lacks the arguments --alur_gold"),
    ],
)
def test_missing_arguments(jobs, argument, message):
    jobs.declare(RAW, LOAD)
    arguments = jobs.arguments("load")
    del arguments[arguments.index(argument) : arguments.index(argument) + 2]
    with pytest.raises(SettingsError, match=message):
        JobArguments.parse(arguments)


@pytest.mark.parametrize("text", ["shop_dev_gold", "=s3://x/", "a=/tmp/x", "a=s3://"])
def test_layers_of_another_form(jobs, text):
    jobs.declare(RAW, LOAD)
    arguments = jobs.arguments("load")
    arguments[arguments.index("--alur_gold") + 1] = text
    with pytest.raises(SettingsError):
        JobArguments.parse(arguments)


def test_a_job_keeps_snapshots_as_its_target_does(jobs):
    jobs.declare(RAW, LOAD)
    arguments = jobs.arguments("load")
    assert JobArguments.parse(arguments).retentions == {}
    assert not [argument for argument in arguments if argument.startswith("--alur_keep")]
    layer = jobs.contract("raw").layer
    jobs.write(
        {
            "alur.toml": f'[project]\nname = "shop"\n[env.dev]\nkeep = "1 hour"\n{layer}_keep = "7 days"\n'
        }
    )
    retentions = JobArguments.parse(jobs.arguments("load")).retentions
    assert retentions == {"load": Retention(timedelta(days=7), 1)}


@pytest.mark.parametrize(("keep", "snapshots"), [("7", "1"), ("7 days", "few"), ("soon", "1")])
def test_retentions_of_another_form(jobs, keep, snapshots):
    jobs.declare(RAW, LOAD)
    given = ["--alur_keep", keep, "--alur_keep_snapshots", snapshots]
    with pytest.raises(SettingsError, match="is not a time and a number"):
        JobArguments.parse([*jobs.arguments("load"), *given])


def test_glue_may_raise_the_failure_anew():
    """Glue's wrapper creates an exception of the same class from the caught one."""
    failed = JobFailed("QualityError: load: 1 row")
    assert str(type(failed)(failed)) == "QualityError: load: 1 row"
