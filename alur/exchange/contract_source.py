"""The Python source of contracts, as a person would write it."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Sequence

from alur.contracts.contract import Contract
from alur.contracts.partitioning import PartitionField
from alur.exchange.column_source import USED_NAMES, ColumnSource
from alur.exchange.python_layout import (
    LINE,
    Brackets,
    Expression,
    Prefixed,
    call,
    keyword,
    laid_out,
    literal,
    quoted,
    sequence,
)

_BASES = {"bronze": "BronzeTable", "silver": "SilverTable", "gold": "GoldTable"}

_MODULES: dict[str, tuple[str, ...]] = {
    "datetime": ("date", "datetime", "timedelta", "timezone"),
    "decimal": ("Decimal",),
    "typing": ("Annotated", "Literal"),
    "pydantic": ("BaseModel", "Field"),
    # In the order of linters: constants, classes, functions.
    "alur": (
        *("BronzeTable", "Float32", "GoldTable", "Int32", "SilverTable", "Tag"),
        *("bucket", "days", "hours", "months", "truncate", "years"),
    ),
}
_GROUPS = (("datetime", "decimal", "typing"), ("pydantic",), ("alur",))


def module_source(contracts: Sequence[Contract], title: str) -> str:
    """Return the source of a module with contracts.

    Its names must be valid; :mod:`alur.exchange.names` sees to that for contracts from outside.

    Args:
        title: the module's docstring.
    """
    taken = {contract.name for contract in contracts} | USED_NAMES
    classes = [text for contract in contracts for text in _classes(contract, taken)]
    body = "\n\n\n".join(classes)
    parts = [docstring(title, 0), "\n\n".join(_imports(body))]
    return "\n\n".join(parts) + "\n\n\n" + body + "\n"


def _classes(contract: Contract, taken: set[str]) -> Iterator[str]:
    """Yield the nested models of a contract, then its class."""
    source = ColumnSource(contract.name, contract.rules, taken)
    fields = source.fields(contract.declared_columns)
    yield from source.models
    bases = call(f"class {contract.name}", _BASES[contract.layer], *_keywords(contract))
    lines = [laid_out(bases, 0, ":")]
    if contract.description:
        lines += [docstring(inspect.cleandoc(contract.description), 4), ""]
    yield "\n".join([*lines, *fields])


def _keywords(contract: Contract) -> Iterator[Expression]:
    if contract.table != contract.name.lower():
        yield keyword("name", literal(contract.table))
    if contract.key:
        yield keyword("key", sequence(contract.key))
    if contract.partition_by:
        parts = [_partition(part) for part in contract.partition_by]
        yield keyword(
            "partition_by", parts[0] if len(parts) == 1 else Brackets("[", tuple(parts), "]")
        )
    if contract.owners:
        yield keyword("owners", sequence(contract.owners))
    if contract.tags:
        yield keyword("tags", _tags(contract.tags))
    if contract.on_violation != "fail":
        yield keyword("on_violation", literal(contract.on_violation))
    if contract.keep is not None:
        yield keyword("keep", literal(contract.keep))
    if contract.keep_snapshots is not None:
        yield keyword("keep_snapshots", literal(contract.keep_snapshots))


def _partition(part: PartitionField) -> Expression:
    if part.transform == "identity":
        return literal(part.column)
    width = [] if part.width is None else [literal(part.width)]
    return call(part.transform, *width, literal(part.column))


def _tags(tags: tuple[tuple[str, str], ...]) -> Expression:
    if not any(value for _, value in tags):
        return sequence([name for name, _ in tags])
    items = (Prefixed(f"{quoted(name)}: ", quoted(value)) for name, value in tags)
    return Brackets("{", tuple(items), "}")


def docstring(text: str, indent: int) -> str:
    """Return a docstring with a text; one that could not stand as it is becomes an escaped literal.

    >>> docstring("One row per order.", 4).strip(' "')
    'One row per order.'
    """
    margin = " " * indent
    lines = text.split("\n")
    inner = "\n".join(f"{margin}{line}" if line else "" for line in lines)[indent:]
    ending = f"\n{margin}" if len(lines) > 1 or len(margin + inner) + 6 > LINE + 12 else ""
    candidate = f'"""{inner}{ending}"""'
    if all(character.isprintable() or character == "\n" for character in text) and _reads_as(
        candidate, text
    ):
        return margin + candidate
    return margin + quoted(text)


def _reads_as(candidate: str, text: str) -> bool:
    """Return whether a literal is one whole literal, and means a text."""
    try:
        value = ast.literal_eval(candidate)
    except (SyntaxError, ValueError):
        return False
    return isinstance(value, str) and inspect.cleandoc(value) == text


def _imports(body: str) -> Iterator[str]:
    """Yield the groups of imports that the source of the classes needs."""
    code = ast.parse(body)
    used = {node.id for node in ast.walk(code) if isinstance(node, ast.Name)}
    for group in _GROUPS:
        lines = []
        for module in group:
            names = [name for name in _MODULES[module] if name in used]
            if names:
                start = Brackets(f"from {module} import (", tuple(names), ")")
                single = f"from {module} import {', '.join(names)}"
                lines.append(single if len(single) <= LINE else laid_out(start, 0))
        if lines:
            yield "\n".join(lines)


def identifier_like(text: str) -> str:
    """Return a text as a module's name.

    >>> identifier_like("Daily Sales.v2"), identifier_like("2024/x"), identifier_like("日")
    ('daily_sales_v2', 'imported_2024_x', 'imported')
    """
    words = re.findall(r"[a-z0-9]+", text.lower()) if text.isascii() else []
    name = "_".join(words)
    return name if name[:1].isalpha() else "_".join(["imported", *words])
