"""The notation of argument types in certificates: a few words in place of all types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from pyspark.sql import types as T

_ORDINARY_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a function, as its certificate describes it.

    Attributes:
        is_literal: whether it is a literal, and so the same for all rows.
        value: the literal's value.
        name: the name of its column, if certain.
    """

    type: T.DataType
    is_literal: bool = False
    value: Any = None
    name: str | None = None

    def tokens(self) -> tuple[str, ...]:
        """Return the argument's possible tokens in a certificate, the most exact first.

        >>> Argument(T.StringType(), is_literal=True, value="month").tokens()
        ("string='month'", 'string!')
        >>> Argument(T.DecimalType(12, 2)).tokens()
        ('decimal',)
        """
        token = type_token(self.type)
        if not self.is_literal:
            return (token,)
        return (exact_token(self.type, self.value), f"{token}!")


def exact_token(type_: T.DataType, value: Any) -> str:
    """Return the token of exactly one literal.

    >>> exact_token(T.IntegerType(), 2)
    'int=2'
    """
    return f"{type_token(type_)}={value!r}"


def type_token(type_: T.DataType) -> str:
    """Return a type's token: decimals of all ordinary sizes share one, and so do all structs.

    Decimals of more than 18 digits differ: their sums and products may exceed the maximum of digits.

    >>> type_token(T.ArrayType(T.DecimalType(12, 2))), type_token(T.DecimalType(38, 10))
    ('array<decimal>', 'decimal38')
    >>> type_token(T.MapType(T.StringType(), T.StructType([])))
    'map<string,struct>'
    """
    match type_:
        case T.DecimalType():
            return "decimal" if type_.precision <= _ORDINARY_DIGITS else "decimal38"
        case T.StructType():
            return "struct"
        case T.ArrayType():
            return f"array<{type_token(type_.elementType)}>"
        case T.MapType():
            return f"map<{type_token(type_.keyType)},{type_token(type_.valueType)}>"
        case _:
            return type_.simpleString()


def signatures(arguments: Sequence[Argument]) -> Iterator[str]:
    """Yield the signatures that cover these arguments in a certificate, the most exact first.

    >>> month = Argument(T.StringType(), is_literal=True, value="month")
    >>> list(signatures([month, Argument(T.DateType())]))
    ["string='month', date", 'string!, date']
    """
    for tokens in product(*(argument.tokens() for argument in arguments)):
        yield ", ".join(tokens)
