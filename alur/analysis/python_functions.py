"""Python functions in a plan: their kinds, as certificates name them, and the types that they exchange."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pyspark.sql import types as T

from alur.analysis.certificate import Certificate, Uncertified
from alur.analysis.signatures import Argument

_KINDS = {
    100: "udf",
    101: "udf arrow",
    200: "pandas_udf scalar",
    201: "applyInPandas",
    202: "pandas_udf grouped agg",
    204: "pandas_udf scalar iter",
    205: "mapInPandas",
    206: "cogroup applyInPandas",
    207: "mapInArrow",
}
"""By PySpark's PythonEvalType."""


def function_kind(function: Any) -> tuple[str | None, T.DataType | None]:
    """Return a function's kind and its return type; None for each that is unknown."""
    if function.WhichOneof("function") != "python_udf":
        return None, None
    from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type

    python = function.python_udf
    return _KINDS.get(python.eval_type), proto_schema_to_pyspark_data_type(python.output_type)


def objections(
    certificate: Certificate, kind: str, types: Iterable[T.DataType]
) -> Iterator[tuple[T.DataType, str]]:
    """Yield each type that functions of a kind may not receive or return on Sail, and the reason."""
    for type_ in types:
        verdict = certificate.verdict(kind, [Argument(type_)])
        if isinstance(verdict, Uncertified):
            yield type_, verdict.reason
