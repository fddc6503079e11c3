"""The certificates as the package's data file."""

from __future__ import annotations

import json
from collections import defaultdict
from importlib.metadata import version
from typing import Any

from tests.certification.certifying import Findings
from tests.certification.rules import refusal

_EXAMPLE = 220
PARTS = ("certified", "differs", "refused", "unordered")


def text_of(parts: dict[str, dict[str, Any]]) -> str:
    """Return the file for the installed version of Sail, with one line per subject."""
    lines = [
        f'"sail": {json.dumps(version("pysail"))}',
        f'"spark": {json.dumps(version("pyspark"))}',
        *(f'"{part}": {{\n{_subjects(parts[part])}\n}}' for part in PARTS),
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _subjects(subjects: dict[str, Any]) -> str:
    return ",\n".join(
        f"{json.dumps(subject)}: {json.dumps(content, sort_keys=True, ensure_ascii=False)}"
        for subject, content in sorted(subjects.items())
    )


def grouped(findings: Findings) -> dict[str, dict[str, Any]]:
    """Return the file's content: certified signatures by result type, the others with an example.

    What the guard refuses by rule is not certified, even if no difference was found: whether one shows may depend on
    the order of rows. The rule's reason stands for the example.
    """
    parts: dict[str, dict[str, Any]] = {part: defaultdict(dict) for part in PARTS}
    for (subject, signature), finding in sorted(findings.items()):
        match finding.verdict():
            case "certified" if reason := refusal(subject, signature):
                parts["differs"][subject][signature] = reason
            case "certified":
                parts["certified"][subject].setdefault(finding.type, []).append(signature)
            case "":
                pass
            case part:
                parts[part][subject][signature] = getattr(finding, part)[:_EXAMPLE]
    return parts
