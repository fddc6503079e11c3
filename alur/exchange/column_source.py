"""The Python source of a contract's columns: annotations, constraints and nested models."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from alur.contracts.columns import (
    ArrayType,
    Column,
    ColumnType,
    DecimalType,
    MapType,
    PrimitiveName,
    PrimitiveType,
    StructType,
)
from alur.contracts.rules import Rule
from alur.contracts.tags import Tag
from alur.exchange.python_layout import (
    LINE,
    Expression,
    Nullable,
    Prefixed,
    call,
    keyword,
    laid_out,
    literal,
    one_line,
    subscript,
)

_PRIMITIVES: dict[PrimitiveName, str] = {
    "string": "str",
    "bigint": "int",
    "int": "Int32",
    "double": "float",
    "float": "Float32",
    "boolean": "bool",
    "binary": "bytes",
    "date": "date",
    "timestamp": "datetime",
}

CONSTRAINTS = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern")
"""The rules that are keywords of pydantic's Field, in the order of the source."""

USED_NAMES = frozenset(
    {*_PRIMITIVES.values(), "Decimal", "Literal", "Annotated", "Field", "Tag", "BaseModel"}
    | {"list", "dict", "timezone", "timedelta", "days", "hours", "months", "years", "bucket"}
    | {"truncate", "BronzeTable", "SilverTable", "GoldTable", "Enum"}
)
"""The names that generated source uses; no class may have one of them."""


class ColumnSource:
    """Writes the fields of one contract's class and of its nested models.

    Attributes:
        models: the source of the nested models, innermost first.
    """

    def __init__(self, owner: str, rules: Iterable[Rule], taken: set[str]) -> None:
        self._owner = owner
        self._taken = taken
        self._rules: dict[str, list[Rule]] = defaultdict(list)
        for rule in rules:
            if rule.kind not in ("not_null", "unique"):
                self._rules[rule.columns[0]].append(rule)
        self.models: list[str] = []

    def fields(self, columns: Sequence[Column], path: tuple[str, ...] = ()) -> list[str]:
        """Return a line, or several, for each column."""
        names = {column.name for column in columns}
        return [self._field(column, (*path, column.name), names) for column in columns]

    def _field(self, column: Column, path: tuple[str, ...], names: set[str]) -> str:
        annotation = self._annotation(column.type, path)
        if column.nullable:
            annotation = Nullable(annotation)
        keywords = [*self._keywords(column.type, path), *_description(column.description)]
        extra = [*self._repeated(path), *map(_tag, own_tags(column))]
        start = Prefixed(f"{column.name}: ", _annotated(annotation, extra))
        # A value assigned to a name hides the type of that name from the fields below.
        if not names & USED_NAMES:
            default = ["None"] if column.nullable else []
            value = call("Field", *default, *keywords) if keywords else "".join(default)
            opening = one_line(start) + (" = Field(" if keywords else " = None" if default else "")
            if len(opening) + 4 <= LINE:
                shown = Prefixed(f"{one_line(start)} = ", value) if value else start
                return "    " + laid_out(shown, 4)
        whole = _annotated(annotation, [call("Field", *keywords), *extra] if keywords else extra)
        return "    " + laid_out(Prefixed(f"{column.name}: ", whole), 4)

    def _annotation(self, type_: ColumnType, path: tuple[str, ...]) -> Expression:
        """Return the type at a path, without its own constraints."""
        match type_:
            case PrimitiveType(name):
                allowed = next(self._of_kind("one_of", path), None)
                if allowed is not None:
                    values = allowed.value
                    assert isinstance(values, tuple)
                    return subscript("Literal", *map(literal, values))
                return _PRIMITIVES[name]
            case DecimalType():
                return "Decimal"
            case ArrayType(element, nullable):
                return subscript("list", self._inner(element, nullable, (*path, "element")))
            case MapType(value, nullable):
                return subscript("dict", "str", self._inner(value, nullable, (*path, "value")))
            case StructType(fields):
                return self._model(fields, path)

    def _inner(self, type_: ColumnType, nullable: bool, path: tuple[str, ...]) -> Expression:
        """Return the type of the values within a list or map."""
        annotation = self._annotation(type_, path)
        keywords = self._keywords(type_, path)
        extra = [*([call("Field", *keywords)] if keywords else []), *self._repeated(path)]
        annotation = _annotated(annotation, extra)
        return Nullable(annotation) if nullable else annotation

    def _model(self, fields: Sequence[Column], path: tuple[str, ...]) -> str:
        """Write a nested model, and return its name."""
        name = unused(class_name("_".join((self._owner, *path)), self._owner), self._taken)
        lines = self.fields(fields, path)
        self.models.append(f"class {name}(BaseModel):\n" + "\n".join(lines))
        return name

    def _keywords(self, type_: ColumnType, path: tuple[str, ...]) -> list[Expression]:
        """Return the keywords of a type's size and of the first rule of each kind."""
        keywords: list[Expression] = []
        if isinstance(type_, DecimalType):
            keywords.append(keyword("max_digits", str(type_.precision)))
            keywords.append(keyword("decimal_places", str(type_.scale)))
        for kind in CONSTRAINTS:
            rule = next(self._of_kind(kind, path), None)
            if rule is not None:
                keywords.append(keyword(kind, literal(rule.value)))
        return keywords

    def _repeated(self, path: tuple[str, ...]) -> Iterator[Expression]:
        """Yield a Field for each further rule of one kind."""
        for kind in CONSTRAINTS:
            for rule in list(self._of_kind(kind, path))[1:]:
                yield call("Field", keyword(kind, literal(rule.value)))

    def _of_kind(self, kind: str, path: tuple[str, ...]) -> Iterator[Rule]:
        return (rule for rule in self._rules[".".join(path)] if rule.kind == kind)


def own_tags(column: Column) -> tuple[Tag, ...]:
    """Return the tags of a column that none of its fields has.

    A contract gives a column also the tags of its fields.
    """
    within = {tag for field in _fields(column.type) for tag in field.tags}
    return tuple(tag for tag in column.tags if tag not in within)


def _fields(type_: ColumnType) -> Iterator[Column]:
    match type_:
        case ArrayType(element=inner) | MapType(value=inner):
            yield from _fields(inner)
        case StructType(fields):
            for field in fields:
                yield field
                yield from _fields(field.type)
        case _:
            return


def class_name(text: str, fallback: str = "Imported") -> str:
    """Return a class's name for a table or a path.

    >>> class_name("daily_sales.v2"), class_name("2024"), class_name("été"), class_name("OrdersSilver_address")
    ('DailySalesV2', 'Imported2024', 'Imported', 'OrdersSilverAddress')
    """
    words = re.findall(r"[A-Za-z0-9]+", text) if text.isascii() else []
    name = "".join(word[0].upper() + word[1:] for word in words)
    return name if name[:1].isalpha() else f"{fallback}{name}"


def unused(name: str, taken: set[str]) -> str:
    """Return a name that is not taken, numbered if needed, and take it."""
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}{number}"
    taken.add(candidate)
    return candidate


def _description(text: str) -> list[Expression]:
    return [keyword("description", literal(text))] if text else []


def _tag(tag: Tag) -> Expression:
    return call("Tag", literal(tag.name), *([] if tag.holds else [keyword("holds", "False")]))


def _annotated(annotation: Expression, extra: Sequence[Expression]) -> Expression:
    return subscript("Annotated", annotation, *extra) if extra else annotation
