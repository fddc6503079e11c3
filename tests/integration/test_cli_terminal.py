"""Output on a terminal: colours only if requested, whole lines, and no control sequences from data."""

import csv
import io
import json
import subprocess

import pytest

from tests.command import ALUR, alur, example_of, in_terminal

ODD = [
    "[a]",
    "[/b]",
    "[red]x[/red]",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "a\rb",
    "a\r\nb",
    "a\nb",
    "a\tb",
    '"',
    "a,b",
    " a ",
    "\x00",
    "\x9b2J",
    "\u202eright to left",
    "日本",
    "",
    "NULL",
    "\\x1b",
]
CONTRACTS = """
from pydantic import BaseModel
from alur import GoldTable, SilverTable
class Raw(SilverTable):
    n: int
class Place(BaseModel):
    city: str
    at: float | None
class Odd(GoldTable, key="n"):
    n: int
    cell: str | None
class Nested(GoldTable, key="n"):
    n: int
    tags: list[str]
    scores: dict[str, int]
    place: Place
"""
PIPELINES = f"""
from pyspark.sql import functions as F
from alur import files, pipeline
from contracts import Nested, Odd, Raw
ODD = {ODD!r}
@pipeline(sources={{"raw": files("*.csv", schema=Raw)}}, target=Raw)
def load(raw):
    return raw
@pipeline(sources={{"raw": Raw}}, target=Odd)
def odd(raw):
    rows = [(n, text) for n, text in enumerate(ODD)]
    return raw.sparkSession.createDataFrame(rows, "n long, cell string")
@pipeline(sources={{"raw": Raw}}, target=Nested)
def nested(raw):
    return raw.select(
        "n",
        F.array(F.lit("a"), F.lit("\\x1b[1m")).alias("tags"),
        F.create_map(F.lit("x"), F.lit(1)).alias("scores"),
        F.struct(F.lit("Bonn").alias("city"), F.lit(None).cast("double").alias("at")).alias("place"),
    )
"""


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """Return a project with control sequences in its tables, and its run in a narrow terminal."""
    root = example_of(
        tmp_path_factory.mktemp("odd"),
        CONTRACTS,
        PIPELINES,
        **{"landing/a.csv": "n,\x1b[2Jmore\n1,x\n"},
    )
    return root, in_terminal(root, "run", "--all", "--env", "local", columns=24)


def visible(text):
    """Return the visible form of a value, by Python's own repr."""
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return shown.rstrip()


def in_words(lines):
    """Return lines joined to one, however a terminal breaks them."""
    return " ".join(" ".join(lines).split())


def turns(sent):
    """Return whether a spinner was shown; the frame depends on the moment."""
    return not set("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏").isdisjoint(sent)


class TestShow:
    def test_values_are_shown_as_they_are(self, odd):
        root, _ = odd
        shown = alur(root, "show", "odd")
        assert (shown.returncode, shown.stderr) == (0, "")
        header, rule, *rows = shown.stdout.split("\n")[: len(ODD) + 2]
        assert header.split() == ["n", "cell"]
        assert [row[len(rule.split()[0]) + 2 :] for row in rows] == [visible(text) for text in ODD]

    @pytest.mark.parametrize("columns", [200, 10])
    def test_so_they_are_in_a_terminal(self, odd, columns):
        root, _ = odd
        shown = in_terminal(root, "show", "odd", "--limit", "7", columns=columns)
        assert shown.returncode == 0
        assert "\x1b" not in shown.raw
        for text in ODD[:7]:
            assert visible(text) in shown.raw

    def test_csv_reads_back_exactly(self, odd):
        root, _ = odd
        done = subprocess.run(
            [ALUR, "show", "odd", "--csv"], cwd=root, capture_output=True, check=True
        )
        rows = list(csv.reader(io.StringIO(done.stdout.decode("utf-8"), newline="")))
        assert rows == [["n", "cell"], *([str(n), text] for n, text in enumerate(ODD))]

    def test_csv_is_utf_8_whatever_the_terminal_speaks(self, odd):
        root, _ = odd
        done = subprocess.run(
            [ALUR, "show", "odd", "--csv"],
            cwd=root,
            capture_output=True,
            check=True,
            env={"PYTHONIOENCODING": "latin-1", "HOME": str(root)},
        )
        assert "日本" in done.stdout.decode("utf-8")

    def test_csv_commands_no_terminal(self, odd):
        root, _ = odd
        assert "\x1b" not in in_terminal(root, "show", "odd", "--csv").raw

    def test_nested_values_are_json(self, odd):
        root, _ = odd
        done = alur(root, "show", "nested", "--csv")
        (row,) = csv.DictReader(io.StringIO(done.stdout, newline=""))
        assert json.loads(row["tags"]) == ["a", "\x1b[1m"]
        assert json.loads(row["scores"]) == {"x": 1}
        assert json.loads(row["place"]) == {"city": "Bonn", "at": None}

    def test_a_table_that_is_too_wide_has_a_line_for_each_value(self, odd):
        root, _ = odd
        narrow = in_terminal(root, "show", "nested", columns=40)
        assert narrow.screen[:5] == [
            "── 1 ".ljust(40, "─"),
            "n       1",
            'tags    ["a", "\\u001b[1m"]',
            'scores  {"x": 1}',
            'place   {"city": "Bonn", "at": null}',
        ]
        assert narrow.screen[6] == "gold.nested: 1 of 1 row"
        wide = in_terminal(root, "show", "nested", columns=200)
        assert wide.screen[0].split() == ["n", "tags", "scores", "place"]


class TestRun:
    def test_names_from_files_command_no_terminal(self, odd):
        _, ran = odd
        assert ran.returncode == 0
        assert "\x1b[2J" not in ran.raw
        assert "\\x1b[2Jmore" in in_words(ran.screen)

    def test_messages_of_exceptions_command_no_terminal(self, tmp_path):
        root = example_of(
            tmp_path,
            CONTRACTS,
            PIPELINES.replace(
                "    return raw\n", "    raise ValueError('\\x1b]0;owned\\x07')\n", 1
            ),
            **{"landing/a.csv": "n\n1\n"},
        )
        for arguments in (["run", "load"], ["--debug", "run", "load"]):
            ran = in_terminal(root, *arguments, "--env", "local")
            assert ran.returncode == 1
            assert "\x1b]" not in ran.raw
            assert "\x07" not in ran.raw
            assert "\\x1b]0;owned\\x07" in ran.raw

    def test_the_spinner_takes_no_line_along(self, odd):
        """All printed lines stay, however the terminal breaks them, and no part of the spinner does."""
        _, ran = odd
        assert turns(ran.raw)
        assert "\x1b[32m" in ran.raw
        text = in_words(ran.screen)
        for name, target in (
            ("load", "silver.raw"),
            ("odd", "gold.odd"),
            ("nested", "gold.nested"),
        ):
            assert f"✓ {name} → {target}" in text
        assert text.count("seconds read") == 3
        assert text.count("; the table has ") == 3
        assert "reading" not in text
        assert not turns(text)


class TestColours:
    @pytest.mark.parametrize(
        ("variables", "coloured"),
        [
            ({}, True),
            ({"NO_COLOR": ""}, True),
            ({"NO_COLOR": "1"}, False),
            ({"CLICOLOR": "0"}, False),
            ({"CLICOLOR": "1"}, True),
            ({"TERM": "dumb"}, False),
        ],
    )
    def test_they_are_there_where_they_are_wanted(self, odd, variables, coloured):
        root, _ = odd
        shown = in_terminal(root, "validate", **variables)
        assert shown.returncode == 0
        assert ("\x1b[32m" in shown.raw) is coloured
        assert ("\x1b" in shown.raw) is coloured
        assert "✓ Odd: 2 fields" in shown.raw.replace("\x1b[32m", "").replace("\x1b[0m", "")

    @pytest.mark.parametrize(
        ("variables", "colours", "spinner"),
        [({"NO_COLOR": "1"}, False, True), ({"TERM": "dumb"}, False, False)],
    )
    def test_a_spinner_needs_a_terminal_that_can_erase(self, odd, variables, colours, spinner):
        root, _ = odd
        ran = in_terminal(root, "run", "load", "--env", "local", **variables)
        assert ran.returncode == 0
        assert turns(ran.raw) is spinner
        assert ("\x1b[32m" in ran.raw) is colours

    def test_piped_output_has_neither(self, odd):
        root, _ = odd
        ran = alur(root, "run", "load", "--env", "local", TERM="xterm", CLICOLOR="1")
        assert "\x1b" not in ran.stdout + ran.stderr
        assert not turns(ran.stdout + ran.stderr)
