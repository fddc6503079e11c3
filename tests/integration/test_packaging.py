"""The wheel that users install: complete, and without heavy dependencies of its own."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Return the wheel built from the source distribution, as an index would serve it."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run([*build, "-t", "sdist"], cwd=ROOT, check=True, capture_output=True)
    (sdist,) = folder.glob("*.tar.gz")
    subprocess.run(["tar", "xzf", sdist, "-C", folder], check=True)
    source = folder / sdist.name.removesuffix(".tar.gz")
    subprocess.run([*build, "-t", "wheel"], cwd=source, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_init_works_from_the_wheel(wheel, tmp_path):
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    environment = os.environ | {"PYTHONPATH": str(installed)}
    script = "import alur; from alur.cli.main import main; print(alur.__file__); main()"
    result = subprocess.run(
        [sys.executable, "-c", script, "init", "shop"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(installed) in result.stdout
    assert (tmp_path / "shop" / ".gitignore").is_file()
    assert (tmp_path / "shop" / "landing" / "orders" / "orders-2024-01.csv").is_file()


def test_the_wheel_holds_both_packages_and_no_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {"alur/py.typed", "alur_dagster/__init__.py"} <= set(names)
    assert not [
        name for name in names if name.startswith(("tests/", "benchmarks/", "example_repo/"))
    ]


RENDER = """
import sys
from pathlib import Path
import alur
from alur.deployment.planning import plan
from alur.deployment.resources import Code
from alur.project.project import Project
from alur.terraform.rendering import render, templates_folder
project = Project.load(Path(sys.argv[1]))
code = Code("0123456789abcdef.gluewheels.zip", "0123456789ab")
deployment = plan(project, project.environment("prod")).with_code(code)
for name, text in render(deployment, "").items():
    Path(name).write_text(text)
print(templates_folder())
"""


def test_the_wheel_brings_the_templates(wheel, tmp_path):
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    done = subprocess.run(
        [sys.executable, "-c", RENDER, str(ROOT / "example_repo")],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(installed / "alur" / "terraform_templates")
    golden = {path.name: path.read_text() for path in (ROOT / "tests" / "golden").glob("*.tf")}
    assert {path.name: path.read_text() for path in tmp_path.glob("*.tf")} == golden


def test_alur_alone_stays_light():
    """In Glue, Alur alone brings no engine, no Dagster and no AWS client."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {dependency.split(">")[0] for dependency in project["dependencies"]}
    assert names == {
        "annotated-types",
        "click",
        "pydantic",
        "pydantic-core",
        "pydantic-settings",
        "rich",
    }
