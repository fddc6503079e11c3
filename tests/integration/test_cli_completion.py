"""Shell completion: the words for a shell, without the project's code, an engine or a message."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import ALUR, alur, example_of

EXAMPLE = Path(__file__).parents[2] / "example_repo"
PIPELINES = ["clean_orders", "daily_sales_rollup", "find_customers", "load_orders"]
HEAVY = ("pyspark", "pyiceberg", "pyarrow", "dagster", "boto3", "contracts", "pipelines", "rich")
BASH = """
eval "$(_ALUR_COMPLETE=bash_source alur)"
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_alur_completion alur
printf '%s\\n' "${COMPREPLY[@]}"
"""
MODULES = """
import sys
from alur.cli.main import main
try:
    main()
except SystemExit:
    print(*(name for name in sys.argv[1].split(",") if name in sys.modules), file=sys.stderr)
"""


def in_bash(folder, *words):
    """Complete the last word as bash does when its user presses TAB."""
    done = subprocess.run(
        ["bash", "-c", BASH, "bash", "alur", *words],
        cwd=folder,
        env={"PATH": f"{ALUR.parent}:/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["ru"], ["run"]),
        (["run", ""], [*PIPELINES[:2], "find_customers", "load_orders", "monthly_cohorts"]),
        (["run", "load"], ["load_orders"]),
        (["run", "--env", ""], ["dev", "local", "prod", "sandbox"]),
        (["deploy", "--env", ""], ["dev", "prod", "sandbox"]),
        (["destroy", "--env", "p"], ["prod"]),
        (["logs", "--pipeline", "daily"], ["daily_sales_rollup"]),
        (["sandbox", "fire", "daily"], ["daily_sales_rollup"]),
        (["show", "o"], ["ordersbronze", "orderssilver"]),
        (["show", "gold."], ["gold.cohortrevenue", "gold.dailysalesmetrics"]),
        (["adopt", "ordersbronze", "coh"], ["cohortrevenue"]),
        (["show", "no_such"], []),
    ],
    ids=" ".join,
)
def test_bash_offers(words, offered):
    assert sorted(in_bash(EXAMPLE, *words)) == sorted(offered)


def test_an_unknown_command_is_passed_over():
    assert "run" in in_bash(EXAMPLE, "no_such", "")


def test_two_layers_with_a_table_of_one_name(tmp_path):
    classes = "class A(SilverTable, name='t'):\n n: int\nclass B(GoldTable, name='t'):\n n: int\n"
    root = example_of(tmp_path, f"from alur import GoldTable, SilverTable\n{classes}")
    assert sorted(in_bash(root, "show", "")) == ["gold.t", "silver.t"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells(shell, tmp_path):
    script = alur(EXAMPLE, _ALUR_COMPLETE=f"{shell}_source")
    assert (script.returncode, script.stderr) == (0, "")
    assert f"_ALUR_COMPLETE={shell}_complete" in script.stdout
    last = {"COMP_WORDS": "alur run load", "COMP_CWORD": "2" if shell == "zsh" else "load"}
    done = alur(EXAMPLE, _ALUR_COMPLETE=f"{shell}_complete", **last)
    assert (done.returncode, done.stderr) == (0, "")
    assert "load_orders" in done.stdout


@pytest.mark.parametrize("words", ["alur ", "alur run ", "alur show ", "alur deploy --env "])
def test_imports_nothing_of_the_project_and_no_engine(words):
    done = subprocess.run(
        [sys.executable, "-c", MODULES, ",".join(HEAVY)],
        cwd=EXAMPLE,
        env={
            "_ALUR_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(done.stdout.splitlines()) > 2
    assert done.stderr == "\n"


BROKEN = {
    "no project": {},
    "settings": {"alur.toml": "[project\n"},
    "environments": {"alur.toml": '[project]\nname = "p"\n[env.dev]\nno_such_key = 1\n'},
    "syntax": {"alur.toml": '[project]\nname = "p"\n', "pipelines.py": "def broken(:\n"},
    "bytes": {"alur.toml": '[project]\nname = "p"\n', "pipelines.py": "\0"},
    "no modules": {"alur.toml": '[project]\nname = "p"\nmodules = ["gone"]\n'},
}


@pytest.mark.parametrize("files", BROKEN.values(), ids=BROKEN)
def test_a_broken_project_offers_nothing_in_silence(tmp_path, files):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert in_bash(tmp_path, "run", "") == []
    assert in_bash(tmp_path, "show", "") == []
    if "pipelines.py" not in files and "no modules" not in files.get("alur.toml", ""):
        assert in_bash(tmp_path, "run", "--env", "d") == []
