"""Turns templates into certificates: what is the same on both engines in every probe."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from alur.analysis.certificate import BY_RULE
from alur.analysis.result_types import result_type
from tests.certification.cases import Template, spellings
from tests.certification.catalog_relations import Relation
from tests.certification.comparing import difference, rows
from tests.certification.engine import Answer
from tests.certification.examples import example
from tests.certification.plans import call
from tests.certification.running import Engines, Evaluated

_ORDERS = ("groups", "shuffled")
_UNORDERED = ("over(whole)", "over(everything)", "over(ties")
"""What may depend on the order of rows, on Spark, too."""
_FILTERS = 3
"""How many expressions of a signature are tried as filters."""
_SQL_LITERALS = 2
_SQL_SHAPES = 4
_NOT_IN_SQL = {"num", "mom", "json", "truth", "url", "d3810", "d380", "d5", "d33", "d3818"}
"""How many literals of a kind are tried in SQL's spelling."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One expression in one context, and the subject and signature that it speaks for."""

    subject: str
    signature: str
    evaluated: tuple[Evaluated, ...]
    """One; for aggregates and windows, the same over each order of the rows first."""
    is_sql: bool = False
    context: str = ""
    in_order: bool = True
    is_total: bool = False
    """Whether the rows have an order of their own, so that Spark gives the same whatever theirs is."""

    @property
    def on_spark(self) -> tuple[Evaluated, ...]:
        """What Spark is asked."""
        return self.evaluated[:1] if self.is_total else self.evaluated


def probes(templates: Iterable[Template]) -> Iterator[Probe]:
    """Yield every probe of templates."""
    for template in templates:
        in_sql: Counter[tuple[str, ...]] = Counter()
        for spelling in spellings(template):
            try:
                called = call(spelling.shape, template.context)
            except (AttributeError, TypeError, ValueError) as error:
                print(f"{template.code}: {error}", file=sys.stderr)
                break
            subject, signature = called.subject, template.signature or called.signature()
            for code in spelling.codes:
                yield from _probes(template, subject, signature, code, spelling.is_cross)
            in_sql[spelling.kinds] += 1
            if in_sql[spelling.kinds] <= _SQL_SHAPES and not _NOT_IN_SQL & set(spelling.kinds):
                for text in spelling.sql[:_SQL_LITERALS]:
                    if text:
                        code = f"F.expr({text!r})"
                        yield from _probes(
                            template, subject, signature, code, spelling.is_cross, is_sql=True
                        )


def _probes(
    template: Template,
    subject: str,
    signature: str,
    code: str,
    is_cross: bool,
    is_sql: bool = False,
) -> Iterator[Probe]:
    match template.context:
        case "scalar":
            table = "cross" if is_cross else "line"
            yield Probe(subject, signature, (("select", table, code),), is_sql, "scalar")
        case "window":
            orders = tuple(("select", table, code) for table in _ORDERS)
            is_total = not any(window in code for window in _UNORDERED)
            yield Probe(subject, signature, orders, is_sql, "window", is_total=is_total)
        case "aggregate":
            orders = tuple(("group", table, code) for table in _ORDERS)
            yield Probe(subject, signature, orders, is_sql, "aggregate")
            if not is_sql:
                yield Probe(subject, signature, (("whole", "shuffled", code),))
                yield Probe(subject, signature, (("nothing", "groups", code),))


def relation_probes(relations: Iterable[Relation]) -> Iterator[Probe]:
    """Yield a probe for each query."""
    for relation in relations:
        for code in relation.codes:
            evaluated = ("ordered" if relation.in_order else "relation", "line", code)
            yield Probe(
                relation.subject, relation.signature, (evaluated,), in_order=relation.in_order
            )


@dataclass
class Finding:
    """What the probes of one signature of one subject say."""

    types: set[str] = field(default_factory=set)
    differs: str = ""
    refused: str = ""
    unordered: str = ""
    is_by_rule: bool = False

    @property
    def type(self) -> str:
        """The result's type, where the signature says it."""
        (only,) = self.types if len(self.types) == 1 else (BY_RULE,)
        return BY_RULE if self.is_by_rule else only

    def verdict(self) -> str:
        """Return the part of the file where it belongs; empty where Spark has no such."""
        if self.unordered:
            return "unordered"
        if self.differs:
            return "differs"
        if self.refused:
            return "refused"
        return "certified" if self.types else ""


Findings = dict[tuple[str, str], Finding]


def certify(engines: Engines, all_probes: list[Probe]) -> Findings:
    """Run probes on both engines, and return what they say of each subject and signature."""
    engines.run(
        {
            "spark": [evaluated for probe in all_probes for evaluated in probe.on_spark],
            "sail": [evaluated for probe in all_probes for evaluated in probe.evaluated],
        }
    )
    filters = list(_filters(engines, all_probes))
    engines.run({"sail": [evaluated for _, evaluated, _ in filters]})
    findings: Findings = defaultdict(Finding)
    for probe in all_probes:
        _judge(engines, probe, findings[probe.subject, probe.signature])
    for probe, evaluated, wanted in filters:
        finding = findings[probe.subject, probe.signature]
        _judge_filter(engines, probe, evaluated, wanted, finding)
    return findings


def _judge(engines: Engines, probe: Probe, finding: Finding) -> None:
    answers = [engines.answer("spark", evaluated) for evaluated in probe.on_spark]
    spark = answers[0]
    if spark.error:
        # A signature that Spark does not have is nobody's; one that fails over some rows is not worth a certificate.
        if not spark.refused:
            finding.differs = finding.differs or _example(probe, f"Spark fails: {spark.error}")
        return
    finding.types.add(spark.type)
    if not probe.context:
        finding.is_by_rule = True
    if _says_size_or_fields(spark.type, probe.signature):
        finding.is_by_rule = True
        if wrong := _wrong_rule(probe, spark.type):
            finding.differs = finding.differs or wrong
    if _depends_on_order(probe, answers):
        finding.unordered = finding.unordered or _example(
            probe, "Spark's result depends on the order of rows"
        )
        return
    for evaluated in probe.evaluated:
        sail = engines.answer("sail", evaluated)
        if sail.error:
            finding.refused = finding.refused or _example(probe, sail.error)
        elif found := difference(spark, sail, probe.in_order):
            finding.differs = finding.differs or _example(probe, found.what, found.row)


def _says_size_or_fields(type_: str, signature: str) -> bool:
    """Whether a type says what the tokens of the arguments do not."""
    is_open = "decimal" in signature or "struct" in signature
    return (is_open and ("decimal(" in type_ or "struct<" in type_)) or "struct<a_" in type_


def _wrong_rule(probe: Probe, type_: str) -> str:
    """How the rule for a result's type differs from what Spark says; empty where it does not, or there is none."""
    if probe.is_sql or not probe.context or "lambda" in probe.signature:
        return ""
    called = call(_text(probe), probe.context)
    by_rule = result_type(called.subject, [a for a in called.arguments if a])
    if by_rule is None or by_rule.simpleString() == type_:
        return ""
    return f"{_text(probe)}: Spark's type {type_}, the rule's {by_rule.simpleString()}"


def _depends_on_order(probe: Probe, answers: list[Answer]) -> bool:
    return any(
        bool(other.error) or difference(answers[0], other, probe.in_order) is not None
        for other in answers[1:]
    )


def _example(probe: Probe, what: str, row: int | None = None) -> str:
    _, table, code = probe.evaluated[0]
    return example(table, code, row, what)


def _text(probe: Probe) -> str:
    return probe.evaluated[0][2]


def _filters(engines: Engines, all_probes: list[Probe]) -> Iterator[tuple[Probe, Evaluated, bool]]:
    """Yield probes that select rows, and so must select the same where Sail may read fewer of them.

    With the filter comes whether it selects the rows for which the probe is true, or those for which it is false.
    """
    tried: Counter[tuple[str, str]] = Counter()
    for probe in all_probes:
        frame, table, code = probe.evaluated[0]
        if frame != "select" or table not in ("line", "cross") or probe.is_sql:
            continue
        if engines.answer("spark", probe.evaluated[0]).type != "boolean":
            continue
        subject = (probe.subject, probe.signature)
        if tried[subject] < _FILTERS:
            yield probe, ("where", table, f"({code})"), True
        if tried[subject] == 0:
            yield probe, ("where", table, f"~({code})"), False
        tried[subject] += 1


def _judge_filter(
    engines: Engines, probe: Probe, evaluated: Evaluated, wanted: bool, finding: Finding
) -> None:
    truth = rows(engines.answer("spark", probe.evaluated[0]))
    sail = engines.answer("sail", evaluated)
    text = f"where({evaluated[2]})"
    if sail.error:
        finding.refused = finding.refused or f"{text}: {sail.error}"
        return
    expected = [key for key, value in enumerate(truth) if value is wanted]
    if (got := rows(sail)) != expected:
        finding.differs = finding.differs or f"{text}: {len(expected)} rows, Sail {len(got)}"
