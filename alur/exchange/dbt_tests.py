"""The tests of dbt's models (https://docs.getdbt.com/reference/resource-properties/data-tests)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from alur.exchange.losses import brief

_STRICT = frozenset(("!=0", ">0", ">=1"))
"""Conditions on the number of failing rows by which one of them is an error."""


@dataclass(frozen=True)
class ModelTest:
    """A test of a model or of a column.

    Attributes:
        condition: in words, why it is weaker than a contract's rule; empty if every row must pass.
    """

    name: str
    arguments: Mapping[str, Any]
    condition: str = ""

    @property
    def is_strict(self) -> bool:
        """Whether one row that fails stops the model."""
        return not self.condition

    def __str__(self) -> str:
        return f"{brief(self.name)}{self.condition}"


def tests_of(shown: Mapping[str, Any]) -> Iterator[ModelTest]:
    """Yield the tests of a model or of a column in a YAML file.

    >>> found = tests_of({"data_tests": ["unique", {"not_null": {"config": {"where": "a > 1"}}}]})
    >>> [str(test) for test in found]
    ["'unique'", "'not_null' where a > 1"]
    """
    for test in (*shown.get("tests", []), *shown.get("data_tests", [])):
        if isinstance(test, str):
            yield ModelTest(test, {})
        elif "test_name" in test:
            yield _with_arguments(str(test["test_name"]), test)
        elif test:
            name, given = next(iter(test.items()))
            arguments = given if isinstance(given, dict) else {}
            # Older files have the settings beside the name of the test, not within.
            config = test.get("config") if name != "config" else None
            yield _with_arguments(name, {"config": config, **arguments})


def test_of_node(node: Mapping[str, Any]) -> tuple[str, ModelTest]:
    """Return the column of a test in a manifest, empty for the whole model, and the test."""
    metadata = node.get("test_metadata")
    if metadata is None:
        return "", _with_arguments(str(node.get("name")), {"config": node.get("config")})
    arguments = metadata.get("kwargs", {})
    space = metadata.get("namespace")
    name = f"{space}.{metadata.get('name')}" if space else str(metadata.get("name"))
    column = node.get("column_name") or arguments.get("column_name") or ""
    return str(column), _with_arguments(name, {**arguments, "config": node.get("config")})


def _with_arguments(name: str, given: Mapping[str, Any]) -> ModelTest:
    nested, config = given.get("arguments"), given.get("config")
    merged = {**given, **nested} if isinstance(nested, dict) else given
    settings = {**given, **config} if isinstance(config, dict) else given
    return ModelTest(name, merged, _condition(settings))


def _condition(settings: Mapping[str, Any]) -> str:
    """Return why a test is weaker than a rule.

    >>> _condition({"severity": "warn"}), _condition({"severity": "ERROR", "error_if": "!= 0"})
    (', which only warns', '')
    """
    if settings.get("enabled") is False:
        return ", which is switched off"
    if where := settings.get("where"):
        return f" where {brief(where)[1:-1] if isinstance(where, str) else brief(where)}"
    if str(settings.get("severity") or "error").lower() != "error":
        return ", which only warns"
    error_if = str(settings.get("error_if") or "!=0")
    if error_if.replace(" ", "") not in _STRICT:
        return f", which fails if {error_if[:100]}"
    for setting in ("limit", "fail_calc"):
        if settings.get(setting) not in (None, "count(*)"):
            return f" with {setting}"
    return ""
