"""The rules that a property of the Open Data Contract Standard says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil, floor
from typing import Any

from alur.contracts.columns import ColumnType
from alur.contracts.patterns import NotPortable, portable
from alur.contracts.rules import Rule
from alur.exchange import odcs_words as words
from alur.exchange.losses import brief

_LONGEST = 2**31 - 1
"""The engines count characters and elements in 32 bits."""
_KINDS = frozenset(("ge", "gt", "le", "lt", "min_length", "max_length", "pattern", "one_of"))
_FORMATS = frozenset(("i8", "i16", "i32", "i64", "u8", "u16", "u32", "f32", "f64"))
_STRICT = frozenset(("error", "critical", "blocker", "fatal", "high"))
"""Severities of a rule that stops a write."""
_PLAIN = frozenset(
    ("id", "name", "description", "type", "metric", "rule", "arguments", "mustBe", "unit")
) | frozenset(
    ("severity", "dimension", "method", "tags", "businessImpact", "schedule", "scheduler")
)
"""What does not change the rows that a quality rule is about."""
_NOT_RULES = frozenset(("timezone", "defaultTimezone"))


def rules_of(
    shown: Mapping[str, Any], type_: ColumnType, path: str, losses: list[str]
) -> list[Rule]:
    """Return the rules of a property, except those of keys and of null.

    Args:
        losses: gets a sentence for each thing that no rule can say.

    >>> from alur.contracts.columns import PrimitiveType
    >>> said = {"logicalTypeOptions": {"minimum": 0, "multipleOf": 5}}
    >>> rules_of(said, PrimitiveType("bigint"), "amount", losses := [])[0].describe()
    'amount must be at least 0'
    >>> losses
    ['the option multipleOf: 5']
    """
    exact = custom(shown).get(words.RULES)
    if exact is not None:
        return _exact(exact, path, losses)
    rules = [*_options(shown.get("logicalTypeOptions"), type_, path, losses)]
    for check in _list(shown.get("quality")):
        rule = _quality(check, type_, path)
        if rule is not None:
            rules.append(rule)
        elif not is_null_check(check):
            losses.append(f"the quality rule {described(check)}")
    return rules


def custom(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return the custom properties by their names."""
    return {
        entry["property"]: entry.get("value")
        for entry in _list(shown.get("customProperties"))
        if isinstance(entry, dict) and isinstance(entry.get("property"), str)
    }


def is_null_check(check: Any) -> bool:
    """Return whether a quality rule forbids nulls, as ``required`` does."""
    return (
        isinstance(check, dict)
        and check.get("metric") == "nullValues"
        and _is_none(check)
        and not check.get("arguments")
    )


def described(check: Any) -> str:
    """Return what a person calls a quality rule.

    >>> described({"type": "sql", "query": "..."}), described({"metric": "rowCount"})
    ("'sql'", "'rowCount'")
    >>> described({"metric": "nullValues", "severity": "warning"})
    "'nullValues' of severity 'warning'"
    """
    if not isinstance(check, dict):
        return brief(check)
    names = (check.get(word) for word in ("name", "metric", "rule", "description", "type"))
    name = brief(next((name for name in names if isinstance(name, str)), "without a name"))
    severity = check.get("severity")
    weaker = isinstance(severity, str) and severity.lower() not in _STRICT
    return f"{name} of severity {brief(severity)}" if weaker else name


def _is_none(check: Mapping[str, Any]) -> bool:
    """Return whether a quality rule allows no row at all to break it, and is as strict as a contract's."""
    severity = str(check.get("severity") or "error").lower()
    return (
        severity in _STRICT
        and check.keys() <= _PLAIN
        and check.get("mustBe") == 0
        and not isinstance(check.get("mustBe"), bool)
    )


def _options(given: Any, type_: ColumnType, path: str, losses: list[str]) -> Iterator[Rule]:
    known = words.options(type_)
    for name, value in (given if isinstance(given, dict) else {}).items():
        kind = known.get(name)
        try:
            if kind is not None:
                yield Rule(kind, (path,), _option_value(kind, value, type_))
                continue
        except (ValueError, NotPortable):
            pass
        is_size = name == "format" and isinstance(value, str) and value in _FORMATS
        if name not in _NOT_RULES and not is_size and value not in (False, None):
            losses.append(f"the option {name}: {brief(value)}")


def _option_value(kind: str, value: Any, type_: ColumnType) -> object:
    if kind in words.BOUNDS.values():
        bound = words.bound_value(value, type_)
        if isinstance(bound, float) and str(type_) in ("bigint", "int"):
            # Among integers, at most 99.5 means at most 99.
            return floor(bound) if kind in ("le", "gt") else ceil(bound)
        return bound
    if kind == "pattern":
        if not isinstance(value, str):
            raise ValueError(value)
        portable(value)
        return value
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LONGEST:
        raise ValueError(value)
    return value


def _quality(check: Any, type_: ColumnType, path: str) -> Rule | None:
    """Return the rule of a quality check; None if there is none like it."""
    if not isinstance(check, dict) or check.get("metric") != "invalidValues":
        return None
    arguments = check.get("arguments")
    if not _is_none(check) or not isinstance(arguments, dict) or str(type_) != "string":
        return None
    match arguments:
        case {"validValues": [_, *_] as values, **rest} if not rest:
            texts = all(isinstance(value, str) for value in values)
            return Rule("one_of", (path,), tuple(dict.fromkeys(values))) if texts else None
        case {"pattern": str(pattern), **rest} if not rest:
            try:
                portable(pattern)
            except NotPortable:
                return None
            return Rule("pattern", (path,), pattern)
    return None


def _exact(entries: Any, path: str, losses: list[str]) -> list[Rule]:
    rules = []
    for entry in _list(entries):
        match entry:
            case [str(kind), *value] if kind in _KINDS:
                try:
                    rules.append(Rule(kind, (path,), words.exact_value(value)))  # type: ignore[arg-type]
                    continue
                except ValueError:
                    pass
        losses.append(f"the rule {brief(entry)}")
    return rules


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []
