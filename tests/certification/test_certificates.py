"""The package's certificates hold: a sample of them is tried again, and no known difference is certified."""

from __future__ import annotations

import json
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import pytest
from pyspark.sql import types as T

from alur.analysis.certificate import Certified, Uncertified, certificate
from alur.analysis.signatures import Argument
from tests.certification.catalog import all_relations, all_templates
from tests.certification.certifying import certify
from tests.certification.probing import Probe, probes, relation_probes
from tests.certification.running import Engines

_ONE_OF = 200
"""One of this many signatures is tried; `make nightly` tries them all."""
_FILE = Path("alur/analysis/certificates") / f"sail-{version('pysail')}.json"


def test_the_installed_sail_has_certificates() -> None:
    data = json.loads(_FILE.read_text())
    assert data["sail"] == version("pysail")
    assert data["spark"] == version("pyspark")
    assert data["certified"]


def _is_in_sample(probe: Probe) -> bool:
    name = f"{probe.subject} {probe.signature}".encode()
    return int.from_bytes(sha256(name).digest()[:4], "big") % _ONE_OF == 0


def test_a_sample_of_the_certificates_still_holds(tmp_path: Path) -> None:
    certified = {
        (subject, signature)
        for subject, results in json.loads(_FILE.read_text())["certified"].items()
        for signatures in results.values()
        for signature in signatures
    }
    everything = [*probes(all_templates()), *relation_probes(all_relations())]
    sample = [
        probe
        for probe in everything
        if _is_in_sample(probe) and (probe.subject, probe.signature) in certified
    ]
    with Engines(tmp_path) as engines:
        findings = certify(engines, sample)
    assert len(findings) > 30
    broken = {key: found for key, found in findings.items() if found.verdict() != "certified"}
    assert not broken


@pytest.mark.parametrize(
    ("subject", "arguments"),
    [
        ("isnan", [Argument(T.DoubleType())]),
        ("/", [Argument(T.DecimalType(12, 2)), Argument(T.DecimalType(12, 2))]),
        ("agg avg", [Argument(T.DecimalType(12, 2))]),
        ("agg max", [Argument(T.StructType([T.StructField("at", T.TimestampType())]))]),
        ("agg sum", [Argument(T.DoubleType())]),
        ("agg count distinct", [Argument(T.DecimalType(12, 2)), Argument(T.DoubleType())]),
        ("join inner", [Argument(T.StructType([T.StructField("rate", T.DoubleType())]))]),
        ("cast", [Argument(T.TimestampType()), Argument(T.DoubleType())]),
        ("^", [Argument(T.IntegerType()), Argument(T.IntegerType())]),
        ("sinh", [Argument(T.DoubleType())]),
    ],
)
def test_what_differs_is_not_certified(subject: str, arguments: list[Argument]) -> None:
    assert isinstance(certificate().verdict(subject, arguments), Uncertified)


@pytest.mark.parametrize(
    ("subject", "arguments"),
    [
        ("+", [Argument(T.LongType()), Argument(T.LongType())]),
        ("==", [Argument(T.StringType()), Argument(T.StringType(), is_literal=True, value="x")]),
        ("agg count", [Argument(T.StringType())]),
        ("group by", [Argument(T.DateType())]),
    ],
)
def test_what_pipelines_are_made_of_is_certified(subject: str, arguments: list[Argument]) -> None:
    assert isinstance(certificate().verdict(subject, arguments), Certified)
