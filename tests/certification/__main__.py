"""``python -m tests.certification --output FOLDER``: writes the certificates of the installed Sail."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.certification.catalog import RELATIONS, TEMPLATES
from tests.certification.certifying import certify
from tests.certification.pages import write_pages
from tests.certification.probing import Probe, probes, relation_probes
from tests.certification.running import Engines
from tests.certification.writing import grouped, text_of


def main() -> None:
    """Certify everything, then write or compare the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="the folder of the file")
    parser.add_argument("--pages", type=Path, help="the folder of the documentation's pages")
    parser.add_argument("--answers", type=Path, help="keeps the engines' answers for the next run")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if other signatures are certified")  # fmt: skip
    options = parser.parse_args()
    by_family = {name: list(probes(templates())) for name, templates in TEMPLATES.items()}
    by_family |= {name: list(relation_probes(some())) for name, some in RELATIONS.items()}
    with (
        tempfile.TemporaryDirectory() as temporary,
        Engines(options.answers or Path(temporary)) as engines,
    ):
        findings = certify(engines, [probe for some in by_family.values() for probe in some])
    parts = grouped(findings)
    path = options.output / f"sail-{version('pysail')}.json"
    if options.check:
        sys.exit(_changed(json.loads(path.read_text()), parts))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(parts))
    if options.pages:
        write_pages(parts, version("pysail"), _families(by_family), options.pages)


def _changed(written: dict[str, Any], parts: dict[str, Any]) -> str | None:
    """Return how the certified signatures differ from those of a file; None if they do not.

    The examples of what is not certified may differ from run to run, since some depend on the order of rows.
    """
    before, now = _certified(written), _certified(parts)
    if before == now:
        return None
    return "\n".join(
        [f"no longer certified: {' '.join(one)}" for one in sorted(before - now)]
        + [f"newly certified: {' '.join(one)}" for one in sorted(now - before)]
    )


def _certified(parts: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (subject, type_, signature)
        for subject, by_type in parts["certified"].items()
        for type_, signatures in by_type.items()
        for signature in signatures
    }


def _families(by_family: dict[str, list[Probe]]) -> dict[str, str]:
    """Return the family of each subject: the first one with it."""
    families: dict[str, str] = {}
    for name, some in by_family.items():
        for probe in some:
            families.setdefault(probe.subject, name)
    return families


if __name__ == "__main__":
    main()
