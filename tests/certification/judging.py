"""Judges a signature by the answers of both engines.

An error of Sail never gives a wrong row, because Alur then runs the pipeline on Spark. So rows on which Sail fails may
be left out if all others agree. They are found one by one, so they cannot hide a difference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from alur.analysis.certificate import BY_RULE
from alur.analysis.result_types import result_type
from tests.certification.comparing import difference, rows
from tests.certification.engine import Answer
from tests.certification.examples import example
from tests.certification.plans import call
from tests.certification.probing import Probe
from tests.certification.running import Engines, Evaluated


@dataclass
class Finding:
    """The result of all probes of one subject and signature.

    Attributes:
        types: the result's types on Spark.
        is_by_rule: whether the result's type has details that the signature lacks.
        agrees: whether some values were compared and agreed.
        differs, refused, unordered: an example; empty if there is none.
    """

    types: set[str] = field(default_factory=set)
    is_by_rule: bool = False
    agrees: bool = False
    differs: str = ""
    refused: str = ""
    unordered: str = ""

    @property
    def type(self) -> str:
        """The result's type, if the signature determines it."""
        (only,) = self.types if len(self.types) == 1 else (BY_RULE,)
        return BY_RULE if self.is_by_rule else only

    def verdict(self) -> str:
        """Return the finding's part of the file; empty if Spark has no such signature."""
        if self.unordered:
            return "unordered"
        if self.differs:
            return "differs"
        if self.refused:
            return "refused"
        return "certified" if self.agrees else ""


def judge(engines: Engines, probe: Probe, finding: Finding) -> None:
    """Add the result of one probe to a finding."""
    on_spark = [engines.answer("spark", evaluated) for evaluated in probe.on_spark]
    on_sail = [engines.answer("sail", evaluated) for evaluated in probe.evaluated]
    spark = on_spark[0]
    if spark.error:
        # Nobody can use a signature that Spark lacks; one that fails on some rows is not worth a certificate.
        fails_always = is_constant(probe) and all(sail.error for sail in on_sail)
        if not spark.refused and not fails_always and not probe.is_extra:
            finding.differs = finding.differs or _text(probe, f"Spark fails: {spark.error}")
        return
    _note_type(probe, spark.type, finding)
    if any(other.error or difference(spark, other, probe.in_order) for other in on_spark[1:]):
        what = "Spark's result depends on the order of rows"
        finding.unordered = finding.unordered or _text(probe, what)
        return
    for sail in on_sail:
        _compare(engines, probe, spark, sail, finding)


def _note_type(probe: Probe, type_: str, finding: Finding) -> None:
    if probe.is_extra:
        return
    finding.types.add(probe.result or type_)
    if not probe.context:
        finding.is_by_rule = not probe.result
        return
    if _says_size_or_fields(type_, probe.signature):
        finding.is_by_rule = True
        if wrong := _wrong_rule(probe, type_):
            finding.differs = finding.differs or wrong


def _compare(engines: Engines, probe: Probe, spark: Answer, sail: Answer, finding: Finding) -> None:
    if sail.error and (by_row := by_row_of(engines, probe)):
        rest = engines.answer("sail", by_row)
        sail = sail if rest.error else rest
    if sail.error:
        # Unparsable SQL text and constants that Sail cannot compute hide no rows.
        if not (probe.is_sql or probe.is_extra or is_constant(probe)):
            finding.refused = finding.refused or _text(probe, sail.error)
    elif found := difference(spark, sail, probe.in_order):
        finding.differs = finding.differs or _text(probe, found.what, found.row)
    elif not probe.is_extra and probe.evaluated[0][0] not in ("whole", "nothing"):
        finding.agrees = True


def by_row_of(engines: Engines, probe: Probe) -> Evaluated | None:
    """Return the expression to evaluate row by row if Sail fails and Spark does not; otherwise None."""
    frame, table, code = probe.evaluated[0]
    if not probe.by_row or frame != "select" or is_constant(probe):
        return None
    spark, sail = (engines.answer(name, probe.evaluated[0]) for name in ("spark", "sail"))
    return ("rows", table, code) if sail.error and not spark.error else None


def is_constant(probe: Probe) -> bool:
    """Return whether an expression has no columns."""
    return probe.context == "scalar" and not re.search(r"\b[a-e]_\w+", probe.evaluated[0][2])


def judge_filter(
    engines: Engines, probe: Probe, evaluated: Evaluated, wanted: bool, finding: Finding
) -> None:
    """Add any difference between Sail's selected rows and those with a true (or false) probe on Spark to a finding."""
    sail = engines.answer("sail", evaluated)
    if sail.error:
        return
    truth = rows(engines.answer("spark", probe.evaluated[0]))
    expected = [key for key, value in enumerate(truth) if value is wanted]
    if (got := rows(sail)) != expected:
        what = f"selects {len(expected)} rows on Spark, {len(got)} on Sail"
        text = example(evaluated[1], evaluated[2], None, what)
        finding.differs = finding.differs or f"where({text}"


def _says_size_or_fields(type_: str, signature: str) -> bool:
    """Return whether a type has details that the tokens of the arguments lack."""
    is_open = "decimal" in signature or "struct" in signature
    return (is_open and ("decimal(" in type_ or "struct<" in type_)) or "struct<a_" in type_


def _wrong_rule(probe: Probe, type_: str) -> str:
    """Return the difference between Spark's type and the rule's; empty without a difference or a rule."""
    if probe.is_sql or not probe.context or "lambda" in probe.signature:
        return ""
    called = call(probe.evaluated[0][2], probe.context)
    by_rule = result_type(called.subject, [a for a in called.arguments if a])
    if by_rule is None or by_rule.simpleString() == type_:
        return ""
    return _text(probe, f"Spark's type {type_}, the rule's {by_rule.simpleString()}")


def _text(probe: Probe, what: str, row: int | None = None) -> str:
    _, table, code = probe.evaluated[0]
    return example(table, code, row, what)
