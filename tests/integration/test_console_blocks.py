"""The terminals in the documentation show the program's real output, page by page."""

from __future__ import annotations

import re
import shutil
import textwrap

import pytest

from tests import console_blocks
from tests.command import ALUR
from tests.console_blocks import ROOT, Step, Terminal
from tests.dagster_server import serving
from tests.terraform import OVERRIDE, needs_provider

SHOWN_ELSEWHERE = {
    # Jobs do not run in the account of this page's test; test_aws_runs types these commands where jobs end.
    "docs/how-to/deploy.md": (
        "alur run daily_sales --env prod",
        "alur logs --env prod --tail",
    ),
    "docs/how-to/sandbox.md": (
        "alur sandbox verify",
        "alur sandbox verify --engine spark",
    ),
}
"""Commands of a page which other tests type."""

REACHES_OUT = re.compile(r"(uv|git|pip|python[\d.]* -m pip)\b")
"""Programs that fetch something or change the machine; they are not typed here."""

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def follow(name, terminal, each_block_in=None):
    """Type all commands of a page; blocks continue from each other, or each begins in one folder."""
    for block in console_blocks.blocks(console_blocks.page(name)):
        if each_block_in:
            terminal.folder = each_block_in
        if block.file:
            (terminal.folder / block.file.path).write_text(block.file.text)
        for step in block.steps:
            if is_server(step):
                serve(step, terminal)
            elif not typed_elsewhere(name, step):
                terminal.type(step)


def typed_elsewhere(name, step):
    return step.command in SHOWN_ELSEWHERE.get(name, ()) or REACHES_OUT.match(step.command)


def is_server(step):
    return re.search(r"\b(alur|dagster) dev\b", step.command)


def serve(step, terminal):
    """Start a web UI and wait until it answers; its first lines must be those of the page."""
    log = terminal.folder / "served.log"
    command = ["bash", "-c", f'exec {step.command} "$@"', "bash"]
    with serving(command, terminal.folder, log, terminal.environment):
        pass
    if step.output:
        shown = Step(step.command, (*step.output, "..."))
        assert not (difference := shown.difference(log.read_text())), difference


@pytest.fixture
def example(tmp_path):
    """Return a copy of the example."""
    folder = tmp_path / "example_repo"
    ignored = shutil.ignore_patterns(".alur", "__pycache__")
    shutil.copytree(ROOT / "example_repo", folder, ignore=ignored)
    return folder


@needs_provider
def test_tutorial(tmp_path):
    follow("docs/tutorial.md", Terminal(tmp_path))


def test_command_line(example):
    follow("docs/reference/command-line.md", Terminal(example))


def test_trace_columns(example):
    follow("docs/how-to/trace-columns.md", Terminal(example))


def test_plan_a_change(tmp_path):
    terminal = Terminal(tmp_path)
    terminal.type(Step("alur init shop"))
    terminal.type(Step("cd shop"))
    terminal.type(Step("alur run --all"))
    follow("docs/how-to/plan-a-change.md", terminal)


def test_exchange_contracts(example):
    follow("docs/how-to/exchange-contracts.md", Terminal(example))


def test_test_pipelines(tmp_path):
    terminal = Terminal(tmp_path)
    terminal.type(Step("alur init shop"))
    terminal.type(Step("cd shop"))
    follow("docs/how-to/test-pipelines.md", terminal)


def test_compare_tables(tmp_path):
    terminal = Terminal(tmp_path)
    terminal.type(Step("alur init shop"))
    terminal.type(Step("cd shop"))
    follow("docs/how-to/compare-tables.md", terminal)


def test_process_only_what_changed(tmp_path):
    terminal = Terminal(tmp_path)
    terminal.type(Step("alur init shop"))
    terminal.type(Step("cd shop"))
    follow("docs/how-to/process-changes.md", terminal)


def test_try_a_change(tmp_path):
    terminal = Terminal(tmp_path)
    terminal.type(Step("alur init shop"))
    terminal.type(Step("cd shop"))
    follow("docs/how-to/try-a-change.md", terminal)


def test_dagster(example):
    terminal = Terminal(example)
    follow("docs/how-to/dagster.md", terminal)
    terminal.type(Step("python -c 'import definitions'"))


def test_readme(clone):
    terminal = Terminal(clone / "example_repo")
    terminal.type(Step("alur run --all --env local"))
    follow("README.md", terminal, each_block_in=clone)


@pytest.fixture
def clone(tmp_path, example):
    """Return a folder with the parts of a clone that the README uses."""
    for name in ("workspace.yaml", ".env"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("alur", "dagster"):
        (tmp_path / ".venv" / "bin" / name).symlink_to(ALUR.with_name(name))
    return tmp_path


def test_document_a_project(example):
    follow("docs/how-to/document-a-project.md", Terminal(example))


@needs_provider
def test_sandbox(example):
    terminal = Terminal(example)
    try:
        follow("docs/how-to/sandbox.md", terminal)
    finally:
        terminal.type(Step("alur sandbox down"))


@needs_provider
def test_deploy(moto, tmp_path):
    terminal = Terminal(tmp_path)
    terminal.type(Step("alur init shop"))
    terminal.type(Step("cd shop"))
    settings = terminal.folder / "alur.toml"
    kept = settings.read_text().partition("[env.prod]")[0]
    settings.write_text(kept + environment_of_the_page())
    override = terminal.folder / ".alur" / "terraform" / "prod" / "test_override.tf"
    override.parent.mkdir(parents=True)
    override.write_text(OVERRIDE)
    follow("docs/how-to/deploy.md", terminal)


def environment_of_the_page():
    """Return an environment's table in deploy.md without the state bucket: the emulated AWS has no host name for it."""
    page = (ROOT / "docs" / "how-to" / "deploy.md").read_text()
    table = textwrap.dedent(
        re.search(r"^ *```toml\n( *\[env\.prod\].*?)^ *```", page, re.M | re.S)[1]
    )
    return re.sub(r"^state_bucket.*\n", "", table, flags=re.M)


def test_every_page_with_a_terminal_is_typed():
    source = (ROOT / "tests" / "integration" / "test_console_blocks.py").read_text()
    typed = set(re.findall(r'follow\("([^"]+)"', source))
    shown = set()
    for path in PAGES:
        name = path.relative_to(ROOT).as_posix()
        steps = [step for block in console_blocks.blocks(path) for step in block.steps]
        if not all(typed_elsewhere(name, step) for step in steps):
            shown.add(name)
    assert typed == shown


def test_terminals_have_no_other_kind_of_block():
    other = {"bash", "sh", "shell", "zsh"}
    assert [path for path in PAGES if other & console_blocks.kinds(path)] == []


def test_a_difference_is_found():
    step = Step("alur x", ("[1/2] Loading...", "...", "[OK] 3 rows (1.0 s)"))
    assert step.difference("[1/2] Loading...\n[2/2] More\n[OK] 3 rows (2.5 s)\n") == ""
    assert "+[OK] 4 rows" in step.difference("[1/2] Loading...\n[OK] 4 rows (1.0 s)\n")
    assert step.difference("[OK] 3 rows (1.0 s)\n")
