"""Contracts as documents of the Open Data Contract Standard v3.1."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from alur.contracts.columns import ArrayType, Column, ColumnType, MapType, StructType
from alur.contracts.contract import Contract
from alur.contracts.rules import Rule
from alur.exchange import odcs_words as words
from alur.exchange.column_source import own_tags
from alur.exchange.odcs_rules import rules_of

Document = dict[str, Any]


def odcs_document(contract: Contract, project: str, mode: str | None = None) -> Document:
    """Return a contract as a document of the standard.

    Args:
        project: the project's name, part of the document's id.
        mode: the mode of the pipeline that writes the table, for readers; an import leaves it out.

    >>> from alur import SilverTable, contract_of
    >>> class Orders(SilverTable, key="order_id"):
    ...     order_id: str
    >>> document = odcs_document(contract_of(Orders), "shop")
    >>> document["id"], document["schema"][0]["properties"][0]["primaryKey"]
    ('shop.silver.orders', True)
    """
    document: Document = {
        "apiVersion": words.API_VERSION,
        "kind": "DataContract",
        "id": f"{project}.{contract.identifier}",
        "name": contract.table,
        "version": "1.0.0",
        "status": "active",
    }
    if contract.owners:
        members = [{"username": owner, "role": "owner"} for owner in contract.owners]
        document["team"] = {"members": members}
    document["schema"] = [_table(contract, mode)]
    return document


def _table(contract: Contract, mode: str | None) -> Document:
    exported = _Properties(contract)
    table: Document = {
        "name": contract.table,
        "physicalName": contract.table,
        "logicalType": "object",
        "physicalType": "table",
    }
    if contract.description:
        table["description"] = inspect.cleandoc(contract.description)
    tags, custom = _tags(contract)
    if tags:
        table["tags"] = tags
    table["properties"] = [exported.column(column) for column in contract.columns]
    table["customProperties"] = _custom(
        {
            words.CLASS: contract.name,
            words.LAYER: contract.layer,
            words.PARTITION_BY: [str(part) for part in contract.partition_by] or None,
            words.TAGS: custom,
            words.ON_VIOLATION: contract.on_violation if contract.on_violation != "fail" else None,
            words.KEEP: contract.keep,
            words.KEEP_SNAPSHOTS: contract.keep_snapshots,
            words.MODE: mode,
        }
    )
    return table


def _tags(contract: Contract) -> tuple[list[str], list[list[str]] | None]:
    """Return the tags as texts; and as pairs, where the texts would not say all."""
    shown = [f"{name}:{value}" if value else name for name, value in contract.tags]
    again = tuple((name, value) for name, _, value in (text.partition(":") for text in shown))
    exact = None if again == contract.tags else [list(pair) for pair in contract.tags]
    return shown, exact


def _custom(values: Mapping[str, object]) -> list[Document]:
    return [
        {"property": name, "value": value} for name, value in values.items() if value is not None
    ]


class _Properties:
    """Writes the columns of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._rules: dict[str, list[Rule]] = defaultdict(list)
        for rule in contract.rules:
            if rule.kind not in ("not_null", "unique"):
                self._rules[rule.columns[0]].append(rule)

    def column(self, column: Column) -> Document:
        """Return a column's property."""
        shown = self._field(column, (column.name,))
        if column.name in self._contract.key:
            shown["primaryKey"] = True
            shown["primaryKeyPosition"] = self._contract.key.index(column.name) + 1
        parts = [part.column for part in self._contract.partition_by]
        if column.name in parts:
            shown["partitioned"] = True
            shown["partitionKeyPosition"] = parts.index(column.name) + 1
        if column.system:
            _add_custom(shown, words.SYSTEM, True)
        return shown

    def _field(self, column: Column, path: tuple[str, ...]) -> Document:
        shown = {"name": column.name, **self._value(column.type, column.nullable, path)}
        if column.description:
            shown["description"] = column.description
        tags = own_tags(column)
        if held := [tag.name for tag in tags if tag.holds]:
            shown["tags"] = held
        if refused := [tag.name for tag in tags if not tag.holds]:
            _add_custom(shown, words.HOLDS_NO, refused)
        return shown

    def _value(self, type_: ColumnType, nullable: bool, path: tuple[str, ...]) -> Document:
        """Return what a property says of its type and its rules."""
        shown: Document = {
            "logicalType": words.logical_type(type_),
            "physicalType": _physical_type(type_),
        }
        if not nullable:
            shown["required"] = True
        match type_:
            case ArrayType(element, inner_nullable):
                shown["items"] = self._value(element, inner_nullable, (*path, "element"))
            case MapType(value, inner_nullable):
                shown["properties"] = [
                    {"name": "key", "logicalType": "string", "required": True},
                    {"name": "value", **self._value(value, inner_nullable, (*path, "value"))},
                ]
            case StructType(fields):
                shown["properties"] = [self._field(field, (*path, field.name)) for field in fields]
        self._add_rules(shown, type_, self._rules[".".join(path)])
        return shown

    def _add_rules(self, shown: Document, type_: ColumnType, rules: Iterable[Rule]) -> None:
        rules = list(rules)
        if not rules:
            return
        options = {kind: name for name, kind in words.options(type_).items()}
        said: Document = {}
        for rule in rules:
            value = words.bound_text(rule.value)
            if rule.kind in options and value is not None:
                said.setdefault(options[rule.kind], value)
            if rule.kind == "one_of" and "quality" not in shown:
                shown["quality"] = [_allowed(rule, self._contract)]
        if said:
            shown["logicalTypeOptions"] = said
        # A number of a document cannot hold every bound, and an option stands there once.
        if set(rules_of(shown, type_, rules[0].columns[0], [])) != set(rules):
            exact = [[rule.kind, *words.exact_text(rule.value)] for rule in rules]
            _add_custom(shown, words.RULES, exact)


def _physical_type(type_: ColumnType) -> str:
    return "struct" if isinstance(type_, StructType) else str(type_)


def _allowed(rule: Rule, contract: Contract) -> Document:
    assert isinstance(rule.value, tuple)
    return {
        "type": "library",
        "metric": "invalidValues",
        "arguments": {"validValues": list(rule.value)},
        "mustBe": 0,
        "dimension": "conformity",
        "severity": "error" if contract.stops_at(rule) else "warning",
    }


def _add_custom(shown: Document, name: str, value: object) -> None:
    shown.setdefault("customProperties", []).append({"property": name, "value": value})
