"""The console blocks of the documentation: the commands, and their output according to the page."""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.command import ALUR

ROOT = Path(__file__).parents[1]
_FENCE = re.compile(
    r'^(?P<indent> *)```(?P<kind>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^ *```$',
    re.MULTILINE | re.DOTALL,
)
_VOLATILE = {
    r"\b\d+(\.\d+)? s\b": "<seconds> s",
    r"\b(read|transform|check|write) \d+\.\d\d\b": r"\1 <seconds>",
    r"\bsnapshot \d+": "snapshot <id>",
    r"\b\d+ min\b": "<age>",
    r"\b[0-9a-f]{16}\.gluewheels": "<hash>.gluewheels",
    r"\bjr_[0-9a-f]+": "jr_<id>",
    r"\b127\.0\.0\.1:\d+": "127.0.0.1:<port>",
    r"\b\d+ versions?, [\d,]+ bytes": "<versions>",
    r"\(\d+\.\d+ MB\)": "(<size> MB)",
    # The versions are those of the machine's jars.
    r"\bSpark 3\.5\.\d+ with Iceberg 1\.\d+\.\d+": "Spark 3.5 with Iceberg 1",
}
"""Texts that differ from run to run, and their placeholders in comparisons."""


@dataclass(frozen=True)
class Step:
    """A command, and its output according to the page; empty if the page shows none."""

    command: str
    output: tuple[str, ...] = ()

    @property
    def fails(self) -> bool:
        """Whether the page shows a failure, a plan with changes, or a difference."""
        if self.command.startswith("alur plan"):
            return not any(line.startswith("No changes") for line in self.output)
        if self.command.startswith("alur diff"):
            return "[OK] the same" not in self.output
        return any(line.startswith("[ERROR]") for line in self.output)

    def difference(self, printed: str) -> str:
        """Return the diff between the page and the printed output; empty if they agree.

        A line ``...`` of the page stands for any lines.

        >>> Step("alur x", ("a 1.0 s", "...", "c")).difference("a 2.5 s\\nb\\nc\\n")
        ''
        """
        shown = [_settled(line) for line in self.output]
        lines = [_settled(line) for line in printed.splitlines()]
        pattern = "".join(
            r"(?:.*\n)*?" if line == "..." else re.escape(f"{line}\n") for line in shown
        )
        if re.fullmatch(pattern, "".join(f"{line}\n" for line in lines)):
            return ""
        return "\n".join(
            difflib.unified_diff(shown, lines, "the page", self.command, lineterm="", n=1)
        )


@dataclass(frozen=True)
class File:
    """A file that the reader of a page must write."""

    path: str
    text: str


@dataclass(frozen=True)
class Block:
    """One block of a page, top to bottom: steps in a terminal, or a file to write."""

    steps: tuple[Step, ...] = ()
    file: File | None = None


def page(name: str) -> Path:
    """Return a page of the repository by its path."""
    return ROOT / name


def kinds(path: Path) -> set[str]:
    """Return the kinds of blocks on a page."""
    return {match["kind"] for match in _FENCE.finditer(path.read_text())}


def blocks(path: Path) -> Iterator[Block]:
    """Yield a page's console blocks, and its files with a title."""
    for match in _FENCE.finditer(path.read_text()):
        text = textwrap.dedent(match["text"])
        if match["kind"] == "console":
            yield Block(steps=tuple(_steps(text)))
        elif match["kind"] in ("python", "yaml", "json") and match["title"]:
            yield Block(file=File(match["title"], text))


def step(name: str, command: str) -> Step:
    """Return the only step of a page with a command."""
    (only,) = (s for block in blocks(page(name)) for s in block.steps if s.command == command)
    return only


def _steps(text: str) -> Iterator[Step]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *output = part.rstrip("\n").split("\n")
        while output and not output[-1]:
            output.pop()
        yield Step(re.sub(r"\s{2,}# .*", "", command), tuple(output))


def _settled(line: str) -> str:
    for pattern, replacement in _VOLATILE.items():
        line = re.sub(pattern, replacement, line)
    return line.rstrip()


@dataclass
class Terminal:
    """Runs steps one after the other, as a reader types them; questions stay unanswered."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "TF_CLI_CONFIG_FILE"},
            "PATH": f"{ALUR.parent}{os.pathsep}{os.environ['PATH']}",
            "TZ": "UTC",
            **self.environment,
        }

    def type(self, step: Step) -> None:
        """Run a step; check its exit code and its output against the page."""
        word, _, rest = step.command.partition(" ")
        if word == "cd":
            self.folder = self.folder / rest
            assert self.folder.is_dir(), step.command
        elif word == "export":
            name, _, value = rest.partition("=")
            self.environment[name] = value
        else:
            self._run(step)

    def _run(self, step: Step) -> None:
        command = re.sub(
            r"^(alur (?:deploy|destroy)\b)(?!.*--plan-only)", r"\1 --auto-approve", step.command
        )
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) == step.fails, f"{step.command}\n{done.stdout}"
        if step.output:
            assert not (difference := step.difference(done.stdout)), difference
