"""Writes the certificates as the package's data file."""

from __future__ import annotations

import json
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.certification.certifying import Findings

_EXAMPLE = 160
PARTS = ("certified", "differs", "refused", "unordered")


def write(findings: Findings, folder: Path) -> Path:
    """Write one file for the installed version of Sail, a line for each subject."""
    parts = grouped(findings)
    lines = [
        f'"sail": {json.dumps(version("pysail"))}',
        f'"spark": {json.dumps(version("pyspark"))}',
        *(f'"{part}": {{\n{_subjects(parts[part])}\n}}' for part in PARTS),
    ]
    path = folder / f"sail-{version('pysail')}.json"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    return path


def _subjects(subjects: dict[str, Any]) -> str:
    return ",\n".join(
        f"{json.dumps(subject)}: {json.dumps(content, sort_keys=True, ensure_ascii=False)}"
        for subject, content in sorted(subjects.items())
    )


def grouped(findings: Findings) -> dict[str, dict[str, Any]]:
    """Return the file's content: certified signatures by their result's type, the others with an example."""
    parts: dict[str, dict[str, Any]] = {part: defaultdict(dict) for part in PARTS}
    for (subject, signature), finding in sorted(findings.items()):
        match finding.verdict():
            case "certified":
                type_ = finding.types.copy().pop() if len(finding.types) == 1 else "?"
                parts["certified"][subject].setdefault(type_, []).append(signature)
            case "":
                pass
            case part:
                example = getattr(finding, part)
                parts[part][subject][signature] = example[:_EXAMPLE]
    return parts
