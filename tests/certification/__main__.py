"""``python -m tests.certification --output FOLDER``: writes the certificates of the installed Sail."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.certification.catalog import all_relations, all_templates
from tests.certification.certifying import certify, probes, relation_probes
from tests.certification.running import Engines
from tests.certification.writing import write


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--answers", type=Path, help="keeps the engines' answers for the next run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        with Engines(options.answers or Path(temporary)) as engines:
            everything = [*probes(all_templates()), *relation_probes(all_relations())]
            findings = certify(engines, everything)
        write(findings, options.output)


if __name__ == "__main__":
    main()
