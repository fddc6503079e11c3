"""Alur's wheel, built from the clone: installed as a tool, and in the environment of a new project."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from alur import __version__

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
pytestmark = pytest.mark.nightly

README = (ROOT / "README.md").read_text()
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
PIN = re.compile(r"^([\w.-]+==[^\s;]+)( ; [^\\]+)?", re.MULTILINE)
CONSTRAINTS = [
    (pin + (marker or "")).strip()
    for pin, marker in PIN.findall((ROOT / "constraints.txt").read_text())
]


def run(*command: str | Path, folder: Path, **variables: str) -> str:
    kept = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=kept | {"UV_PYTHON": sys.executable} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder: the wheel in ``dist``, the tool in ``bin``, the project of README's first steps in ``shop``."""
    folder = tmp_path_factory.mktemp("workplace")
    dist = folder / "dist"
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", dist, folder=ROOT)
    (wheel,) = dist.iterdir()
    constrained = ("--constraints", ROOT / "constraints.txt")
    run(
        *(BIN / "uv", "tool", "install", *constrained, f"{wheel}[all]"),
        folder=folder,
        UV_TOOL_DIR=str(folder / "tools"),
        UV_TOOL_BIN_DIR=str(folder / "bin"),
    )
    (block,) = (text for text in CONSOLE.findall(README) if "alur init" in text)
    steps = [line.removeprefix("$ ") for line in block.splitlines() if line != "$ alur dev"]
    path = f"{folder / 'bin'}:/usr/bin:/bin"
    shown = run("bash", "-ec", "\n".join(steps), folder=folder, PATH=path, PYTHONPATH="")
    assert "daily_sales: 20 of 20 rows" in shown
    return folder


@pytest.mark.parametrize("page", ["README.md", "docs/install.md"])
def test_the_install_commands_choose_the_wheel_built_last(page, tmp_path):
    (tmp_path / "dist").mkdir()
    for age, version in enumerate(["0.10.0", "0.9.0"]):
        wheel = tmp_path / "dist" / f"alur-{version}-py3-none-any.whl"
        wheel.touch()
        os.utime(wheel, (age * -60, age * -60))
    requirements = re.findall(r'install .*("\$.*")', (ROOT / page).read_text())
    assert len(requirements) == 2
    for requirement in requirements:
        shown = run("bash", "-c", f"echo {requirement}", folder=tmp_path)
        assert shown == "dist/alur-0.10.0-py3-none-any.whl[all]\n"


def test_the_wheel_has_its_licence_and_the_version(workplace):
    assert [path.name for path in (workplace / "dist").iterdir()] == [
        f"alur-{__version__}-py3-none-any.whl"
    ]
    (licence,) = (workplace / "tools").rglob(f"alur-{__version__}.dist-info/licenses/LICENSE")
    assert licence.read_bytes() == (ROOT / "LICENSE").read_bytes()
    shown = run(workplace / "bin" / "alur", "--version", folder=workplace)
    assert shown == f"alur, version {__version__}\n"


def test_a_new_project_names_the_wheel_that_made_it(workplace):
    (wheel,) = (workplace / "dist").iterdir()
    project = tomllib.loads((workplace / "shop" / "pyproject.toml").read_text())["project"]
    assert project["name"] == "shop"
    assert project["dependencies"] == [f"alur[all] @ {wheel.as_uri()}"]
    assert (
        f'pip install "alur[all] @ {wheel.as_uri()}"' in (workplace / "shop/README.md").read_text()
    )


def test_a_new_project_runs_in_its_own_environment(workplace):
    shop = workplace / "shop"
    with (shop / "pyproject.toml").open("a") as file:
        # The last table is uv's. Without this line, uv would install the newest libraries.
        file.write(f"constraint-dependencies = {CONSTRAINTS}\n")
    run(BIN / "uv", "sync", folder=shop)
    for command in (["alur", "run", "--all"], ["python", "-m", "pytest", "-q"]):
        run(BIN / "uv", "run", "--no-sync", *command, folder=shop, PYTHONPATH="")
    python = shop / ".venv" / "bin" / "python"
    home = run(python, "-c", "import alur; print(alur.__file__)", folder=shop, PYTHONPATH="")
    assert Path(home.strip()).is_relative_to(shop / ".venv")
