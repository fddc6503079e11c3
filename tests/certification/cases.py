"""Templates of expressions, and their probes: one for each type, literal and context."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, combinations, product

from alur.analysis.signatures import type_token
from tests.certification.literals import LITERALS, MARKS
from tests.certification.values import INF, KINDS, NAN

MOST_LITERALS = 6
"""The number of values to try for a literal if two or more arguments are literals."""


@dataclass(frozen=True)
class Kinds:
    """A column of each of these kinds as an argument; with ``literals`` also a free literal."""

    names: tuple[str, ...]
    literals: bool = True

    def __add__(self, other: Kinds) -> Kinds:
        return Kinds(self.names + other.names, self.literals)

    @property
    def only_columns(self) -> Kinds:
        """The same kinds, without literals."""
        return Kinds(self.names, literals=False)


@dataclass(frozen=True)
class Exact:
    """Literals as Python text, certified one by one."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class Free:
    """Literals as Python text, certified together for all literals of their type."""

    kind: str
    values: tuple[str, ...]


Domain = Kinds | Exact | Free


@dataclass(frozen=True)
class Template:
    """An expression as Python text, with ``{a}``, ``{b}`` and ``{c}`` for its arguments.

    Attributes:
        code: the text.
        domains: the choices for each argument.
        context: ``scalar``, ``aggregate`` or ``window``.
        same: whether all columns are of one kind.
        pairs: the kinds of the columns, if only some combinations are tried.
        all_literals: whether all arguments may be literals at once.
        sql: the same in SQL, by default built from the function's name; None if SQL has no such form.
        subject, signature: what it certifies, if not its own: a list of many stands for any list.
        by_row: whether to leave out rows on which Sail fails, if other rows agree.
        solid: whether to try it over columns that cannot be null, too.
    """

    code: str
    domains: Mapping[str, Domain] = field(default_factory=dict)
    context: str = "scalar"
    same: bool = False
    pairs: tuple[tuple[str, ...], ...] = ()
    all_literals: bool = False
    sql: str | None = ""
    subject: str = ""
    signature: str = ""
    solid: bool = False
    by_row: bool = False


@dataclass(frozen=True, slots=True)
class Spelling:
    """A template with chosen arguments: the texts to evaluate, and one with the types of free literals.

    Attributes:
        shape: the text with a column ``free:KIND``, or one of ``MARKS``, for each free literal.
        codes: the texts to evaluate.
        kinds: the kinds of its column arguments, or of literals in their place.
        is_cross: whether it has several columns, so their values are tried in pairs.
        sql: the same in SQL.
    """

    shape: str
    codes: tuple[str, ...]
    kinds: tuple[str, ...]
    is_cross: bool
    sql: tuple[str, ...] = ()


def spellings(template: Template) -> Iterator[Spelling]:
    """Yield every choice of a template's arguments."""
    columns = [n for n, d in template.domains.items() if isinstance(d, Kinds)]
    others = [n for n, d in template.domains.items() if not isinstance(d, Kinds)]
    for kinds in _kinds(template, columns):
        for values in product(*(_others(template.domains[name]) for name in others)):
            chosen = dict(zip(others, values, strict=True))
            for literal in _subsets(template, columns, kinds):
                yield _spelling(template, dict(zip(columns, kinds, strict=True)), chosen, literal)


def _kinds(template: Template, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    if template.pairs:
        yield from template.pairs
        return
    domains = [template.domains[name] for name in columns]
    names = [domain.names for domain in domains if isinstance(domain, Kinds)]
    if template.same:
        yield from ((name,) * len(columns) for name in names[0])
    else:
        yield from product(*names)


def _others(domain: Domain) -> list[Domain]:
    """Return the choices of an argument: one for each value of an exact literal, a single one for a free literal."""
    if isinstance(domain, Exact):
        return [Exact((value,)) for value in domain.values]
    return [domain]


def _subsets(
    template: Template, columns: Sequence[str], kinds: Sequence[str]
) -> Iterator[tuple[str, ...]]:
    able = [
        name
        for name, kind in zip(columns, kinds, strict=True)
        if kind in LITERALS and getattr(template.domains[name], "literals", False)
    ]
    most = len(able) if template.all_literals else min(len(able), max(0, len(columns) - 1))
    yield from chain.from_iterable(combinations(able, size) for size in range(most + 1))


def _spelling(
    template: Template, kinds: dict[str, str], chosen: dict[str, Domain], literal: Sequence[str]
) -> Spelling:
    columns = {n: f"F.col('{n}_{kind}')" for n, kind in kinds.items() if n not in literal}
    fixed = {n: d.values[0] for n, d in chosen.items() if isinstance(d, Exact)}
    free = {n: d for n, d in chosen.items() if isinstance(d, Free)}
    shape = (
        columns
        | fixed
        | {n: repr(MARKS[d.kind]) for n, d in free.items()}
        | {n: f"F.col('free:{kinds[n]}')" for n in literal}
    )
    values = {n: d.values for n, d in free.items()}
    values |= {n: tuple(f"F.lit({v})" for v in LITERALS[kinds[n]]) for n in literal}
    combined = list(_combined(values))
    return Spelling(
        _filled(template.code, shape),
        tuple(_filled(template.code, columns | fixed | some) for some in combined),
        tuple(kinds.values()),
        len(kinds) - len(literal) > 1,
        tuple(_sql(template, columns | fixed | some) for some in combined),
    )


def _combined(values: dict[str, tuple[str, ...]]) -> Iterator[dict[str, str]]:
    """Yield all values of one literal; of several literals, some combinations with each value."""
    if not values:
        yield {}
        return
    if len(values) == 1:
        ((name, only),) = values.items()
        yield from ({name: value} for value in only)
        return
    most = max(MOST_LITERALS, *(len(some) for some in values.values()))
    for number in range(most):
        yield {
            name: some[(number * (place + 1) + place) % len(some)]
            for place, (name, some) in enumerate(values.items())
        }


def _filled(code: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        code = code.replace(f"{{{name}}}", value)
    return code


def _sql(template: Template, values: Mapping[str, str]) -> str:
    """Return the same in SQL; empty if SQL has no such form."""
    if template.sql is None:
        return ""
    function = re.match(r"F\.(\w+)\(", template.code)
    if not template.sql and not function:
        return ""
    arguments = ", ".join(f"{{{name}}}" for name in template.domains)
    text = template.sql or f"{function.group(1)}({arguments})"  # type: ignore[union-attr]
    return _filled(text, {name: _sql_argument(value) for name, value in values.items()})


_SQL_NAMES = {"exact": Decimal, "date": date, "at": datetime, "nan": NAN, "inf": INF}


def _sql_argument(code: str) -> str:
    """Return an argument in SQL: the name of a column, or a literal.

    >>> _sql_argument("F.lit(exact('1.5'))"), _sql_argument("'it'"), _sql_argument("F.col('a_i32')")
    ('1.5BD', "'it'", 'a_i32')
    """
    if code.startswith("F.col("):
        return code[7:-2]
    value = eval(
        code.removeprefix("F.lit"),
        _SQL_NAMES,
    )
    match value:
        case bool():
            return str(value).lower()
        case int():
            return f"{value}L" if abs(value) > 2**31 - 1 and value != -(2**31) else str(value)
        case float():
            return f"double('{value}')" if math.isnan(value) or abs(value) == INF else f"{value!r}D"
        case str():
            escaped = value.replace("\\", "\\\\").replace("'", "\\'")
            return f"'{escaped}'"
        case Decimal():
            return f"{value}BD"
        case datetime():
            return f"TIMESTAMP'{value}'"
        case date():
            return f"DATE'{value}'"
        case bytes():
            return f"X'{value.hex()}'"
        case _:
            return "NULL"


def token(kind: str) -> str:
    """Return the token of a kind's type.

    >>> token("d12")
    'decimal'
    """
    return type_token(KINDS[kind].type)
