"""The example's Terraform files, reviewed like code: every changed byte appears in the diff."""

import os
import re
from pathlib import Path

import pytest

from alur.deployment.planning import plan
from alur.deployment.resources import Code
from alur.naming import BUCKETS
from alur.project.project import Project
from alur.terraform.rendering import FILES, render
from tests.conftest import isolated_imports
from tests.terraform import needs_provider, needs_terraform
from tests.tiny_project import TinyProject

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"


def planned(project, environment):
    code = Code("0123456789abcdef.gluewheels.zip", "0123456789ab")
    return plan(project, project.environment(environment)).with_code(code)


@pytest.fixture(scope="module")
def rendered():
    with isolated_imports():
        project = Project.load(ROOT / "example_repo")
        return render(planned(project, "prod"), "../../state/prod/terraform.tfstate")


@pytest.mark.parametrize("name", FILES)
def test_the_example_s_files_are_as_reviewed(rendered, name, request):
    path = GOLDEN / name
    if request.config.getoption("--update-golden"):
        path.write_text(rendered[name])
    assert rendered[name] == path.read_text(), "make golden rewrites it; look at the diff"


SHARED = ("glue_jobs.tf", "glue_workflows.tf", "iam.tf", "monitoring.tf", "outputs.tf")
"""The files that differ where pipelines share jobs."""

SHARING = """
from alur.scheduling import schedule

@schedule(cron="cron(0 * * * ? *)", description="Hourly", scope="downstream")
@pipeline(sources={"rows": files("in/*.csv", schema=Raw)}, target=Raw, mode="append")
def load(rows): return rows

@pipeline(sources={"rows": files("rates.csv", schema=Rates)}, target=Rates)
def rates(rows): return rows

@pipeline(sources={"raw": Raw}, target=Clean)
def clean(raw): return raw

@pipeline(sources={"clean": Clean, "rates": Rates}, target=Wide, resource_profile="medium")
def widen(clean, rates): return clean

@schedule(cron="cron(0 2 * * ? *)")
@pipeline(sources={"wide": Wide}, target=Report)
def report(wide): return wide

@pipeline(sources={"wide": Wide}, target=Other)
def other(wide): return wide

@pipeline(sources={"other": Other}, target=Last)
def last(other): return other
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Return the files of a project whose pipelines share two jobs, each with a role."""
    project = TinyProject(tmp_path_factory.mktemp("shared") / "shop", engines=None)
    tables = {"Clean": "Silver", "Rates": "Silver", "Wide": "Silver", "Report": "Gold"}
    tables |= {"Raw": "Bronze", "Other": "Gold", "Last": "Gold"}
    project.declare(
        "".join(f"class {name}({layer}Table):\n    n: int\n" for name, layer in tables.items()),
        SHARING,
    )
    settings = 'fuse = "schedule"\njob_roles = "pipeline"\nsilver_keep = "2 days"'
    project.write({"alur.toml": f'[project]\nname = "shop"\n[env.prod]\n{settings}\n'})
    with isolated_imports():
        loaded = project.load()
        plans = dict.fromkeys(("load", "last"), "0" * 16)
        code = Code("0123456789abcdef.gluewheels.zip", "0123456789ab", plans=plans)
        deployment = plan(loaded, loaded.environment("prod")).with_code(code)
        yield render(deployment, "terraform.tfstate")


@pytest.mark.parametrize("name", SHARED)
def test_the_files_of_shared_jobs_are_as_reviewed(shared, name, request):
    path = GOLDEN / "shared_jobs" / name
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(shared[name])
    assert shared[name] == path.read_text(), "make golden rewrites it; look at the diff"


@needs_provider
def test_terraform_accepts_shared_jobs(shared, tmp_path, terraform):
    code = ("artifacts/driver.py", "artifacts/0123456789abcdef.gluewheels.zip")
    (tmp_path / "artifacts").mkdir()
    for name, text in (shared | dict.fromkeys(code, "stands for the code")).items():
        (tmp_path / name).write_text(text)
    terraform(tmp_path, "fmt", "-check", "-diff")
    terraform(tmp_path, "init", f"-plugin-dir={os.environ['ALUR_TF_PLUGIN_DIR']}")
    assert "Success" in terraform(tmp_path, "validate")


@needs_terraform
def test_they_are_formatted_as_terraform_formats(terraform):
    terraform(GOLDEN, "fmt", "-check", "-diff")


@needs_terraform
def test_the_sandbox_gets_everything_but_what_expires_or_is_lost(tmp_path, terraform):
    with isolated_imports():
        project = Project.load(ROOT / "example_repo")
        dev, sandbox = (
            render(planned(project, name), "terraform.tfstate") for name in ("dev", "sandbox")
        )
    for name, text in sandbox.items():
        (tmp_path / name).write_text(text)
    terraform(tmp_path, "fmt", "-check", "-diff")

    def resources(files):
        return set(re.findall(r'^resource "(.+)" "(.+)"', "\n".join(files.values()), re.MULTILINE))

    assert resources(dev) - resources(sandbox) == {
        *(("aws_s3_bucket_lifecycle_configuration", kind) for kind in BUCKETS),
        ("aws_sqs_queue", "undelivered"),
        ("aws_sqs_queue_policy", "undelivered"),
        ("aws_cloudwatch_metric_alarm", "undelivered"),
        ("aws_cloudwatch_metric_alarm", "failed_invocations"),
    }
    assert resources(sandbox) <= resources(dev)
    # Except for names, the jobs and workflows are identical.
    for name in ("iam.tf", "glue_database.tf", "glue_jobs.tf", "glue_workflows.tf", "artifacts.tf"):
        assert sandbox[name] == re.sub(r"(?<![a-z])dev(?![a-z])", "sandbox", dev[name])


@needs_terraform
@pytest.mark.parametrize("environment", ["prod", "sandbox"])
def test_a_role_for_each_job_is_formatted_too(tmp_path, terraform, monkeypatch, environment):
    monkeypatch.setenv("ALUR_JOB_ROLES", "pipeline")
    with isolated_imports():
        project = Project.load(ROOT / "example_repo")
        files = render(planned(project, environment), "terraform.tfstate")
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    terraform(tmp_path, "fmt", "-check", "-diff")
    for pipeline in project.pipelines:
        assert f"role_arn     = aws_iam_role.job-{pipeline.name}.arn" in files["glue_jobs.tf"]
        assert f'resource "aws_iam_role_policy" "job-{pipeline.name}"' in files["iam.tf"]
    assert "aws_iam_role.jobs" not in "".join(files.values())


def test_they_name_no_other_time_or_machine(rendered):
    with isolated_imports():
        again = Project.load(ROOT / "example_repo")
        second = render(planned(again, "prod"), "../../state/prod/terraform.tfstate")
    assert second == rendered
    assert not [text for text in rendered.values() if str(ROOT) in text]
