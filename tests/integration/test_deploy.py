"""`alur deploy`, `status` and `destroy` as a user types them, with the real Terraform, in an emulated AWS. One story, in order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.glue.models import glue_backends
from moto.glue.responses import GlueResponse

from alur.operations import deploy, status
from alur.operations.events import NotApplied
from tests.aws import environment
from tests.terraform import OVERRIDE, needs_provider
from tests.tiny_project import TinyProject

pytestmark = needs_provider

REGION = "eu-west-1"
ALUR = Path(sys.executable).with_name("alur")
CONTRACTS = "class Raw(SilverTable):\n    n: int\nclass Clean(GoldTable):\n    n: int\n"
PIPELINES = """
from alur.scheduling import schedule
@schedule(cron="cron(0 2 * * ? *)", description="Nightly", scope="upstream")
@pipeline(sources={"raw": Raw}, target=Clean)
def clean(raw):
    return raw
@pipeline(sources={"rows": files("*.csv", schema=Raw)}, target=Raw)
def load(rows):
    return rows
"""


@pytest.fixture(scope="module")
def shop(_server, tmp_path_factory):
    """Yield a project, with an empty account to deploy it to."""
    urllib.request.urlopen(urllib.request.Request(f"{_server}/moto-api/reset", method="POST"))
    project = TinyProject(tmp_path_factory.mktemp("deploy") / "shop", engines=None)
    project.declare(CONTRACTS, PIPELINES)
    project.write(
        {
            "alur.toml": f'[project]\nname = "shop"\n[env.dev]\naws_region = "{REGION}"\n',
            ".alur/terraform/dev/test_override.tf": OVERRIDE,
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(_server).items():
            patch.setenv(name, value)
        patch.delenv("TF_CLI_CONFIG_FILE", raising=False)
        yield project


def alur(project, *arguments, **variables):
    """Run a command; return its exit code, and its output on both streams."""
    done = subprocess.run(
        [ALUR, *arguments],
        cwd=project.root,
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stdout
    return done.returncode, done.stdout


def client(service):
    return boto3.client(service, region_name=REGION)


def jobs():
    return glue_backends[DEFAULT_ACCOUNT_ID][REGION].jobs


def test_another_account_is_refused(shop):
    code, said = alur(shop, "deploy", ALUR_ACCOUNT_ID="999999999999")
    assert code == 1
    assert "the environment 'dev' is in 999999999999" in said
    assert "[2/6]" not in said


def test_plan_only_changes_nothing(shop):
    code, said = alur(shop, "deploy", "--plan-only")
    assert code == 0
    assert "+ 2 Glue jobs" in said
    assert "Nothing was applied (--plan-only)" in said
    assert jobs() == {}


def test_nobody_can_be_asked_in_a_pipe(shop):
    code, said = alur(shop, "deploy")
    assert code == 1
    assert "--auto-approve" in said
    assert jobs() == {}


def test_a_failed_apply_is_told_and_gone_on_from(shop, monkeypatch):
    created = GlueResponse.create_job

    def refuse(self):
        if self._get_param("Name") == "alur-shop-clean-dev":
            return (
                400,
                {"status": 400},
                '{"__type": "AccessDeniedException", "message": "no more jobs"}',
            )
        return created(self)

    monkeypatch.setattr(GlueResponse, "create_job", refuse)
    code, said = alur(shop, "deploy", "--auto-approve")
    assert code == 1
    assert "no more jobs" in said
    assert "[5/6]" not in said
    assert set(jobs()) == {"alur-shop-load-dev"}
    monkeypatch.undo()
    code, said = alur(shop, "deploy", "--auto-approve")
    assert code == 0, said
    assert set(jobs()) == {"alur-shop-load-dev", "alur-shop-clean-dev"}


def test_a_deployment_in_six_steps_that_changes_nothing_twice(shop):
    code, said = alur(shop, "deploy")
    assert code == 0, said
    steps = [line for line in said.splitlines() if line.startswith("[")]
    assert [step[:5] for step in steps] == ["[1/6]", "[2/6]", "[3/6]", "[4/6]", "[5/6]", "[6/6]"]
    assert said.count("  Generated: ") == 10
    assert "No changes: everything is deployed as the project declares it" in said
    assert "2 jobs and 1 schedule as declared" in said


def test_status_is_in_step(shop):
    client("glue").start_job_run(JobName="alur-shop-load-dev")
    code, said = alur(shop, "status")
    assert code == 0, said
    assert "✓ alur-shop-load-dev" in said
    assert "last run SUCCEEDED, 0 min ago, jr_" in said
    assert "on: cron(0 2 * * ? *), next 20" in said
    assert "[OK] Deployed as declared" in said


def test_status_for_other_programs(shop):
    code, said = alur(shop, "status", "--json")
    assert code == 0, said
    connected, status = map(json.loads, said.splitlines())
    assert connected == {"event": "connected", "environment": "dev", "region": REGION}
    assert {finding["state"] for finding in status["findings"]} == {"in step"}
    assert status["in_step"] is True
    assert status["schedules"] == {"alur-schedule-shop-clean-dev": ["cron(0 2 * * ? *)", True]}
    assert list(status["last_runs"]) == ["alur-shop-load-dev"]


def test_a_program_decides_about_a_plan(shop):
    shop.declare(CONTRACTS, PIPELINES.replace("return rows", "return rows.limit(9)"))
    plans, events = [], []
    assert not deploy(
        shop.load(), "dev", approve=lambda plan: bool(plans.append(plan)), observe=events.append
    )
    assert [plan.only_code for plan in plans] == [True]
    assert isinstance(events[-1], NotApplied)
    shop.declare(CONTRACTS, PIPELINES)
    assert status(shop.load(), "dev").in_step


def test_a_changed_function_body_redeploys_the_code_alone(shop):
    shop.declare(CONTRACTS, PIPELINES.replace("return rows", "return rows.distinct()"))
    code, said = alur(shop, "status")
    assert code == 1
    assert "~ alur-shop-load-dev: changed (code)" in said
    code, said = alur(shop, "deploy", "--auto-approve")
    assert code == 0, said
    assert "only the code changes, that of 2 Glue jobs" in said
    assert alur(shop, "status")[0] == 0


def test_the_code_of_the_last_three_deployments_stays_for_runs_that_have_begun(shop):
    """A machine without the earlier files can deploy, too."""

    def stored():
        found = client("s3").list_objects_v2(Bucket="alur-shop-artifacts-dev", Prefix="shop/dev/")
        return {entry["Key"].rpartition("/")[2] for entry in found["Contents"]} - {"driver.py"}

    def current():
        found = client("glue").get_job(JobName="alur-shop-load-dev")["Job"]["DefaultArguments"]
        return found["--additional-python-modules"].rpartition("/")[2]

    deployed = [current()]
    for n in range(2):
        for path in (shop.root / ".alur" / "build").glob("*.zip"):
            path.unlink()
        shop.declare(CONTRACTS, PIPELINES.replace("return rows", f"return rows.limit({n})"))
        code, said = alur(shop, "deploy", "--auto-approve")
        assert code == 0, said
        assert "only the code changes, that of 2 Glue jobs" in said
        deployed.append(current())
        assert set(deployed) <= stored()
    # The earlier files are deleted.
    assert len(set(deployed)) == 3
    assert stored() == set(deployed)
    code, said = alur(shop, "deploy", "--auto-approve")
    assert "No changes" in said
    assert stored() == set(deployed)


def test_status_tells_what_was_changed_and_made_by_hand(shop):
    glue, events = client("glue"), client("events")
    glue.create_job(
        Name="alur-shop-stray-dev",
        Role="r",
        Command={"Name": "glueetl", "ScriptLocation": "s3://b/k"},
    )
    events.disable_rule(Name="alur-schedule-shop-clean-dev")
    code, said = alur(shop, "status")
    assert code == 1
    assert "? alur-shop-stray-dev: foreign" in said
    assert "~ alur-schedule-shop-clean-dev: changed (state: off instead of on)" in said
    assert "off: cron(0 2 * * ? *)" in said
    glue.delete_job(JobName="alur-shop-stray-dev")
    events.enable_rule(Name="alur-schedule-shop-clean-dev")


def test_a_plan_that_would_destroy_data_is_refused(shop):
    client("s3").put_object(Bucket="alur-shop-bronze-dev", Key="landing/a.csv", Body=b"n\n1\n")
    glue = client("glue")
    table = {"Name": "clean", "StorageDescriptor": {"Columns": [{"Name": "n", "Type": "bigint"}]}}
    glue.create_table(DatabaseName="shop_dev_gold", TableInput=table)
    code, said = alur(shop, "deploy", "--auto-approve", ALUR_BRONZE_BUCKET="another-bucket")
    assert code == 1
    assert "this would destroy data: bucket alur-shop-bronze-dev" in said
    assert client("s3").head_bucket(Bucket="alur-shop-bronze-dev")


def test_destroy_refuses_data_without_force(shop):
    code, said = alur(shop, "destroy", "--auto-approve")
    assert code == 1
    assert "there is data in alur-shop-bronze-dev" in said
    assert "alur destroy --env dev --force" in said
    assert len(jobs()) == 2


def test_force_alone_still_asks(shop):
    code, said = alur(shop, "destroy", "--force")
    assert code == 1
    assert "--auto-approve" in said
    assert client("s3").head_object(Bucket="alur-shop-bronze-dev", Key="landing/a.csv")


def test_destroy_leaves_nothing(shop):
    s3 = client("s3")
    for n in range(1_100):
        s3.put_object(Bucket="alur-shop-silver-dev", Key=f"tables/raw/{n}", Body=b"1")
    s3.delete_object(Bucket="alur-shop-silver-dev", Key="tables/raw/1")
    s3.create_multipart_upload(Bucket="alur-shop-silver-dev", Key="tables/raw/half")
    code, said = alur(shop, "destroy", "--force", "--auto-approve")
    assert code == 0, said
    assert "[1/2] Emptying S3 buckets..." in said
    assert "✓ Emptied alur-shop-silver-dev (1,101 versions)" in said
    assert "[2/2] Destroying Terraform infrastructure..." in said
    assert "[OK] Infrastructure destroyed successfully!" in said
    assert jobs() == {}
    assert s3.list_buckets()["Buckets"] == []
    assert client("events").list_rules()["Rules"] == []
    assert client("iam").list_roles()["Roles"] == []


def test_destroying_nothing_is_no_error(shop):
    code, said = alur(shop, "destroy", "--auto-approve")
    assert code == 0, said
    assert "Resources: 0 destroyed" in said


def test_infra_generate_gives_the_same_bytes_anywhere(shop, tmp_path):
    for name in ("one", "two"):
        code, said = alur(shop, "infra", "generate", "--out", str(tmp_path / name))
        assert code == 0, said
    first, second = (
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*.*")
        }
        for name in ("one", "two")
    )
    assert first == second
    assert len(first) == 12

    # The folder keeps what somebody else has put there.
    for name in ("artifacts/model.bin", "own_override.tf"):
        (tmp_path / "one" / name).write_text("mine")
    assert alur(shop, "infra", "generate", "--out", str(tmp_path / "one"))[0] == 0
    assert (tmp_path / "one" / "artifacts" / "model.bin").read_text() == "mine"
    (tmp_path / "two" / "s3.tf").write_text("mine")
    code, said = alur(shop, "infra", "generate", "--out", str(tmp_path / "two"))
    assert (code, (tmp_path / "two" / "s3.tf").read_text()) == (1, "mine")
    assert "s3.tf is a file that Alur has not written" in said


def test_terraform_that_is_missing_or_too_old(shop, tmp_path):
    old = tmp_path / "terraform"
    old.write_text('#!/bin/sh\necho \'{"terraform_version": "1.5.7"}\'\n')
    old.chmod(0o755)
    code, said = alur(shop, "deploy", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert (code, "terraform 1.5.7 is too old" in said) == (1, True), said
    code, said = alur(shop, "deploy", PATH="/nonexistent")
    assert (code, "terraform is not on the PATH" in said) == (1, True), said
