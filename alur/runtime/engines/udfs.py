"""Lets Python functions of the user's modules run on whichever engine is open when they are called.

PySpark decides at decoration whether a UDF belongs to the JVM or to Spark Connect, but the user's modules are imported
before any engine is open. PySpark's other functions decide when they are called; after this patch, UDFs do too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any

from alur.analysis.type_texts import parsed_type
from alur.runtime.engines.udf_results import only_spark_values

_INSTALLED = "_alur_dispatch"
_ROW_BY_ROW = 100
"""PySpark's PythonEvalType.SQL_BATCHED_UDF."""


def dispatch_udfs() -> None:
    """Make every UDF and UDTF, including existing ones, follow the open engine.

    Do nothing where Spark Connect was never imported, as in a Glue job.
    """
    if "pyspark.sql.connect.session" not in sys.modules:
        return
    import pyspark.sql.connect.udf as connect_udf
    import pyspark.sql.connect.udtf as connect_udtf
    import pyspark.sql.udf as classic_udf
    import pyspark.sql.udtf as classic_udtf

    _dispatch(classic_udf.UserDefinedFunction, connect_udf.UserDefinedFunction)
    _dispatch(classic_udtf.UserDefinedTableFunction, connect_udtf.UserDefinedTableFunction)


def _dispatch(classic: Any, connect: Any) -> None:
    if hasattr(classic, _INSTALLED):
        return
    setattr(classic, _INSTALLED, True)
    classic.__init__ = _with_plain_type(classic.__init__)
    on_jvm, on_connect = classic.__call__, connect.__call__
    classic.__call__ = _by_engine(classic, connect, on_jvm, on_connect)
    connect.__call__ = _by_engine(classic, connect, on_jvm, on_connect)


def _by_engine(
    classic: Any, connect: Any, on_jvm: Callable[..., Any], on_connect: Callable[..., Any]
) -> Callable[..., Any]:
    from pyspark.sql.utils import is_remote

    @wraps(on_jvm)
    def call(function: Any, *columns: Any) -> Any:
        if is_remote():
            return on_connect(_with_spark_values(_as(connect, function)), *columns)
        if not isinstance(function, classic):
            _send_by_value(sys.modules[function.func.__module__])
        return on_jvm(_as(classic, function), *columns)

    return call


def _as(kind: Any, function: Any) -> Any:
    """Return a function converted to a kind, or itself if it is of that kind."""
    if isinstance(function, kind):
        return function
    declared = getattr(function, "_returnType", None) or function.returnType
    return kind(
        function.func,
        _plain(declared),
        function._name,
        function.evalType,
        function.deterministic,
    )


def _with_spark_values(function: Any) -> Any:
    """Return a function of Spark Connect; one of single rows fails on results that Spark would convert otherwise."""
    if function.evalType != _ROW_BY_ROW:
        return function
    return type(function)(
        only_spark_values(function.func, _type(_plain(function.returnType))),
        function.returnType,
        function._name,
        function.evalType,
        function.deterministic,
    )


def _type(declared: Any) -> Any:
    return parsed_type(declared) if isinstance(declared, str) else declared


def _with_plain_type(init: Callable[..., None]) -> Callable[..., None]:
    """Return the JVM's constructor; ``spark.udf.register`` also passes it types not parsed by any engine."""

    @wraps(init)
    def construct(self: Any, *arguments: Any, **named: Any) -> None:
        init(self, *map(_plain, arguments), **{name: _plain(v) for name, v in named.items()})

    return construct


def _plain(declared: Any) -> Any:
    """Return a type as the user wrote it: Spark Connect keeps a type's text for the server to parse."""
    return getattr(declared, "data_type_string", declared)


def send_by_value(root: Path) -> None:
    """Send functions of modules with UDFs to the JVM's workers by value, not by name.

    To look up a name, a worker would import the module. There, a UDF with its type as text would ask for an engine,
    and workers have none.
    """
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if path and Path(path).is_relative_to(root) and any(map(_is_udf, vars(module).values())):
            _send_by_value(module)


def _send_by_value(module: ModuleType) -> None:
    from pyspark import cloudpickle

    cloudpickle.register_pickle_by_value(module)  # type: ignore[no-untyped-call]


def _is_udf(value: Any) -> bool:
    return hasattr(value, "func") and hasattr(value, "evalType")
