"""Contracts for property tests, declared as users do: classes with annotations."""

import keyword
import types
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal

from hypothesis import strategies as st
from pydantic import BaseModel, Field, create_model

from alur import BronzeTable, Float32, GoldTable, Int32, SilverTable, Tag, contract_of
from alur.contracts.partitioning import PartitionField
from alur.errors import ContractError

# Hostile where they can be: in quotes, escapes, line ends, YAML's and Python's syntax, marks that reorder text.
TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            'say "hi"',
            '"""; import os; os.system("x")',
            "'''\\",
            "a\n  b\n\n    c",
            "on: yes # no",
            "${x} {{y}} %{z}",
            "\u202e reversed",
            "NULL",
            "2026-01-02",
            "ends with a backslash \\",
            "tab\there",
        ]
    ),
)
NAMES = st.one_of(
    st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,9}", fullmatch=True),
    st.sampled_from(["date", "int", "Field", "list", "copy", "schema", "Decimal", "days", "type"]),
).filter(lambda name: name.isidentifier() and name not in _KEYWORDS)
_KEYWORDS = set(keyword.kwlist) | {"model_config"}
PATTERNS = st.sampled_from([r"^P\d+$", "a|b", r'["\']\\', "(?i)^x{2,3}", "^[^\n]*$", ""])

dates = st.dates(date(1900, 1, 1), date(2199, 1, 1))
zones = st.sampled_from([None, timezone.utc, timezone(timedelta(hours=5, minutes=30))])
instants = st.datetimes(datetime(1900, 1, 1), datetime(2199, 1, 1), timezones=zones)
integers = st.integers(-(2**70), 2**70)
numbers = st.one_of(
    integers, st.floats(allow_nan=False), st.decimals(allow_nan=False, allow_infinity=False)
)


def bounds(values):
    """Return keywords of Field: any of the four bounds."""
    return st.dictionaries(st.sampled_from(["ge", "gt", "le", "lt"]), values, max_size=3)


def lengths(**more):
    optional = {"min_length": st.integers(0, 5), "max_length": st.integers(5, 90), **more}
    return st.fixed_dictionaries({}, optional=optional)


@st.composite
def sized_decimals(draw):
    digits = draw(st.integers(1, 38))
    size = {"max_digits": digits, "decimal_places": draw(st.integers(0, digits))}
    return Decimal, size | draw(bounds(numbers))


def allowed():
    values = st.lists(TEXTS, min_size=1, max_size=4, unique=True)
    as_enum = values.map(
        lambda texts: Enum("Kind", {f"k{n}": text for n, text in enumerate(texts)})
    )
    return st.one_of(values.map(lambda texts: Literal[tuple(texts)]), as_enum)


def typed(annotation, keywords):
    return keywords.map(lambda given: (annotation, given))


primitives = st.one_of(
    typed(str, lengths(pattern=PATTERNS)),
    typed(bytes, lengths()),
    typed(bool, st.just({})),
    typed(date, bounds(dates)),
    typed(datetime, bounds(instants)),
    *(typed(kind, bounds(integers)) for kind in (int, Int32)),
    *(typed(kind, bounds(numbers)) for kind in (float, Float32)),
    sized_decimals(),
    allowed().map(lambda kind: (kind, {})),
)


def nested(inner):
    within = st.tuples(inner, st.booleans()).map(_within)
    return st.one_of(
        st.tuples(within, lengths()).map(lambda pair: (list[pair[0]], pair[1])),
        st.tuples(within, lengths()).map(lambda pair: (dict[str, pair[0]], pair[1])),
        st.dictionaries(NAMES, fields(inner), min_size=1, max_size=3).map(
            lambda given: (model(given), {})
        ),
    )


def _within(given):
    (annotation, keywords), nullable = given
    annotation = Annotated[annotation, Field(**keywords)] if keywords else annotation
    return annotation | None if nullable else annotation


tags = st.lists(st.builds(Tag, st.text(min_size=1, max_size=6), st.booleans()), max_size=2)


def fields(kinds):
    """Return strategies of an annotation with its constraints, its description and its tags."""
    return st.tuples(kinds, st.booleans(), TEXTS, tags).map(_field)


def _field(given):
    (annotation, keywords), nullable, description, tags = given
    annotation = annotation | None if nullable else annotation
    return Annotated[annotation, Field(description=description, **keywords), *tags]


def model(given):
    return create_model("Inner", __base__=BaseModel, **{n: (a, ...) for n, a in given.items()})


kinds = st.recursive(primitives, nested, max_leaves=5)


@st.composite
def contracts(draw):
    """Declare a class as a user does; draw again what Alur refuses."""
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique_by=str.lower))
    annotations = {name: draw(fields(kinds)) for name in names}
    keywords = {
        "name": draw(st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)),
        "key": draw(st.lists(st.sampled_from(names), max_size=2, unique=True)),
        "partition_by": draw(st.lists(partitions(names), max_size=2)),
        "owners": draw(st.lists(TEXTS, max_size=2)),
        "tags": draw(st.one_of(st.lists(TEXTS, max_size=2), st.dictionaries(TEXTS, TEXTS))),
        "on_violation": draw(st.sampled_from(["fail", "warn"])),
        "keep": draw(st.sampled_from([None, "7 days", "12 hours", "forever"])),
        "keep_snapshots": draw(st.one_of(st.none(), st.integers(1, 10_000))),
    }
    body = {"__annotations__": annotations, "__doc__": draw(TEXTS), "__module__": __name__}
    base = draw(st.sampled_from([BronzeTable, SilverTable, GoldTable]))
    class_name = draw(st.sampled_from(["Orders", "orders_v2", "Été", "A", "T1"]))
    for dropped in (["partition_by"], ["key"]):
        try:
            return contract_of(
                types.new_class(class_name, (base,), keywords, lambda ns: ns.update(body))
            )
        except ContractError:
            for word in dropped:
                keywords[word] = []
    return contract_of(types.new_class(class_name, (base,), keywords, lambda ns: ns.update(body)))


def partitions(names):
    column = st.sampled_from([*names, "_ingested_at"])
    widths = st.integers(1, 64)
    return st.one_of(
        st.builds(
            PartitionField,
            st.sampled_from(["identity", "years", "months", "days", "hours"]),
            column,
        ),
        st.builds(PartitionField, st.sampled_from(["bucket", "truncate"]), column, widths),
    )
