"""The artifact: the same bytes from the same sources, at any place and time, and complete without a network."""

import hashlib
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.utils import parse_wheel_filename
from wheel.wheelfile import WheelFile

from alur.packaging.alur_wheel import alur_pins
from alur.packaging.requirements import read_pins
from tests.packages import CACHE, project_files

ROOT = Path(__file__).parents[2]

BUILD = """
import os, sys
from pathlib import Path
os.umask(int(sys.argv[2], 8))
from alur import Project
from alur.packaging import build
print(build(Project.load(Path(sys.argv[1])), Path(sys.argv[1], "out")).path)
"""

LOAD = """
import importlib.util
from alur.runtime.job.driver import project_folder
import alur.runtime.run
assert not any(map(importlib.util.find_spec, ("click", "rich", "pygments")))
from alur import Project
import alur
project = Project.load(project_folder())
print(Path(alur.__file__).parent)
for made in project.pipelines:
    print(made.name)
""".replace("from alur.runtime", "from pathlib import Path\nfrom alur.runtime", 1)


@pytest.fixture
def example(tmp_path, library_cache):
    """Return a copy of the example project, with its libraries downloaded before."""
    return copy_of_example(tmp_path / "example", library_cache)


def copy_of_example(folder: Path, library_cache: Path) -> Path:
    shutil.copytree(
        ROOT / "example_repo", folder, ignore=shutil.ignore_patterns(".alur", "__pycache__")
    )
    shutil.copytree(library_cache, folder / CACHE)
    return folder


def start(project: Path, umask: str = "022", **variables: str) -> subprocess.Popen[str]:
    """Build a project in a separate process, with folders as its only package index."""
    return subprocess.Popen(
        [sys.executable, "-c", BUILD, project, umask],
        env=os.environ | {"PIP_NO_INDEX": "1", "PYTHONDONTWRITEBYTECODE": "1"} | variables,
        cwd=project.parent,
        stdout=subprocess.PIPE,
        text=True,
    )


def built(project: Path, umask: str = "022", **variables: str) -> Path:
    """Return the artifact of a project."""
    return finished(start(project, umask, **variables))


def finished(process: subprocess.Popen[str]) -> Path:
    output, _ = process.communicate()
    assert process.returncode == 0
    return Path(output.strip())


def test_the_same_sources_give_the_same_bytes(example, library_cache, tmp_path):
    first = built(example)
    second = copy_of_example(tmp_path / "elsewhere" / "copy", library_cache)
    for path in second.rglob("*"):
        os.utime(path, (1, random.randrange(2**31)))
    (second / "pipelines" / "__pycache__").mkdir()
    (second / "pipelines" / "__pycache__" / "clean.cpython-311.pyc").write_bytes(b"")
    (second / "pipelines" / "clean.py").chmod(0o700)
    other = built(
        second,
        umask="077",
        LC_ALL="C",
        TZ="Asia/Kuala_Lumpur",
        PYTHONHASHSEED="7",
        SOURCE_DATE_EPOCH="1700000000",
        PYTHONUTF8="0",
    )
    assert other.name == first.name
    assert other.read_bytes() == first.read_bytes()


def test_it_is_named_by_its_content(example):
    path = built(example)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.name == f"{digest[:16]}.gluewheels.zip"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_only_the_latest_are_kept(example):
    (example / "out").mkdir()
    for n in range(7):
        old = example / "out" / f"{n}.gluewheels.zip"
        old.touch()
        os.utime(old, (n, n))
    of_killed, of_running = (example / "out" / f".{name}.part" for name in ("killed", "running"))
    of_running.touch()
    of_killed.touch()
    os.utime(of_killed, (0, 0))
    path = built(example)
    kept = {file.name for file in path.parent.iterdir()}
    latest = {path.name, *(f"{n}.gluewheels.zip" for n in range(3, 7))}
    assert kept == {*latest, of_running.name}


def test_a_changed_function_changes_the_projects_wheel_alone(example):
    before = built(example)
    source = example / "pipelines" / "clean.py"
    source.write_text(source.read_text() + "\n# another line\n")
    after = built(example)
    assert after.name != before.name
    with ZipFile(before) as old, ZipFile(after) as new:
        changed = {entry.filename: entry.CRC for entry in old.infolist()}.items() ^ {
            entry.filename: entry.CRC for entry in new.infolist()
        }.items()
    names = {name for name, _ in changed if "alur_project" not in name}
    assert names == {"wheels/requirements.txt"}
    assert project_files(after)["alur_project/pipelines/clean.py"].endswith(b"# another line\n")


def test_an_installed_alur_is_packaged_like_one_in_a_checkout(example, tmp_path):
    """The checkout's sources must not change between the two builds."""
    in_checkout = built(example)
    dist = tmp_path / "dist"
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", dist],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = dist.glob("*.whl")
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    installed = built(example, PYTHONPATH=str(tmp_path / "installed"))
    assert installed.read_bytes() == in_checkout.read_bytes()


def test_every_wheel_is_sound(example, tmp_path):
    """PyPI's wheel library compares each file it reads with the wheel's own record."""
    with ZipFile(built(example)) as archive:
        archive.extractall(tmp_path)
    for path in (tmp_path / "wheels").glob("*.whl"):
        with WheelFile(path) as wheel:
            for name in wheel.namelist():
                if not name.endswith("/") and "RECORD" not in name:
                    wheel.read(name)
    with ZipFile(next((tmp_path / "wheels").glob("alur-*.whl"))) as alur:
        names = alur.namelist()
    assert "alur/runtime/job/driver.py" in names
    assert not [n for n in names if n.startswith("alur_dagster") or "__pycache__" in n or "/." in n]


def test_no_terminal_travels_with_it(example):
    """A job does not need click and rich, which would bring another Pygments than Glue's."""
    with ZipFile(built(example)) as archive:
        wheels = [name for name in archive.namelist() if name.endswith(".whl")]
        (own,) = (name for name in wheels if name.startswith("wheels/alur-0"))
        with archive.open(own) as file, ZipFile(file) as wheel:
            modules = wheel.namelist()
            (metadata,) = (name for name in modules if name.endswith("/METADATA"))
            needed = wheel.read(metadata).decode()
    assert sorted(parse_wheel_filename(name.removeprefix("wheels/"))[0] for name in wheels) == [
        "alur",
        "alur-project",
        "annotated-types",
        "pydantic",
        "pydantic-core",
        "pydantic-settings",
        "python-dotenv",
        "typing-extensions",
        "typing-inspection",
    ]
    requires = [line.split()[1] for line in needed.splitlines() if line.startswith("Requires-D")]
    assert {name.split("<")[0].split(">")[0] for name in requires} == {
        "annotated-types",
        "pydantic",
        "pydantic-core",
        "pydantic-settings",
    }
    assert not [name for name in modules if name.startswith(("alur/cli/", "alur/__main__"))]


def test_a_job_installs_it_without_an_index_and_loads_the_project(example, tmp_path):
    with ZipFile(built(example)) as archive:
        archive.extractall(tmp_path / "unpacked")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "glue"], check=True)
    python = tmp_path / "glue" / "bin" / "python"
    give_pyspark(tmp_path / "glue")
    environment = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull}
    install = [
        "install",
        "-q",
        "--no-index",
        "--find-links",
        "wheels",
        "-r",
        "wheels/requirements.txt",
    ]
    for arguments in (install, ["check"]):
        subprocess.run(
            [python, "-m", "pip", *arguments],
            cwd=tmp_path / "unpacked",
            env=environment,
            check=True,
        )
    done = subprocess.run(
        [python, "-c", LOAD], cwd=tmp_path, env={}, capture_output=True, text=True, check=True
    )
    home, *pipelines = done.stdout.split()
    assert Path(home).is_relative_to(tmp_path / "glue")
    assert "daily_sales_rollup" in pipelines
    assert len(pipelines) == 5


def give_pyspark(environment: Path) -> None:
    """Let an environment import the libraries of Glue's engine, and no others of this one."""
    import numpy
    import py4j
    import pyarrow
    import pyspark

    engine = environment / "engine"
    engine.mkdir()
    for module in (numpy, py4j, pyarrow, pyspark):
        folder = Path(module.__file__).parent
        (engine / module.__name__).symlink_to(folder)
        libraries = folder.with_name(f"{module.__name__}.libs")
        if libraries.is_dir():
            (engine / libraries.name).symlink_to(libraries)
    site = environment / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    (site / "engine.pth").write_text(str(engine))


def test_a_build_that_is_killed_leaves_no_half_artifact(example):
    whole = built(example)
    begun = time.monotonic()
    whole.unlink()
    built(example)
    usual = time.monotonic() - begun
    for moment in range(1, 9):
        shutil.rmtree(example / "out")
        process = start(example)
        time.sleep(usual * (0.6 + moment * 0.05))
        process.kill()
        process.communicate()
        (example / "out").mkdir(exist_ok=True)
        for path in (example / "out").glob("*.zip"):
            assert path.name == whole.name
            assert hashlib.sha256(path.read_bytes()).hexdigest().startswith(path.name[:16])
    assert built(example).name == whole.name


def test_a_download_that_is_killed_is_begun_anew(example, library_cache):
    shutil.rmtree(example / CACHE)
    (wheels,) = (path.parent for path in library_cache.rglob("pydantic-*.whl"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        index = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        process = start(example, PIP_NO_INDEX="0", PIP_INDEX_URL=index, PIP_RETRIES="0")
        asked, _ = silent.accept()
        with asked:
            process.kill()
            process.communicate()
    assert not list((example / CACHE).glob("[!.]*"))
    assert built(example, PIP_FIND_LINKS=str(wheels)).is_file()


def test_two_builds_at_once(example, library_cache):
    shutil.rmtree(example / CACHE)
    (wheels,) = (path.parent for path in library_cache.rglob("pydantic-*.whl"))
    builds = [start(example, PIP_FIND_LINKS=str(wheels)) for _ in range(2)]
    assert len({finished(build) for build in builds}) == 1


def test_jobs_get_the_libraries_that_alur_is_tested_with():
    """If not, run make lock."""
    tested = read_pins(ROOT / "constraints.txt")
    for name, pin in alur_pins().items():
        assert pin.version == tested[name].version
        assert pin.hashes
