"""The probes of the catalog: one expression in one context, for each choice of its arguments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.certification.cases import Spelling, Template, spellings
from tests.certification.catalog_relations import Relation
from tests.certification.plans import call
from tests.certification.running import Evaluated

_ORDERS = ("groups", "shuffled")
_UNORDERED = ("over(whole)", "over(everything)", "over(ties")
"""Functions that may depend on the order of rows, even on Spark."""
_SQL_LITERALS = 2
_SQL_SHAPES = 4
_NOT_IN_SQL = {
    "num",
    "mom",
    "json",
    "truth",
    "url",
    "odd",
    "sign",
    "era",
    "eon",
    "d3810",
    "d380",
    "d5",
    "d33",
    "d3818",
}
"""The number of a kind's literals to try in SQL's spelling."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One expression in one context, with its subject and signature."""

    subject: str
    signature: str
    evaluated: tuple[Evaluated, ...]
    """One evaluation; for aggregates and windows, one over each order of the rows."""
    is_sql: bool = False
    context: str = ""
    in_order: bool = True
    result: str = ""
    """The type of the result, for a whole query."""
    by_row: bool = False
    is_extra: bool = False
    """Whether it can only withdraw a certificate, because it is too weak to grant one."""
    is_total: bool = False
    """Whether the query orders its rows, so Spark gives the same result for any order of its input."""

    @property
    def on_spark(self) -> tuple[Evaluated, ...]:
        """The evaluations on Spark."""
        return self.evaluated[:1] if self.is_total else self.evaluated


def probes(templates: Iterable[Template]) -> Iterator[Probe]:
    """Yield every probe of templates."""
    for template in templates:
        in_sql: Counter[tuple[str, ...]] = Counter()
        for spelling in spellings(template):
            subject, signature = _certified_as(template, spelling)
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


def _certified_as(template: Template, spelling: Spelling) -> tuple[str, str]:
    if template.subject and template.signature:
        return template.subject, template.signature
    called = call(spelling.shape, template.context)
    return template.subject or called.subject, template.signature or called.signature()


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
            is_extra = bool(template.subject) and "(" not in template.subject
            by_row = template.by_row and not is_sql
            evaluated = ("select", table, code)
            yield Probe(subject, signature, (evaluated,), is_sql, "scalar", by_row=by_row, is_extra=is_extra)  # fmt: skip
            if template.solid and not is_sql:
                evaluated = ("select", "solid", code)
                yield Probe(subject, signature, (evaluated,), is_sql, "scalar", is_extra=True)
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
                relation.subject,
                relation.signature,
                (evaluated,),
                in_order=relation.in_order,
                result=relation.result,
            )
