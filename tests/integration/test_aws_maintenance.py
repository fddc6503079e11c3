"""`alur maintain --env` in an emulated AWS whose jobs only end: what they have done is theirs to say."""

from __future__ import annotations

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.glue.models import glue_backends

from alur.operations import maintain
from alur.operations.events import Activity, Maintained, MaintenanceFailed
from tests.integration.test_aws_runs import CONTRACTS, PIPELINES, REGION, glue, shop, stage

__all__ = ["shop", "stage"]

OUTCOME = Maintained("silver.raw", 12, 1, 4, 2, 3, 5_000, 700)
TEMPORARY = "s3://artifacts/shop/dev/temp/"


@pytest.fixture
def tables(shop, stage):
    """Let all tables exist but one, and runs leave an outcome; return their jobs' ends."""
    glue().create_database(DatabaseInput={"Name": "shop_dev_silver"})
    for name in ("raw", "clean"):
        entry = {"Name": name, "Parameters": {"metadata_location": "s3://lake/x.json"}}
        glue().create_table(DatabaseName="shop_dev_silver", TableInput=entry)
    for job in deployed():
        job.default_arguments["--TempDir"] = TEMPORARY
    s3().create_bucket(Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": REGION})
    return stage


def deployed():
    return glue_backends[DEFAULT_ACCOUNT_ID][REGION].jobs.values()


def runs():
    return [run for job in deployed() for run in job.job_runs]


def s3():
    return boto3.client("s3", region_name=REGION)


def maintained(project, *names):
    """Maintain tables; return what was reported, and whether all succeeded. A job's runs never overlap."""
    events = []

    def observe(event):
        events.append(event)
        # What a job leaves while it runs.
        active = [run.job_name for run in runs() if run.status in ("STARTING", "RUNNING")]
        assert len(active) == len(set(active))
        if isinstance(event, Activity) and "RUNNING" in event.text:
            for run in runs():
                key = f"shop/dev/temp/maintained/{run.job_run_id}.json"
                s3().put_object(Bucket="artifacts", Key=key, Body=OUTCOME.to_json())

    succeeded = maintain(project.load(), names or None, "dev", observe=observe)
    return [event for event in events if not isinstance(event, Activity)], succeeded


def test_the_outcome_is_that_of_the_job(shop, tables):
    assert maintained(shop, "raw") == ([OUTCOME], True)
    (run,) = runs()
    asked = {"--alur_maintain": "load", "--alur_pipeline": "maintenance-only"}
    assert asked.items() <= run.arguments.items()


def test_only_tables_that_exist(shop, tables):
    events, succeeded = maintained(shop)
    assert (len(events), succeeded) == (2, True)
    assert {run.job_name for run in runs()} == {"alur-shop-load-dev", "alur-shop-clean-dev"}
    (event,), succeeded = maintained(shop, "other")
    assert not succeeded
    assert event.error.message == "the table silver.other has never been written"
    assert event.error.remedy == "run the pipeline that writes it: alur run other --env dev"


def test_one_jobs_failure_does_not_stop_the_others(shop, tables):
    tables["alur-shop-load-dev"] = "FAILED", "EngineError: it is broken"
    events, succeeded = maintained(shop, "raw", "clean")
    assert not succeeded
    assert [type(event) for event in events] == [MaintenanceFailed, Maintained]
    message = "the job that maintains silver.raw ended as FAILED: EngineError: it is broken"
    assert events[0].error.message == message
    assert events[0].error.remedy.startswith("see why with alur logs ")


def test_tables_of_one_job_are_maintained_one_after_the_other(shop, tables):
    """A job has one run at a time."""
    schedule = (
        '\nfrom alur.scheduling import schedule\n@schedule(cron="rate(1 day)", scope="downstream")'
    )
    shop.declare(CONTRACTS, PIPELINES.replace("\n", f"{schedule}\n", 1))
    toml = '[project]\nname = "shop"\n[env.dev]\nfuse = "schedule"\n'
    shop.write({"alur.toml": f'{toml}aws_region = "{REGION}"\n'})
    name = "alur-shop-fused.load-2xg1x-dev"
    command = {"Name": "glueetl", "ScriptLocation": "s3://b/driver.py"}
    arguments = {"--TempDir": TEMPORARY}
    glue().create_job(
        Name=name, Role="arn:aws:iam::1:role/jobs", Command=command, DefaultArguments=arguments
    )
    events, succeeded = maintained(shop)
    assert succeeded
    assert len(events) == 2
    assert [run.job_name for run in runs()] == [name, name]
    assert {run.arguments["--alur_maintain"] for run in runs()} == {"load", "clean"}
