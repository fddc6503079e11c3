"""Finding a project, starting one, and refusing one of another user."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.command import alur, example_of

CONTRACTS = """
import os
print("hello from a module")
os.system("echo hello from a child")
from alur import SilverTable
class Raw(SilverTable):
    n: int
class Clean(SilverTable):
    n: int
"""
PIPELINES = """
from alur import files, pipeline
from contracts import Clean, Raw
print("hello from another")
@pipeline(sources={"raw": files("*.csv", schema=Raw)}, target=Raw)
def load(raw):
    return raw
@pipeline(sources={"raw": Raw}, target=Clean)
def clean(raw):
    return raw
"""


@pytest.mark.parametrize("arguments", [["list", "--json"], ["schedules", "--json"]])
def test_what_modules_print_does_not_tear_json(tmp_path, arguments):
    root = example_of(tmp_path, CONTRACTS, PIPELINES)
    done = alur(root, *arguments)
    assert done.returncode == 0
    json.loads(done.stdout)
    assert sorted(done.stderr.splitlines()) == [
        "hello from a child",
        "hello from a module",
        "hello from another",
    ]


class TestStarting:
    @pytest.mark.parametrize(
        "name",
        ["", "my_project", "Shop", "a b", "2024", "../shop", "x" * 40, "Größe", "..", "-x", "ä-"],
    )
    def test_what_is_suggested_is_accepted(self, tmp_path, name):
        refused = alur(tmp_path, "init", "--", name)
        assert refused.returncode == 1
        assert f"{name!r} is not a valid project name" in refused.stderr
        assert list(tmp_path.iterdir()) == []
        fix = next(line for line in refused.stderr.splitlines() if line.startswith("  fix: alur "))
        arguments = fix.partition("alur ")[2].partition(" (")[0].split()
        assert alur(tmp_path, *arguments).returncode == 0
        assert alur(tmp_path / arguments[1], "validate").returncode == 0

    def test_outside_a_project(self, tmp_path):
        done = alur(tmp_path, "list")
        assert done.returncode == 1
        assert f"no alur.toml in {tmp_path} or any folder above it" in done.stderr
        suggested = done.stderr.rpartition("alur ")[2].split()
        assert alur(tmp_path, *suggested).returncode == 0

    @pytest.mark.parametrize("command", [["list"], ["validate"], ["run", "--all"], ["dev"]])
    def test_beside_a_project(self, tmp_path, command):
        for name in ("shop", "it's mine"):
            example_of(tmp_path / name, CONTRACTS, PIPELINES)
        done = alur(tmp_path, *command)
        assert done.returncode == 1
        assert "fix: cd 'it'\"'\"'s mine' or cd shop\n" in done.stderr


# Import the command's modules first: another user may not be able to read this one's Python.
AS_ANOTHER_USER = """
import encodings.utf_8_sig, os, pwd, sys
import alur.cli.list_command
from alur import GoldTable, SilverTable, files, pipeline
from alur.cli.main import main
from alur.project.project import Project
os.setgroups([])
os.setresgid(int(sys.argv[1]), int(sys.argv[1]), int(sys.argv[1]))
os.setresuid(int(sys.argv[1]), int(sys.argv[1]), int(sys.argv[1]))
sys.argv[1:] = ["list"]
main()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
class TestOthersProjects:
    READER, OWNER = 65534, 12345

    @pytest.fixture
    def shared(self):
        """Yield a project in a folder open to everyone, with a folder within."""
        with tempfile.TemporaryDirectory(dir="/tmp") as base:
            Path(base).chmod(0o755)
            yield example_of(Path(base) / "project", CONTRACTS, PIPELINES, **{"within/x.txt": ""})

    def own(self, root, user):
        for path in (root, *root.rglob("*")):
            os.chown(path, user, user, follow_symlinks=False)

    def list(self, root, user, **variables):
        return subprocess.run(
            [sys.executable, "-c", AS_ANOTHER_USER, str(user)],
            cwd=root / "within",
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"} | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def test_a_project_that_another_user_owns(self, shared):
        self.own(shared, self.OWNER)
        refused = self.list(shared, self.READER)
        assert refused.returncode == 1
        assert f"the project {shared} belongs to another user (uid {self.OWNER})" in refused.stderr
        # None of its code has run.
        assert "hello" not in refused.stderr
        name, _, value = refused.stderr.rpartition("export ")[2].strip().partition("=")
        trusted = self.list(shared, self.READER, **{name: f"/elsewhere:{value}"})
        assert trusted.returncode == 0, trusted.stderr
        assert "hello from a module" in trusted.stderr

    def test_those_who_may(self, shared):
        self.own(shared, self.OWNER)
        assert self.list(shared, self.OWNER).returncode == 0
        assert self.list(shared, 0).returncode == 0
        self.own(shared, 0)
        assert self.list(shared, self.READER).returncode == 0

    @pytest.mark.parametrize("how", ["file", "folder", "link"])
    def test_part_of_it_is_another_s(self, shared, how):
        """This includes a link to the reader's own file, in a folder with another user's modules."""
        self.own(shared, self.READER)
        if how == "link":
            (shared / "alur.toml").rename(shared / "mine.toml")
            (shared / "alur.toml").symlink_to("mine.toml")
        path = shared if how == "folder" else shared / "alur.toml"
        os.chown(path, self.OWNER, self.OWNER, follow_symlinks=False)
        assert "belongs to another user" in self.list(shared, self.READER).stderr


class TestSchedules:
    SCHEDULED = PIPELINES.replace("import files, pipeline", "import files, pipeline, schedule")

    def project(self, root, scope):
        pipelines = self.SCHEDULED.replace(
            '@pipeline(sources={"raw": Raw}',
            f'@schedule(cron="rate(1 day)", scope="{scope}")\n@pipeline(sources={{"raw": Raw}}',
        )
        return example_of(root, CONTRACTS, pipelines)

    @pytest.mark.parametrize("command", ["list", "validate"])
    def test_a_pipeline_that_no_schedule_starts_is_named(self, tmp_path, command):
        done = alur(self.project(tmp_path, "self"), command)
        assert done.returncode == 0
        assert "  ! No schedule starts load\n" in done.stdout

    def test_deploy_names_it_before_anything_is_asked_of_aws(self, tmp_path):
        root = self.project(tmp_path, "self")
        done = alur(root, "deploy", AWS_ACCESS_KEY_ID="", AWS_CONFIG_FILE="/dev/null")
        assert (
            "  ✓ Project p: 2 pipelines, 1 schedule\n  ! No schedule starts load\n" in done.stdout
        )

    @pytest.mark.parametrize("command", ["list", "validate"])
    def test_nothing_is_said_where_all_start_or_none_has_a_schedule(self, tmp_path, command):
        scheduled = alur(self.project(tmp_path / "a", "upstream"), command)
        by_hand = alur(example_of(tmp_path / "b", CONTRACTS, PIPELINES), command)
        for done in (scheduled, by_hand):
            assert done.returncode == 0
            assert "No schedule starts" not in done.stdout


def test_a_source_that_no_pipeline_writes_is_one_problem(tmp_path):
    readers = "".join(
        f'@pipeline(sources={{"lost": Lost}}, target=T{n})\ndef p{n}(lost):\n    return lost\n'
        for n in range(6)
    )
    tables = "".join(f"class T{n}(SilverTable):\n    n: int\n" for n in range(6))
    root = example_of(
        tmp_path,
        f"from alur import SilverTable\nclass Lost(SilverTable):\n    n: int\n{tables}",
        f"from alur import pipeline\nfrom contracts import *\n{readers}",
    )
    done = alur(root, "list")
    assert done.returncode == 1
    assert done.stderr == (
        "[ERROR] pipelines/__init__.py:4: no pipeline writes Lost, which p0, p1, p2 and 3 more read\n"
        "  fix: write a pipeline with target=Lost\n"
    )


def test_verbose_lists_the_rules(tmp_path):
    root = example_of(
        tmp_path,
        "from pydantic import Field\n"
        "from alur import GoldTable, SilverTable\n"
        'class A(SilverTable, key="n", on_violation="warn"):\n    n: int = Field(ge=3)\n'
        "class B(GoldTable):\n    n: int\n",
        "",
    )
    plain, verbose = (alur(root, "list", *more) for more in ([], ["--verbose"]))
    assert "at least" not in plain.stdout
    assert (
        "      Rules (a row that breaks one is reported):\n"
        "        n must be at least 3\n"
        "        n must be unique\n"
    ) in verbose.stdout
    assert verbose.stdout.count("Rules") == 1
