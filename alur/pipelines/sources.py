"""The sources of a pipeline: tables, and landing files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, get_args

from pydantic import BaseModel

from alur.contracts.annotations import Unsupported, column_of
from alur.contracts.columns import CHANGE_COLUMN, ArrayType, Column, MapType, StructType
from alur.contracts.contract import Contract
from alur.contracts.table import Table, contract_of
from alur.errors import PipelineError
from alur.pipelines.datetime_patterns import DateTimePattern, InvalidPattern

FileFormat = Literal["csv", "parquet"]
FILE_FORMATS: tuple[FileFormat, ...] = get_args(FileFormat)

CSV_OPTIONS = (
    "sep",
    "delimiter",
    "quote",
    "escape",
    "comment",
    "nullValue",
    "dateFormat",
    "timestampFormat",
    "ignoreLeadingWhiteSpace",
    "ignoreTrailingWhiteSpace",
)
"""The CSV options, by Spark's names (https://spark.apache.org/docs/3.5.6/sql-data-sources-csv.html)."""


_CHARACTERS = ("sep", "delimiter", "quote", "escape", "comment")
_SWITCH = ("true", "false")


@dataclass(frozen=True, slots=True)
class TableSource:
    """A table written by another pipeline.

    Attributes:
        is_changes: whether a run receives its changes since the last one, instead of all rows.
        has_removed: whether these have the removed rows, too.
    """

    contract: Contract
    is_changes: bool = False
    has_removed: bool = False

    def __str__(self) -> str:
        return self.contract.table

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that a pipeline receives."""
        own = self.contract.columns
        return (*own, CHANGE_COLUMN) if self.is_changes else own


@dataclass(frozen=True, slots=True)
class FileSource:
    """Files below the environment's landing location.

    Attributes:
        pattern: a glob relative to the landing location, such as ``orders/*.csv``.
        columns: the columns to read, with their types.
        options: Spark's reader options for the format.
        strict: whether columns missing from ``columns`` are an error.
    """

    pattern: str
    format: FileFormat
    columns: tuple[Column, ...]
    options: tuple[tuple[str, str], ...] = ()
    strict: bool = False

    def __str__(self) -> str:
        return self.pattern

    @property
    def name(self) -> str:
        """A short name for the files: the pattern's fixed leading folders, or its bare words.

        >>> files("orders/2024/*.csv", schema=_Example).name, files("rates.csv", schema=_Example).name
        ('orders_2024', 'rates')
        """
        parts = PurePosixPath(self.pattern).parts
        fixed = [part for part in parts[:-1] if not re.search(r"[*?\[]", part)]
        words = "_".join(fixed) or PurePosixPath(self.pattern).stem
        return re.sub(r"\W+", "_", words).strip("_") or "files"


Source = TableSource | FileSource


def files(
    pattern: str,
    *,
    schema: type[BaseModel],
    format: FileFormat = "csv",
    options: Mapping[str, str | int | bool] | None = None,
    strict: bool = False,
) -> FileSource:
    """Return landing files as a pipeline's source.

    Args:
        pattern: a glob relative to the environment's landing location: a folder locally, an S3 prefix in AWS.
            ``*`` and ``?`` match within a name, ``**`` matches any folders.
        schema: a contract or any pydantic model; its fields name the columns to read, and their types.
        format: ``csv`` (UTF-8, with a header) or ``parquet``.
        options: Spark's reader options for CSV, such as ``{"sep": ";"}``.
        strict: refuse files with columns unknown to ``schema``, instead of skipping those columns with a notice.

    Raises:
        PipelineError: the pattern leaves the landing location, the format or an option does not exist, or the schema
            has a field not supported by the format.

    >>> from alur import BronzeTable, files
    >>> class RatesBronze(BronzeTable):
    ...     currency: str
    ...     rate: float
    >>> files("rates/*.csv", schema=RatesBronze, options={"sep": ";"}).pattern
    'rates/*.csv'
    """
    given = {} if options is None else {key: _option(value) for key, value in options.items()}
    with _errors_about(pattern):
        _check_pattern(pattern)
        _check_format(format)
        _check_options(format, given)
    columns = _columns(schema)
    if format == "csv":
        with _errors_about(pattern):
            _check_flat(columns)
    return FileSource(pattern, format, columns, tuple(sorted(given.items())), strict)


def source_of(value: object) -> Source:
    """Return the source for a value of a pipeline's ``sources``.

    Raises:
        PipelineError: the value is neither a contract's class nor the result of :func:`files` or ``changes``.
    """
    if isinstance(value, FileSource | TableSource):
        return value
    if isinstance(value, type) and issubclass(value, Table):
        return TableSource(contract_of(value))
    raise PipelineError(
        f"{value!r} is not a source", remedy='use a contract\'s class or files("folder/*.csv", ...)'
    )


@contextmanager
def _errors_about(pattern: str) -> Iterator[None]:
    try:
        yield
    except PipelineError as error:
        raise error.about(f"files({pattern!r})") from None


def _check_format(format: str) -> None:
    if format not in FILE_FORMATS:
        raise PipelineError(
            f"format {format!r} does not exist", remedy=f"use one of {', '.join(FILE_FORMATS)}"
        )


def _check_pattern(pattern: str) -> None:
    path = PurePosixPath(pattern)
    if not path.parts or path.is_absolute() or ".." in path.parts or "://" in pattern:
        raise PipelineError(
            "the pattern must stay below the landing location",
            remedy='write it relative to the landing location, such as "orders/*.csv"',
        )
    if any("**" in part and part != "**" for part in path.parts) or pattern.endswith("**"):
        raise PipelineError(
            "** must stand alone between slashes",
            remedy='write it as "orders/**/*.csv"',
        )


def _check_options(format: FileFormat, options: Mapping[str, str]) -> None:
    known = CSV_OPTIONS if format == "csv" else ()
    for key, value in options.items():
        if key not in known:
            raise PipelineError(
                f"{format} has no option {key!r} that every engine supports",
                remedy=f"use one of {', '.join(known)}" if known else "drop options",
            )
        reason = _mistake(key, value)
        if reason:
            raise PipelineError(f"{key} {reason[0]}", remedy=reason[1])
    _check_distinct(options)


def _mistake(key: str, value: str) -> tuple[str, str] | None:
    """Return the problem of an option's value, and the correction."""
    if key in _CHARACTERS and (len(value) != 1 or value in "\r\n"):
        return f"must be one character, not {value!r}", 'use a character such as ";" or "\\t"'
    if key in ("ignoreLeadingWhiteSpace", "ignoreTrailingWhiteSpace") and value not in _SWITCH:
        return f"must be True or False, not {value!r}", "write True, or drop it"
    if key in ("dateFormat", "timestampFormat"):
        try:
            has_time = DateTimePattern(value).has_time
        except InvalidPattern as error:
            return (
                f"{value!r} cannot be used: {error}",
                'use a pattern such as "dd.MM.yyyy" or "dd/MM/yyyy HH:mm:ss"',
            )
        if has_time and key == "dateFormat":
            return (
                f"{value!r} contains a time",
                "declare the column as datetime, and use timestampFormat",
            )
    return None


def _check_distinct(options: Mapping[str, str]) -> None:
    """Refuse characters with two meanings; an escape equal to the quote is CSV's own rule."""
    if "sep" in options and "delimiter" in options:
        raise PipelineError("sep and delimiter are the same option", remedy="drop one of them")
    given = {key: options[key] for key in _CHARACTERS if key in options}
    given.setdefault("quote", '"')
    if given.get("escape") == given["quote"]:
        del given["escape"]
    if "sep" not in given and "delimiter" not in given:
        given["sep"] = ","
    seen: dict[str, str] = {}
    for key, value in given.items():
        other = seen.setdefault(value, key)
        if other != key:
            raise PipelineError(
                f"{other} and {key} are both {value!r}",
                remedy="use different characters",
            )


def _check_flat(columns: tuple[Column, ...]) -> None:
    for column in columns:
        if (
            isinstance(column.type, ArrayType | MapType | StructType)
            or str(column.type) == "binary"
        ):
            raise PipelineError(
                f"a CSV column cannot hold {column.name}: {column.type}",
                remedy="read it as str, and parse it in the pipeline",
            )


def _option(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _columns(schema: type[BaseModel]) -> tuple[Column, ...]:
    if issubclass(schema, Table):
        return contract_of(schema).declared_columns
    columns = []
    for name, info in schema.model_fields.items():
        try:
            columns.append(column_of(name, info)[0])
        except Unsupported as error:
            raise PipelineError(
                f"{schema.__name__}.{name}: {error.reason}", remedy=error.remedy
            ) from None
    return tuple(columns)


class _Example(BaseModel):
    """The schema of the examples above."""

    order_id: str
