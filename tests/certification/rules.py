"""Signatures that the guard leaves to Spark by a rule, whatever the suite finds."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Iterator
from typing import Any

from pyspark.sql import types as T

from alur.analysis.known_differences import known_difference
from alur.analysis.signatures import Argument
from alur.analysis.type_texts import parsed_type

_TOKEN = re.compile(
    r"""(?P<type>[a-z0-9<>,]+?)(?:(?P<free>!)|=(?P<value>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,]*))?(?:,\ |$)"""
)
_SIMPLEST = {"decimal": "decimal(1,0)", "decimal38": "decimal(19,0)", "struct": "struct<s:string>"}
"""For each token of several types, the type that the fewest rules concern."""


def refusal(subject: str, signature: str) -> str | None:
    """Return why the guard leaves every use of a signature to Spark; None if it has no such rule.

    >>> refusal("greatest", "float, float"), refusal("greatest", "float, float, float")
    (None, 'it chooses among more than two floating-point numbers, where Sail tells -0.0 from 0.0')
    """
    if "lambda" in signature:
        return None  # the rules are about values
    return known_difference(subject, list(arguments_of(signature)))


def arguments_of(signature: str) -> Iterator[Argument]:
    """Yield the arguments that a signature describes: of types that stand for several, the simplest.

    >>> [argument.type.simpleString() for argument in arguments_of("array<decimal>, map<string,struct>, int!")]
    ['array<decimal(1,0)>', 'map<string,struct<s:string>>', 'int']
    >>> [argument.value for argument in arguments_of("date, string='d, y', int=-2")]
    [None, 'd, y', -2]
    """
    end = 0
    for token in _TOKEN.finditer(signature):
        if token.start() != end:
            break
        end = token.end()
        type_, value = _type(token["type"]), token["value"]
        is_literal = bool(token["free"]) or value is not None
        yield Argument(type_, is_literal, None if value is None else _value(type_, value))
    if end != len(signature):
        raise ValueError(f"a signature has an unknown token: {signature!r}, at {end}")


def _type(token: str) -> T.DataType:
    text = re.sub(r"\b(?:decimal38|decimal|struct)\b", lambda name: _SIMPLEST[name[0]], token)
    if type_ := parsed_type(text):
        return type_
    raise ValueError(f"a signature has an unknown type: {token!r}")


def _value(type_: T.DataType, text: str) -> Any:
    return float(text) if isinstance(type_, T.FractionalType) else literal_eval(text)
