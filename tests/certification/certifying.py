"""Runs probes on both engines, and collects the findings for each subject and signature."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from tests.certification.judging import Finding, by_row_of, judge, judge_filter
from tests.certification.probing import Probe
from tests.certification.running import Engines, Evaluated

_FILTERS = 3
"""The number of a signature's expressions to try as filters."""

Findings = dict[tuple[str, str], Finding]


def certify(engines: Engines, probes: Sequence[Probe]) -> Findings:
    """Run probes on both engines, and return the finding for each subject and signature."""
    engines.run(
        {
            "spark": [evaluated for probe in probes for evaluated in probe.on_spark],
            "sail": [evaluated for probe in probes for evaluated in probe.evaluated],
        }
    )
    by_row = [by_row_of(engines, probe) for probe in probes]
    engines.run({"sail": [evaluated for evaluated in by_row if evaluated]})
    filters = list(filters_of(engines, probes))
    engines.run({"sail": [evaluated for _, evaluated, _ in filters]})
    findings: Findings = defaultdict(Finding)
    for probe in probes:
        judge(engines, probe, findings[probe.subject, probe.signature])
    for probe, evaluated, wanted in filters:
        judge_filter(engines, probe, evaluated, wanted, findings[probe.subject, probe.signature])
    return findings


def filters_of(
    engines: Engines, probes: Sequence[Probe]
) -> Iterator[tuple[Probe, Evaluated, bool]]:
    """Yield probes as filters, which must select the same rows even if Sail prunes its reads.

    Each filter comes with a flag: whether it selects the rows where the probe is true, or those where it is false.
    """
    tried: Counter[tuple[str, str]] = Counter()
    for probe in probes:
        frame, table, code = probe.evaluated[0]
        if frame != "select" or table not in ("line", "cross", "solid") or probe.is_sql:
            continue
        spark, sail = (engines.answer(name, probe.evaluated[0]) for name in ("spark", "sail"))
        if spark.type != "boolean" or sail.error:
            continue
        subject = (probe.subject, probe.signature)
        if probe.is_extra or tried[subject] < _FILTERS:
            yield probe, ("where", table, f"({code})"), True
        if probe.is_extra:
            continue
        if tried[subject] == 0:
            yield probe, ("where", table, f"~({code})"), False
        tried[subject] += 1
