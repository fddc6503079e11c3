"""Fits a DataFrame to a contract's columns by name and cast, and keeps lost values for the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from alur.contracts.columns import BRONZE_COLUMNS, CHANGE_COLUMN, SOURCE_FILE, Column
from alur.contracts.patterns import portable
from alur.errors import SchemaError
from alur.pipelines.pipeline import Pipeline
from alur.project.suggestions import did_you_mean
from alur.runtime.engines.spark_types import spark_type
from alur.runtime.engines.spelled_numbers import spelled_out

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

LOST_PREFIX = "__alur_lost_"
"""Columns with this prefix hold values lost by a cast, as text; null where the cast lost nothing."""

_ALURS_OWN = frozenset(column.name for column in (*BRONZE_COLUMNS, CHANGE_COLUMN))
"""System columns of a source's rows: the target fills its own, or has none."""

_INTEGERS = (T.ByteType, T.ShortType, T.IntegerType, T.LongType)
_FRACTIONS = (T.FloatType, T.DoubleType, T.DecimalType)
_NUMBERS = (*_INTEGERS, *_FRACTIONS)


_INTEGER = r"^[ \t\r\n]*[+-]?\d+[ \t\r\n]*$"
_FRACTION = r"^[ \t\r\n]*([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|[+-]?inf(inity)?)[ \t\r\n]*$"
_FORMS: dict[type[T.DataType], str] = {
    T.LongType: _INTEGER,
    T.IntegerType: _INTEGER,
    T.DoubleType: f"(?i){_FRACTION}",
    T.FloatType: f"(?i){_FRACTION}",
    T.DecimalType: r"^[ \t\r\n]*[+-]?(\d+\.?\d*|\.\d+)[ \t\r\n]*$",
    T.DateType: r"^\d{4}(-\d{1,2}(-\d{1,2}( \d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?)?)?$",
    T.BooleanType: r"(?i)^[ \t\r\n]*(t|true|y|yes|1|f|false|n|no|0)[ \t\r\n]*$",
}
"""Texts that every engine reads as a value; each engine reads some others as well."""


def conform(frame: DataFrame, pipeline: Pipeline, constants: dict[str, SparkColumn]) -> DataFrame:
    """Return the rows of a pipeline's function in its target's columns.

    If the cast of a column could lose values, another one, with `LOST_PREFIX`, holds these.

    Args:
        constants: the values of system columns that are the same in every row.

    Raises:
        SchemaError: as :func:`check_columns`.
    """
    schema = frame.schema
    check_columns(schema, pipeline)
    declared = pipeline.target.declared_columns
    targets = {column.name: spark_type(column.type) for column in declared}
    spelled = spelled_out(frame, schema, targets)
    # Each question for a schema is a request to the engine.
    types = _types(schema if spelled is frame else spelled.schema)
    selected: list[SparkColumn] = []
    for column in declared:
        source, target = types[column.name], targets[column.name]
        selected.append(cast(column.name, source, target).alias(column.name))
        if loses_values(source, target):
            lost = lost_value(column.name, source, target)
            selected.append(lost.alias(LOST_PREFIX + column.name))
    selected += _system_columns(pipeline, constants, types)
    return spelled.select(*selected)


def check_columns(schema: T.StructType, pipeline: Pipeline) -> None:
    """Check the columns of a pipeline's rows.

    Raises:
        SchemaError: columns are missing, unknown to the contract, or of a type that cannot become the declared one; or
            rows of landing files do not name their file.
    """
    check_names(schema, pipeline)
    _refuse_uncastable(pipeline, pipeline.target.declared_columns, _types(schema))


def check_names(schema: T.StructType, pipeline: Pipeline) -> None:
    """Check the names of the columns of a pipeline's rows.

    Raises:
        SchemaError: columns are missing or unknown to the contract; or rows of landing files do not name their file.
    """
    returned = [name for name in schema.names if name not in _ALURS_OWN]
    _check_names(pipeline, pipeline.target.declared_columns, returned)
    _check_file_name(pipeline, schema.names)


def _types(schema: T.StructType) -> dict[str, T.DataType]:
    return {field.name: field.dataType for field in schema.fields}


def _system_columns(
    pipeline: Pipeline, constants: dict[str, SparkColumn], types: dict[str, T.DataType]
) -> list[SparkColumn]:
    selected = []
    for column in pipeline.target.columns:
        if column.system and column.name in constants:
            selected.append(constants[column.name].alias(column.name))
        elif column.system and column.name == SOURCE_FILE and column.name in types:
            selected.append(F.col(SOURCE_FILE))
        elif column.system:
            selected.append(F.lit(None).cast(spark_type(column.type)).alias(column.name))
    return selected


def _refuse_uncastable(
    pipeline: Pipeline, declared: Sequence[Column], types: dict[str, T.DataType]
) -> None:
    for column in declared:
        source = types[column.name]
        if not castable(source, spark_type(column.type)):
            raise SchemaError(
                f"{pipeline.name}: column {column.name!r} is {source.simpleString()}, "
                f"which cannot become {pipeline.target.name}'s {column.type}",
                where=pipeline.location,
                remedy="convert it in the pipeline, or change the contract",
            )


def _check_file_name(pipeline: Pipeline, names: list[str]) -> None:
    if pipeline.target.column(SOURCE_FILE) is None:
        return
    if pipeline.takes_each_file_once and pipeline.file_sources and SOURCE_FILE not in names:
        raise SchemaError(
            f"{pipeline.name}: the rows lack {SOURCE_FILE}, which records the files in the table",
            where=pipeline.location,
            remedy=f"keep it: add {SOURCE_FILE!r} to the select",
        )
    if names.count(SOURCE_FILE) > 1:
        raise SchemaError(
            f"{pipeline.name}: column {SOURCE_FILE!r} appears twice",
            where=pipeline.location,
            remedy="drop it from one source before the join",
        )


def _check_names(pipeline: Pipeline, declared: Sequence[Column], returned: list[str]) -> None:
    expected = [column.name for column in declared]
    missing = [name for name in expected if name not in returned]
    extra = [name for name in returned if name not in expected]
    twice = sorted({name for name in returned if returned.count(name) > 1})
    if twice:
        raise SchemaError(
            f"{pipeline.name}: column {twice[0]!r} appears twice",
            where=pipeline.location,
            remedy="drop one, or rename it with .alias(...)",
        )
    if missing:
        nearest = did_you_mean(missing[0], extra, "returned columns") if extra else None
        raise SchemaError(
            f"{pipeline.name}: no column {missing[0]!r}, which {pipeline.target.name} has"
            + (f" (nor {', '.join(map(repr, missing[1:]))})" if missing[1:] else ""),
            where=pipeline.location,
            remedy=nearest or f"return it; the columns returned are {', '.join(returned)}",
        )
    if extra:
        raise SchemaError(
            f"{pipeline.name}: {pipeline.target.name} has no column {', '.join(map(repr, extra))}",
            where=pipeline.location,
            remedy=f"drop it with .select(...), or declare it in {pipeline.target.name}",
        )


def castable(source: T.DataType, target: T.DataType) -> bool:
    """Return whether values of one type can become another, as a strict INSERT would allow."""
    if isinstance(source, T.NullType) or source == target:
        return True
    if isinstance(source, T.ArrayType) and isinstance(target, T.ArrayType):
        return _safe(source.elementType, target.elementType)
    if isinstance(source, T.MapType) and isinstance(target, T.MapType):
        return source.keyType == target.keyType and _safe(source.valueType, target.valueType)
    if isinstance(source, T.StructType) and isinstance(target, T.StructType):
        return source.names == target.names and all(
            _safe(a.dataType, b.dataType) for a, b in zip(source.fields, target.fields, strict=True)
        )
    if isinstance(source, _NUMBERS) and isinstance(target, _NUMBERS):
        return True
    if isinstance(source, T.StringType):
        return isinstance(target, T.AtomicType) and not isinstance(target, T.BinaryType)
    if isinstance(target, T.StringType):
        return isinstance(source, T.AtomicType) and not isinstance(source, T.BinaryType)
    instants = (T.DateType, T.TimestampType, T.TimestampNTZType)
    return isinstance(source, instants) and isinstance(target, instants)


def _safe(source: T.DataType, target: T.DataType) -> bool:
    """Return whether a value within a list, map or struct can be cast: only if the cast never loses one."""
    return castable(source, target) and not loses_values(source, target)


def loses_values(source: T.DataType, target: T.DataType) -> bool:
    """Return whether a cast between castable types may lose a value."""
    if isinstance(source, T.StringType):
        return not isinstance(target, T.StringType)
    if not (isinstance(source, _NUMBERS) and isinstance(target, _NUMBERS)) or source == target:
        return False
    if isinstance(source, _INTEGERS) and isinstance(target, _INTEGERS):
        return _INTEGERS.index(type(source)) > _INTEGERS.index(type(target))
    if isinstance(source, T.DecimalType) and isinstance(target, T.DecimalType):
        return source.precision - source.scale > target.precision - target.scale
    return not isinstance(target, T.FloatType | T.DoubleType)


def cast(name: str, source: T.DataType, target: T.DataType) -> SparkColumn:
    """Return a column cast to the other type; null where a value does not fit. Decimals are rounded to their scale."""
    if source == target:
        return F.col(_quoted(name))
    form = _FORMS.get(type(target)) if isinstance(source, T.StringType) else None
    if form is not None:
        return F.when(F.col(_quoted(name)).rlike(portable(form)), _try_cast(name, target))
    if loses_values(source, target):
        return _try_cast(name, target)
    return F.col(_quoted(name)).cast(target)


def lost_value(name: str, source: T.DataType, target: T.DataType) -> SparkColumn:
    """Return a value lost by the cast, as text: it becomes null, or an integer without its fraction."""
    column = F.col(_quoted(name))
    lost = _try_cast(name, target).isNull()
    if isinstance(source, T.StringType):
        lost = cast(name, source, target).isNull()
    if isinstance(source, T.FloatType | T.DoubleType) and isinstance(target, T.LongType):
        # Spark would return the greatest bigint.
        lost = lost | (column >= F.lit(2.0**63))
    if isinstance(source, _FRACTIONS) and isinstance(target, _INTEGERS):
        lost = lost | (column != F.floor(column))
    return F.when(column.isNotNull() & lost, column.cast("string"))


def _try_cast(name: str, target: T.DataType) -> SparkColumn:
    # PySpark 3.5 has try_cast in SQL only.
    return F.expr(f"try_cast({_quoted(name)} as {target.simpleString()})")


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
