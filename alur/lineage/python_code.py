"""Digests of Python code that change with its meaning, not with its formatting, comments or names of variables."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from alur.lineage.digests import digest
from alur.lineage.python_values import ValueReader


def udf_digest(function: Any) -> str:
    """Return the digest of a user-defined function in a plan: its code, what it closes over, and its type.

    Args:
        function: a message of Spark Connect; cloudpickle has written a function in Python.
    """
    kind = function.WhichOneof("function")
    if kind != "python_udf":
        return digest(kind, _bytes(getattr(function, kind)), function.deterministic)
    udf = function.python_udf
    return digest("udf", pickled_digest(udf), function.deterministic)


def unreadable_parts(function: Any) -> tuple[str, ...]:
    """Return what a user-defined function in a plan reaches whose content cannot be told, such as a generator."""
    try:
        return read_code(_unpickled(function.python_udf))[1]
    except Exception:
        return ()


def pickled_digest(udf: Any) -> str:
    """Return the digest of what cloudpickle has written, and of its type."""
    code = type(udf)()
    code.CopyFrom(udf)
    code.ClearField("command")
    code.ClearField("python_ver")
    try:
        called = _unpickled(udf)
    except Exception:
        # Whatever cannot be read again is compared byte by byte.
        return digest("bytes", udf.command.hex(), _bytes(code))
    return digest(code_digest(called), _bytes(code))


def _unpickled(udf: Any) -> Any:
    from pyspark import cloudpickle

    unpickled = cloudpickle.loads(udf.command)
    return unpickled[0] if isinstance(unpickled, tuple) else unpickled


def _bytes(message: Any) -> str:
    return str(message.SerializeToString(deterministic=True).hex())


def code_digest(value: object) -> str:
    """Return the digest of a function, with all of the user's code and values that it reaches.

    It differs in each call if a value's content cannot be told.

    >>> rate = 2
    >>> code_digest(lambda x: x * rate) == code_digest(lambda amount: amount * rate)
    True
    >>> code_digest(lambda x: x * 2) == code_digest(lambda x: x * 3)
    False
    """
    found, unreadable = read_code(value)
    return digest(found, uuid4().hex) if unreadable else found


def read_code(value: object) -> tuple[str, tuple[str, ...]]:
    """Return the digest of a function as far as its content can be told, and what cannot.

    >>> from io import StringIO
    >>> buffer = (line for line in StringIO("a"))
    >>> read_code(lambda: next(buffer))[1]
    ('a builtins.generator',)
    """
    reader = ValueReader()
    return reader.read(value), tuple(sorted(reader.unreadable))
