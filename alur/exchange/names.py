"""Which names of outside can be those of columns, fields and classes."""

from __future__ import annotations

import keyword
import unicodedata

from alur.contracts.problems import COLUMN_NAME, TABLE_NAME
from alur.exchange.losses import brief


def refusal_of_column(name: object) -> str | None:
    """Return why a name cannot be a column's; None if it can.

    >>> refusal_of_column("order_id")
    >>> refusal_of_column("class"), refusal_of_column("order-id")
    ("'class' is a word of Python", "'order-id' is not a valid column name")
    """
    if not isinstance(name, str) or not COLUMN_NAME.fullmatch(name):
        return f"{brief(name)} is not a valid column name"
    if keyword.iskeyword(name):
        return f"{name!r} is a word of Python"
    if name == "model_config":
        return "pydantic keeps the name 'model_config' to itself"
    return None


def is_table_name(name: object) -> bool:
    """Return whether a name can be a table's."""
    return isinstance(name, str) and TABLE_NAME.fullmatch(name) is not None


def is_class_name(name: object) -> bool:
    """Return whether a name can be a class's, and Python reads it as it is: it takes a ligature for its letters.

    >>> is_class_name("OrdersSilver"), is_class_name("Été"), is_class_name("class"), is_class_name("a b")
    (True, True, False, False)
    """
    return (
        isinstance(name, str)
        and name.isidentifier()
        and name == unicodedata.normalize("NFKC", name)
        and not keyword.iskeyword(name)
        and name != "__debug__"
    )
