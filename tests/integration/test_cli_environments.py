"""The environment of a command without ``--env``."""

import pytest

from tests.command import alur, example_of, in_terminal

CONTRACTS = """
from alur import SilverTable
class Raw(SilverTable):
    n: int
"""
PIPELINES = """
from alur import files, pipeline
from contracts import Raw
@pipeline(sources={"raw": files("*.csv", schema=Raw)}, target=Raw)
def load(raw):
    return raw
"""
NO_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "",
    "AWS_SECRET_ACCESS_KEY": "",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


def project(root, default, *environments):
    tables = "".join(f"[env.{name}]\n" for name in environments)
    setting = f'default_env = "{default}"\n' if default else ""
    toml = f'[project]\nname = "p"\n{setting}{tables}'
    return example_of(root, CONTRACTS, PIPELINES, **{"alur.toml": toml, "landing/a.csv": "n\n1\n"})


def test_on_this_machine_where_the_project_says_so(tmp_path):
    root = project(tmp_path, "local", "dev")
    ran = alur(root, "run", "load")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Running 1 pipeline on this machine" in ran.stdout
    assert "read     raw: 1 row from 1 file\n" in ran.stdout
    assert "written  1 row; the table has 1, snapshot " in ran.stdout
    shown = alur(root, "show", "raw")
    assert "silver.raw: 1 of 1 row\n" in shown.stdout


def test_a_first_run_in_aws_names_the_way_that_needs_no_account(tmp_path):
    root = project(tmp_path, None, "dev")
    for arguments in (["run", "load"], ["run", "--all"]):
        ran = alur(root, *arguments, **NO_CREDENTIALS)
        assert ran.returncode == 1
        assert "Unable to locate credentials" in ran.stderr
        assert (
            f"fix: run on this machine with alur {' '.join(arguments)} --env local; for AWS, provide credentials: "
            in (ran.stderr)
        )


@pytest.mark.parametrize("columns", [30, 50, 80])
def test_a_narrow_terminal_breaks_messages_between_words_and_commands_never(tmp_path, columns):
    root = project(tmp_path, None, "dev")
    piped = alur(root, "run", "load", **NO_CREDENTIALS)
    shown = in_terminal(root, "run", "load", columns=columns, **NO_CREDENTIALS)
    assert " ".join(" ".join(shown.screen).split()) == " ".join(piped.stderr.split())
    assert any("alur run load --env local" in line for line in shown.screen)
    assert len(shown.screen) > len(piped.stderr.splitlines())


@pytest.mark.parametrize(
    ("default", "command", "environment"),
    [
        (None, ["run", "load"], "dev"),
        ("staging", ["run", "load"], "staging"),
        ("staging", ["show", "raw"], "staging"),
        ("staging", ["status"], "staging"),
        ("staging", ["deploy"], "staging"),
        ("staging", ["logs"], "staging"),
        ("staging", ["infra", "generate"], "staging"),
        ("local", ["status"], "dev"),
        ("local", ["deploy"], "dev"),
        ("local", ["logs"], "dev"),
        ("local", ["infra", "generate"], "dev"),
        ("staging", ["run", "load", "--env", "dev"], "dev"),
    ],
)
def test_commands_of_aws_take_the_default_or_dev(tmp_path, default, command, environment):
    """An invalid variable makes every environment of AWS fail, and the message names the chosen one."""
    root = project(tmp_path, default, "dev", "staging")
    done = alur(root, *command, ALUR_AWS_REGION="nowhere")
    assert done.returncode == 1
    assert f"aws_region in environment '{environment}': " in done.stderr


def test_what_is_taken_down_is_never_left_to_a_setting(tmp_path):
    for default in ("local", "dev", "staging"):
        root = project(tmp_path / default, default, "dev", "staging")
        done = alur(root, "destroy", "--auto-approve", "--force")
        assert done.returncode == 2
        assert "Name the environment to take down, such as --env dev." in done.stderr
    root = project(tmp_path / "none", None, "dev")
    done = alur(root, "destroy", ALUR_AWS_REGION="nowhere")
    assert "aws_region in environment 'dev': " in done.stderr


@pytest.mark.parametrize(
    ("default", "environments", "bucket"),
    [
        (None, ["dev"], "alur-p-bronze-dev"),
        ("local", ["dev"], "alur-p-bronze-dev"),
        ("staging", ["dev", "staging"], "alur-p-bronze-staging"),
    ],
)
def test_validate_checks_what_would_be_deployed(tmp_path, default, environments, bucket):
    done = alur(project(tmp_path, default, *environments), "validate")
    assert done.returncode == 0
    assert f"BRONZE_BUCKET: {bucket}" in done.stdout
    assert "✓ Terraform generation successful" in done.stdout


def test_validate_of_a_project_that_stays_on_this_machine(tmp_path):
    done = alur(project(tmp_path, "local"), "validate")
    assert done.returncode == 0
    assert "This machine needs no Terraform" in done.stdout


def test_a_default_that_does_not_exist(tmp_path):
    done = alur(project(tmp_path, "lokal", "dev"), "list")
    assert done.returncode == 1
    assert "alur.toml:3: project.default_env: no environment 'lokal'" in done.stderr
    assert "fix: did you mean 'local'?" in done.stderr


@pytest.mark.parametrize("command", [["deploy"], ["status"], ["destroy"], ["logs"]])
def test_this_machine_is_not_aws(tmp_path, command):
    done = alur(project(tmp_path, None, "dev"), *command, "--env", "local")
    assert done.returncode == 1
    assert "'local' is not an AWS environment" in done.stderr
