"""`alur validate` refuses whatever deploy would refuse, as far as possible without a package index."""

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from alur.packaging.offline import predict_packaging
from tests.packages import CACHE

ALUR = Path(sys.executable).with_name("alur")
RICH = [f"{name}=={version(name)}" for name in ("rich", "markdown-it-py", "mdurl", "pygments")]


@pytest.fixture
def shop(packaged, monkeypatch):
    """Return a project that was never built, on a machine without a network."""
    shutil.rmtree(packaged.project.root / CACHE)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    return packaged


def validated(shop, environment="sandbox"):
    done = subprocess.run(
        [ALUR, "validate", "--env", environment],
        cwd=shop.project.root,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    part = done.stdout.partition("[5/5] Testing Terraform generation...\n")[2]
    return done.returncode, [line.strip() for line in part.splitlines() if line]


def problems(shop):
    return [problem.message for problem in predict_packaging(shop.project.load()).problems]


def test_what_holds_and_what_may_not_is_said_in_lines_of_its_own(shop):
    shop.use("def plot():", "    import gone")
    assert validated(shop) == (
        0,
        [
            "✓ Terraform generation successful",
            "✓ 3 files can be packaged for jobs",
            "! pipelines.py:2: this imports 'gone', which jobs do not have",
            "[OK] Validation passed!",
        ],
    )
    assert validated(shop, "local")[1][0] == "- This machine needs no Terraform"


def test_every_problem_is_listed_with_place_and_remedy(shop):
    shop.require("shapes>=2", "lines")
    code, lines = validated(shop)
    assert code == 1
    assert lines[1:4:2] == [
        "✗ requirements.txt:1: shapes is not pinned to one version",
        "✗ requirements.txt:2: lines is not pinned to one version",
    ]
    assert lines[-1] == "[ERROR] 2 problems found"
    assert sum(line.startswith("fix: write name==version") for line in lines) == 2


def test_what_the_list_lacks(shop):
    shop.require(RICH[0])
    assert problems(shop) == [
        f"rich {version('rich')} needs markdown-it-py>=2.2.0, which is not in the list",
        f"rich {version('rich')} needs pygments<3.0.0,>=2.13.0, which is not in the list",
    ]


def test_a_library_that_is_in_the_list_can_be_imported(shop):
    shop.use("import rich", "from markdown_it import MarkdownIt")
    assert problems(shop) == [
        "jobs do not have the module 'rich'",
        "jobs do not have the module 'markdown_it'",
    ]
    shop.require(*RICH)
    assert problems(shop) == []


def test_a_library_that_was_never_here_is_seen_at_deploy(shop):
    shop.require("geo==1.2.0")
    shop.use("def measure():", "    import geo")
    assert validated(shop) == (
        0,
        [
            "✓ Terraform generation successful",
            "✓ 3 files can be packaged for jobs",
            "- What these need is checked when deploy downloads them: geo==1.2.0",
            "[OK] Validation passed!",
        ],
    )


def test_another_version_than_alur_brings(shop):
    shop.require("pydantic==2.10.0")
    (message,) = problems(shop)
    assert "brings to jobs: pydantic==" in message


def test_a_list_that_is_not_there(shop):
    shop.require()
    (shop.project.root / "requirements.txt").unlink()
    (message,) = problems(shop)
    assert "requirements.txt cannot be read" in message


def test_a_module_of_this_machine_and_a_secret(shop, laptop):
    (laptop / "gone.py").write_text("")
    shop.use("import gone")
    assert problems(shop) == ["jobs do not have the module 'gone'"]
    shop.project.write({"lib_of_shop/__init__.py": "", "lib_of_shop/id_rsa": "x"})
    shop.use("import lib_of_shop")
    (message,) = problems(shop)
    assert "lib_of_shop/id_rsa" in message


def test_wheels_that_were_downloaded_are_read(packaged, index):
    index.add("geo", "1.2.0", "shapes>=2")
    index.add("shapes", "2.1")
    packaged.require("geo==1.2.0", "shapes==2.1")
    packaged.use("def measure():", "    import geo, shapes, lines")
    artifact = packaged.build()
    forecast = predict_packaging(packaged.project.load())
    assert (forecast.problems, forecast.unread) == ([], [])
    assert tuple(forecast.notices) == artifact.notices
    assert artifact.notices == ("pipelines.py:2: this imports 'lines', which jobs do not have",)
