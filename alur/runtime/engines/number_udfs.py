"""Texts of numbers as functions of columns, for an engine calling Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd
from pyspark.sql import functions as F
from pyspark.sql import types as T

from alur.runtime.engines.java_numbers import java_text, plain_text

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn

TextOf = Callable[["SparkColumn"], "SparkColumn"]


def plain_double() -> TextOf:
    """Return a function for a double's text without an exponent."""
    return _udf(_plain_doubles)


def double_text() -> TextOf:
    """Return a function for a double's text."""
    return _udf(_doubles)


def float_text() -> TextOf:
    """Return a function for a float's text."""
    return _udf(_floats)


def decimal_text() -> TextOf:
    """Return a function for a decimal's text, by a rule common to Python and Java."""
    return _udf(_decimals)


def _udf(texts: Callable[[pd.Series], pd.Series]) -> TextOf:
    # Created on demand: PySpark then chooses by the kind of the session.
    make: Any = F.pandas_udf  # type: ignore[attr-defined]
    udf: TextOf = make(texts, T.StringType())
    return udf


def _plain_doubles(values: pd.Series) -> pd.Series:
    return values.map(plain_text, na_action="ignore").astype(object)


def _doubles(values: pd.Series) -> pd.Series:
    return values.map(java_text, na_action="ignore").astype(object)


def _floats(values: pd.Series) -> pd.Series:
    return values.map(_float_text, na_action="ignore").astype(object)


def _float_text(value: float) -> str:
    return java_text(float(value), single=True)


def _decimals(values: pd.Series) -> pd.Series:
    # https://speleotrove.com/decimal/daconvs.html
    return values.map(str, na_action="ignore").astype(object)
