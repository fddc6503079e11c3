"""Dagster's programs load a project: from which folder, at which cost, and with which message on failure."""

import os
import subprocess
import sys

from tests.tiny_project import TinyProject

CONTRACTS = "class Raw(BronzeTable):\n    n: int\n"
PIPELINES = """
@pipeline(sources={"rows": files("in/*.csv", schema=Raw)}, target=Raw)
def load(rows):
    return rows
"""
SHOW = "from alur_dagster.definitions import defs; print(len(list(defs.resolve_all_asset_specs())))"


def python(code, cwd, **environment):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_from_the_working_directory(project: TinyProject):
    project.declare(CONTRACTS, PIPELINES)
    assert python(SHOW, project.root).stdout == "2\n"


def test_from_the_folder_that_alur_project_names(project: TinyProject, tmp_path):
    project.declare(CONTRACTS, PIPELINES)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert python(SHOW, elsewhere, ALUR_PROJECT=str(project.root)).stdout == "2\n"


def test_what_only_a_run_needs_is_not_imported(project: TinyProject):
    project.declare(CONTRACTS, PIPELINES)
    heavy = "import sys; print([m for m in ('pyiceberg', 'pyarrow', 'pysail') if m in sys.modules])"
    assert python(f"{SHOW}; {heavy}", project.root).stdout == "2\n[]\n"


def test_the_place_of_the_instance_is_known_without_dagster(project: TinyProject):
    project.write({})
    code = (
        "import sys; from pathlib import Path; from alur_dagster.instance import prepare_home;"
        "print(prepare_home(Path('.')).relative_to(Path.cwd()), 'dagster' in sys.modules)"
    )
    found = python(code, project.root, DAGSTER_HOME="")
    assert found.stdout == ".alur/dagster False\n"


def test_a_project_that_cannot_be_loaded_says_why_to_dagster(project: TinyProject):
    project.declare("class Raw(BronzeTable):\n    n: complex\n", PIPELINES)
    # `dagster dev` asks a code server for this, and shows it in the web UI.
    command = [sys.executable, "-m", "dagster", "definitions", "validate"]
    done = subprocess.run(
        [*command, "-m", "alur_dagster.definitions"],
        cwd=project.root,
        env=os.environ | {"DAGSTER_DISABLE_TELEMETRY": "yes"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    output = done.stdout + done.stderr
    _, line = project.line_of("contracts.py", "n: complex")
    assert f"contracts.py:{line}: Raw.n: no column type for complex" in output, output
    assert "fix: " in output


def test_only_a_code_server_records_runs_of_the_command_line(project: TinyProject, tmp_path):
    project.declare(CONTRACTS, PIPELINES)
    count = "sum(t.name == 'alur-recording' for t in threading.enumerate())"
    show = f"{SHOW}; import threading; print({count})"
    load = (
        "from dagster._core.definitions import definitions_load_context as load;"
        "load.DefinitionsLoadContext.set(load.DefinitionsLoadContext(load.DefinitionsLoadType.{}));"
    )
    for kind, home, threads in [
        (load.format("INITIALIZATION"), str(tmp_path), 1),
        (load.format("INITIALIZATION"), "", 0),
        (load.format("RECONSTRUCTION"), str(tmp_path), 0),
        ("", str(tmp_path), 0),
    ]:
        found = python(kind + show, project.root, DAGSTER_HOME=home)
        assert found.stdout == f"2\n{threads}\n", (kind, home, found.stderr)
