"""The results of the certification suite: where Sail gives the same rows as Spark."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from pyspark.sql import types as T

from alur.analysis.known_differences import known_difference
from alur.analysis.result_types import result_type
from alur.analysis.signatures import Argument, signatures, type_token
from alur.analysis.type_texts import parsed_type

BY_RULE = "?"
"""The result type of signatures whose result depends on sizes of decimals or on fields of structs."""

_FOLDER = Path(__file__).parent / "certificates"
_REASONS = {"differs": "", "refused": "Sail refuses it: ", "unordered": ""}
"""The parts of the file with reasons against certification, and the prefix of each reason."""

_FOLDS = {
    **dict.fromkeys(("coalesce", "greatest", "least", "concat", "array", "concat_ws"), 2),
    **dict.fromkeys(("in", "struct", "create_map", "map", "named_struct", "format_string"), 2),
    **dict.fromkeys(("agg count", "agg count distinct"), 2),
}
"""Functions that treat each further argument alike, and the least number of arguments in a certificate."""


@dataclass(frozen=True, slots=True)
class Certified:
    """A certified use: the function gives Spark's results for its arguments.

    Attributes:
        type: the result's; None if neither the certificate nor a rule gives it.
    """

    type: T.DataType | None


@dataclass(frozen=True, slots=True)
class Uncertified:
    """An uncertified use: the function may differ from Spark for its arguments.

    Attributes:
        signature: the arguments' types.
        reason: the known difference.
    """

    signature: str
    reason: str


@dataclass(frozen=True)
class Certificate:
    """The certified functions of one version of Sail.

    Attributes:
        sail, spark: the compared versions.
        certified: the type of the result, by subject and signature.
        reasons: why others are not certified, by subject and signature.
    """

    sail: str
    spark: str
    certified: Mapping[str, Mapping[str, str]]
    reasons: Mapping[str, Mapping[str, str]]

    def verdict(self, subject: str, arguments: Sequence[Argument]) -> Certified | Uncertified:
        """Return whether a subject is certified for arguments of these types."""
        if difference := known_difference(subject, arguments):
            return Uncertified(_plain_signature(arguments), difference)
        if result := self._result(subject, arguments):
            return Certified(_type(result, subject, arguments))
        if self._is_certified_fold(subject, arguments):
            return Certified(result_type(subject, arguments) or self._pair_type(subject, arguments))
        reason = self._reason(subject, signatures(arguments))
        return Uncertified(_plain_signature(arguments), reason)

    def objection(self, subject: str, signature: str) -> str | None:
        """Return why a subject is not certified under one signature; None if it is certified."""
        if signature in self.certified.get(subject, {}):
            return None
        return self._reason(subject, [signature])

    def _result(self, subject: str, arguments: Sequence[Argument]) -> str | None:
        known = self.certified.get(subject)
        if not known:
            return None
        return next((known[s] for s in signatures(arguments) if s in known), None)

    def _is_certified_fold(self, subject: str, arguments: Sequence[Argument]) -> bool:
        if len(arguments) <= _FOLDS.get(subject, len(arguments)):
            return False
        first, *rest = arguments
        return all(self._result(subject, [first, argument]) for argument in rest)

    def _pair_type(self, subject: str, arguments: Sequence[Argument]) -> T.DataType | None:
        """Return the type of the result if each further argument gives the same one."""
        first, *rest = arguments
        results = {self._result(subject, [first, argument]) for argument in rest}
        (only,) = results if len(results) == 1 else (None,)
        return parsed_type(only) if only and only != BY_RULE else None

    def _reason(self, subject: str, tried: Iterable[str]) -> str:
        known = self.reasons.get(subject, {})
        reasons = (known[signature] for signature in tried if signature in known)
        return next(reasons, f"not certified for Sail {self.sail}")


def _type(certified: str, subject: str, arguments: Sequence[Argument]) -> T.DataType | None:
    by_rule = result_type(subject, arguments)
    return parsed_type(certified) if by_rule is None and certified != BY_RULE else by_rule


def _plain_signature(arguments: Sequence[Argument]) -> str:
    return ", ".join(type_token(argument.type) for argument in arguments)


@cache
def certificate() -> Certificate:
    """Return the certificate of the installed Sail; it is empty for a version without one."""
    version = metadata.version("pysail")
    path = _FOLDER / f"sail-{version}.json"
    if not path.is_file():
        return Certificate(version, "", {}, {})
    data = json.loads(path.read_text(encoding="utf-8"))
    certified = {
        subject: {s: result for result, held in results.items() for s in held}
        for subject, results in data["certified"].items()
    }
    reasons: dict[str, dict[str, str]] = {}
    for kind, prefix in _REASONS.items():
        for subject, texts in data.get(kind, {}).items():
            prefixed = {signature: f"{prefix}{text}" for signature, text in texts.items()}
            reasons.setdefault(subject, {}).update(prefixed)
    return Certificate(data["sail"], data["spark"], certified, reasons)
