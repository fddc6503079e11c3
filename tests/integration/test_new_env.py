"""``alur new-env``, ``list-envs`` and ``drop-env``: an environment is there as a whole or not at all."""

import json
import multiprocessing
import os
import signal
import sqlite3
import threading

import pytest

from alur.errors import AlurError, SettingsError
from alur.operations import drop_environment, list_environments, new_environment
from alur.operations.planning.planning import plan_changes
from alur.project.project import Project
from alur.runtime import local_environments
from alur_dagster.instance import locate_home
from alur_dagster.spool import Spool
from tests.command import alur
from tests.integration.test_cloned_tables import rows_of, write
from tests.integration.test_many_commits import CONTRACTS

ARRIVED = """
class Arrived(BronzeTable):
    id: int
    shop: str
"""
PIPELINES = """
@pipeline(sources={"sales": files("*.csv", schema=Arrived)}, target=Arrived, mode="append")
def load(sales):
    return sales

@pipeline(sources={"sales": Arrived}, target=Total)
def total(sales):
    return sales.select("id", "shop")
"""


@pytest.fixture
def sales(project):
    project.declare(CONTRACTS, "").land("a.csv", "id,shop\n1,a\n")
    loaded = project.load()
    write(loaded, "local", "sale", "append", [(1, "a")])
    return loaded


def folders(project):
    """Return what is in the folder of environments, without the lock."""
    names = os.listdir(project.root / ".alur/environments")
    return sorted(name for name in names if name != "clones.lock")


@pytest.mark.parametrize(
    "name",
    ["", "X", "../x", "/tmp/x", "a b", "a/b", "a.b", "-x", "1a", "a" * 32, "ä", "x\n", "$(x)"],
)
def test_a_name_that_is_no_plain_word_is_refused(sales, name):
    with pytest.raises(SettingsError, match="is not a valid name for an environment"):
        new_environment(sales, name)
    assert list_environments(sales) == []


@pytest.mark.parametrize("name", ["local", "sandbox", "prod", "trial"])
def test_a_name_that_another_environment_has_is_refused(project, sales, name):
    project.write({"alur.toml": '[project]\nname = "shop"\n[env.prod]\n'})
    loaded = project.load()
    new_environment(loaded, "trial")
    with pytest.raises(SettingsError, match=f"there is already an environment '{name}'"):
        new_environment(loaded, name)
    assert folders(loaded) == ["trial"]


def test_an_environment_of_alur_toml_with_the_name_of_a_clone_is_an_error(project, sales):
    new_environment(sales, "trial")
    project.write({"alur.toml": '[project]\nname = "shop"\n[env.trial]\n'})
    with pytest.raises(SettingsError, match="two environments have the name 'trial'"):
        project.load().environment("trial")
    drop_environment(project.load(), "trial")
    assert project.load().environment("trial").clone is None


def test_it_has_the_settings_of_its_base_and_alur_toml_stays(project, sales):
    toml = '[project]\nname = "shop"\n[env.local]\nlanding = "arrivals"\nkeep = "2 days"\n'
    project.write({"alur.toml": toml})
    loaded = project.load()
    new_environment(loaded, "one")
    new_environment(loaded, "two", "one")
    settings = loaded.environment("two").settings
    assert (settings.landing, settings.keep) == ("arrivals", "2 days")
    assert [(one.name, one.origin) for one in list_environments(loaded)] == [
        ("one", "local"),
        ("two", "one"),
    ]
    assert (loaded.root / "alur.toml").read_text() == toml


def test_nothing_runs_yet_in_the_clone_of_a_project_that_has_never_run(project):
    loaded = project.declare(CONTRACTS + ARRIVED, PIPELINES).load()
    assert new_environment(loaded, "trial").tables == 0
    assert plan_changes(loaded, "trial").to_run == ("load", "total")
    write(loaded, "trial", "sale", "append", [(1, "a")])
    assert rows_of(loaded, "trial", "sale") == [(1, "a")]
    assert rows_of(loaded, "local", "sale") == []


def test_a_record_that_cannot_be_read_is_named(sales):
    new_environment(sales, "trial")
    record = sales.root / ".alur/environments/trial/environment.json"
    record.write_text('{"origin": "local"}')
    with pytest.raises(SettingsError, match="the record of the environment trial cannot be read"):
        list_environments(sales)
    write(sales, "local", "sale", "append", [(2, "b")])
    assert rows_of(sales, "local", "sale") == [(1, "a"), (2, "b")]


def test_a_damaged_catalog_makes_no_environment(sales):
    (sales.root / ".alur/warehouse/catalog.db").write_bytes(b"no database" * 100)
    with pytest.raises(AlurError, match=r"the catalog .* cannot be read"):
        new_environment(sales, "trial")
    assert list_environments(sales) == []


STEPS = ("clone_tables", "sync", "rename", "rmtree")


def killed(root, step, operation, module=None):
    """Do something in a process that is killed just before a step of it.

    Args:
        module: has the step; by default that of clones.
    """

    def child():
        def die(*_, **__):
            os.kill(os.getpid(), signal.SIGKILL)

        owner = {"rename": local_environments.Path, "rmtree": local_environments.shutil}
        setattr(module or owner.get(step, local_environments), step, die)
        operation(Project.load(root), "trial")

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join()
    return process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("step", STEPS[:3])
def test_a_killed_new_env_leaves_no_environment(sales, step):
    assert killed(sales.root, step, new_environment)
    assert list_environments(sales) == []
    new_environment(sales, "trial")
    assert folders(sales) == ["trial"]
    assert rows_of(sales, "trial", "sale") == [(1, "a")]


@pytest.mark.parametrize("step", STEPS[2:])
def test_a_killed_drop_env_leaves_the_environment_whole_or_gone(sales, step):
    new_environment(sales, "trial")
    write(sales, "trial", "sale", "append", [(2, "b")])
    assert killed(sales.root, step, drop_environment)
    if step == "rename":
        assert rows_of(sales, "trial", "sale") == [(1, "a"), (2, "b")]
        drop_environment(sales, "trial")
    assert list_environments(sales) == []
    new_environment(sales, "trial")
    assert folders(sales) == ["trial"]
    assert rows_of(sales, "trial", "sale") == [(1, "a")]


def test_of_two_at_once_with_one_name_one_is_made(sales):
    ends = []

    def make():
        try:
            ends.append(new_environment(sales, "trial").name)
        except SettingsError as error:
            ends.append(error.message)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["there is already an environment 'trial'"] * 3 + ["trial"]
    assert rows_of(sales, "trial", "sale") == [(1, "a")]


def test_a_run_takes_the_landing_files_that_its_table_lacks(project):
    project.declare(CONTRACTS + ARRIVED, PIPELINES)
    project.land("a.csv", "id,shop\n1,a\n")
    assert alur(project.root, "run", "--all", "--env", "local").returncode == 0
    made = alur(project.root, "new-env", "trial", "--json")
    assert json.loads(made.stdout) == {
        "event": "new_environment",
        "name": "trial",
        "origin": "local",
        "tables": 2,
        "can_be_published": True,
    }
    project.land("b.csv", "id,shop\n2,b\n")
    ran = alur(project.root, "run", "--all", "--env", "trial")
    assert "Running 2 pipelines in trial on this machine" in ran.stdout
    assert "read     sales: 1 row from 1 file" in ran.stdout
    loaded = project.load()
    assert rows_of(loaded, "trial", "total") == [(1, "a"), (2, "b")]
    assert rows_of(loaded, "local", "total") == [(1, "a")]
    events = loaded.root / ".alur/environments/trial/openlineage.jsonl"
    namespaces = {json.loads(line)["job"]["namespace"] for line in events.read_text().splitlines()}
    assert namespaces == {"alur://shop/trial"}


def test_runs_are_kept_for_the_environments_own_web_ui(project):
    project.declare(CONTRACTS + ARRIVED, PIPELINES).land("a.csv", "id,shop\n1,a\n")
    new_environment(project.load(), "trial")
    assert alur(project.root, "run", "load", "--env", "trial").returncode == 0
    folder = project.root / ".alur/environments/trial/dagster"
    assert [entry.record()["pipeline"] for entry in Spool(folder).waiting()] == ["load"]
    assert Spool(locate_home(project.root)).waiting() == []
    for name in ("sandbox", "../trial", "other"):
        ran = alur(project.root, "dev", "--env", name)
        assert ran.returncode == 1
        assert f"{name!r} is not an environment on this machine" in ran.stderr


def test_a_catalog_with_the_projects_tables_is_opened_by_other_tools(sales):
    new_environment(sales, "trial")
    catalog = sqlite3.connect(sales.root / ".alur/environments/trial/warehouse/catalog.db")
    ((table, location),) = catalog.execute(
        "SELECT table_name, metadata_location FROM iceberg_tables"
    )
    assert table == "sale"
    assert location.startswith(f"{sales.root}/.alur/environments/trial/warehouse/silver/sale/")


def test_commands_for_aws_refuse_an_environment_on_this_machine(sales):
    new_environment(sales, "trial")
    for command in (["deploy"], ["status"], ["destroy"], ["infra", "generate"], ["logs"]):
        ran = alur(sales.root, *command, "--env", "trial")
        assert ran.returncode == 1
        assert "'trial' is not an AWS environment" in ran.stderr, command
