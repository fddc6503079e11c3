"""Writes the documentation's pages on the certificates."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.certification.rules import refusal
from tests.certification.writing import PARTS

_EXAMPLES = 3
"""The number of differences to show for one function."""
_MOST_TYPES = 12
_LITERAL = re.compile(r"""=(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,]*)""")

Parts = Mapping[str, Mapping[str, Any]]


def write_pages(parts: Parts, sail: str, families: Mapping[str, str], folder: Path) -> None:
    """Write both pages.

    Args:
        parts: the result of :func:`tests.certification.writing.grouped`.
        families: the family of each subject.
    """
    (folder / "certified-functions.md").write_text(_functions(parts, sail, families))
    (folder / "sail-differences.md").write_text(_differences(parts, sail))


def _functions(parts: Parts, sail: str, families: Mapping[str, str]) -> str:
    text = [
        "# Certified functions",
        "",
        "<!-- Written by `make certify`. -->",
        "",
        f'What `engine = "auto"` runs on Sail {sail}: functions, operators, keys and Python functions that gave the very rows',
        "that Spark gave, for edge values of these types of arguments, in every context that was tried. Everything else runs on",
        "Spark. `decimal` has at most 18 digits, `decimal38` more; `!` marks a literal, and `string='month'` one literal alone.",
        "[Engines](engines.md) describes how.",
        "",
        "| family | certified | differ | refused by Sail | depend on the order of rows |",
        "|---|---:|---:|---:|---:|",
        *(_counted(name, parts, families) for name in dict.fromkeys(families.values())),
        "",
        "The numbers count signatures: one function with one combination of types.",
        "",
    ]
    for family in dict.fromkeys(families.values()):
        text += [f"## {family[0].upper()}{family[1:]}", "", "| | certified for |", "|---|---|"]
        for subject in sorted(s for s in parts["certified"] if families.get(s) == family):
            text.append(f"| {_code(subject)} | {_types(parts['certified'][subject])} |")
        text.append("")
    return "\n".join(text).rstrip() + "\n"


def _counted(family: str, parts: Parts, families: Mapping[str, str]) -> str:
    counts: Counter[str] = Counter()
    for part in PARTS:
        for subject, content in parts[part].items():
            if families.get(subject) == family:
                held = content.values() if part == "certified" else [content]
                counts[part] += sum(map(len, held))
    return f"| {family} | {' | '.join(str(counts[part]) for part in PARTS)} |"


def _types(results: Mapping[str, Iterable[str]]) -> str:
    """Return some of the signatures as text, with exact literals abbreviated."""
    plain = {_LITERAL.sub("!", s) for held in results.values() for s in held}
    columns = sorted(s for s in plain if "!" not in s) or sorted(plain)
    shown = ", ".join(_code(f"({s})") for s in columns[:_MOST_TYPES])
    rest = len(plain) - min(len(columns), _MOST_TYPES)
    return f"{shown} and {rest} more" if rest else shown


def _differences(parts: Parts, sail: str) -> str:
    text = [
        f"# Where Sail {sail} differs from Spark",
        "",
        "<!-- Written by `make certify`. -->",
        "",
        'For the maintainers of Sail, and for those who write `engine = "sail"`: expressions over columns `a`, `b` and `c` with',
        "the values that are said, as PySpark's functions, and what both engines make of them (Spark 3.5, ANSI mode off, time zone",
        f"UTC), or else the rule by which Alur runs them on Spark. At most {_EXAMPLES} for each function.",
        "",
        "| function | types | example |",
        "|---|---|---|",
    ]
    for part in ("differs", "refused"):
        by_example: dict[str, dict[str, str]] = defaultdict(dict)
        for subject, found in sorted(parts[part].items()):
            for signature, example in found.items():
                kind = example.rpartition(": ")[2].split(",")[0]
                is_rule = example == refusal(subject, signature)
                shown = example if is_rule else _code(example)
                by_example[subject].setdefault(kind, f"{_code(signature)} | {shown}")
        if part == "refused":
            text += [
                "",
                "## What it refuses",
                "",
                "| function | types | message |",
                "|---|---|---|",
            ]
        for subject, rows in by_example.items():
            text += [f"| {_code(subject)} | {row} |" for row in list(rows.values())[:_EXAMPLES]]
    return "\n".join(text) + "\n"


def _code(text: str) -> str:
    """Return text as code within a table."""
    plain = re.sub(r"\s+", " ", text).replace("|", "\\|").replace("`", "'")
    return f"`{plain}`"
