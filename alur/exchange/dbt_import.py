"""Contracts from dbt's models: of a manifest.json (https://schemas.getdbt.com/dbt/manifest/), or of a YAML file of properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alur.contracts.columns import Column
from alur.contracts.contract import Contract, Layer
from alur.contracts.rules import Rule
from alur.contracts.tags import Tag
from alur.errors import ExchangeError
from alur.exchange.assembling import assembled, table_name
from alur.exchange.dbt_shapes import CATALOG, MANIFEST, PROPERTIES
from alur.exchange.dbt_tests import ModelTest, test_of_node, tests_of
from alur.exchange.losses import Imported, Loss, brief, short
from alur.exchange.names import refusal_of_column
from alur.exchange.physical_types import PhysicalType, UnknownType, physical_type
from alur.exchange.settling import settled
from alur.exchange.shapes import checked


@dataclass
class _Model:
    """A model, wherever its parts stand.

    Attributes:
        tests: by column; those of the whole model are below an empty name.
        types: of columns, as the warehouse has them.
    """

    name: str
    shown: Mapping[str, Any]
    tests: dict[str, list[ModelTest]] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)

    def add_test(self, column: str, test: ModelTest) -> None:
        """Add a test of a column, or of the whole model if the name is empty."""
        self.tests.setdefault(column, []).append(test)

    def strict_tests(self, column: str) -> set[str]:
        """Return the names of the tests of a column that every row must pass."""
        return {test.name for test in self.tests.get(column, []) if test.is_strict}


def dbt_contracts(
    document: Any, catalog: Any, names: Sequence[str], layer: Layer, path: str
) -> list[Imported]:
    """Return a contract for each of dbt's models.

    Args:
        document: a manifest, or a file of properties with ``models``.
        catalog: dbt's catalog.json with the types of the warehouse; None without one.
        names: of the models; by default all.
        path: the document's, for errors.

    Raises:
        ExchangeError: the document holds no model, or none of a name, or no column of a model has a known type.

    >>> document = {"models": [{"name": "orders", "columns": [
    ...     {"name": "id", "data_type": "int", "data_tests": ["unique", "not_null"]}]}]}
    >>> found = dbt_contracts(document, None, (), "silver", "schema.yml")[0].contract
    >>> found.key, str(found.columns[0].type)
    (('id',), 'int')
    """
    is_manifest = isinstance(document, dict) and document.get("nodes") is not None
    document = checked(document, MANIFEST if is_manifest else PROPERTIES, path)
    types = {} if catalog is None else checked(catalog, CATALOG, "catalog.json").get("nodes", {})
    models = [*_models(document, types)]
    if not models:
        raise ExchangeError(
            f"{path} describes no model of dbt",
            remedy="name dbt's target/manifest.json, or a YAML file with models",
        )
    _refuse_clashes([model.name for model in models if not names or model.name in names], path)
    known = {model.name for model in models}
    for name in names:
        if name not in known:
            raise ExchangeError(
                f"{path} describes no model {name!r}",
                remedy=f"use one of {', '.join(sorted(known))}",
            )
    found = []
    skipped: list[ExchangeError] = []
    for model in models:
        if names and model.name not in names:
            continue
        try:
            found.append(settled(_imported(model, layer)))
        except ExchangeError as error:
            skipped.append(error)
    if not found or (names and skipped):
        raise skipped[0]
    left_out = [Loss(path, error.message) for error in skipped]
    first = found[0]
    return [Imported(first.contract, (*left_out, *first.losses)), *found[1:]]


def _refuse_clashes(names: Sequence[str], path: str) -> None:
    """Refuse models that would be the same table: names of tables are in lower case."""
    tables: dict[str, str] = {}
    for name in names:
        table = table_name(_table_of(name), [])
        other = tables.setdefault(table, name)
        if other != name:
            raise ExchangeError(
                f"{path}: the models {brief(other)} and {brief(name)} would both be the table {table!r}",
                remedy="import one of them by its name, and rename the other one's table",
            )


def _table_of(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _models(document: Mapping[str, Any], types: Mapping[str, Any]) -> Iterator[_Model]:
    if "nodes" in document:
        yield from _of_manifest(document["nodes"], types)
        return
    for shown in document.get("models", []):
        if "name" in shown:
            model = _Model(shown["name"], shown)
            for test in tests_of(shown):
                model.add_test("", test)
            for column in _columns(shown):
                for test in tests_of(column):
                    model.add_test(column.get("name", ""), test)
            yield model


def _of_manifest(nodes: Mapping[str, Any], types: Mapping[str, Any]) -> Iterator[_Model]:
    models: dict[str, _Model] = {}
    for id_, node in nodes.items():
        name = node.get("alias") or node.get("name")
        if name and node.get("resource_type") in ("model", "snapshot", "seed"):
            models[id_] = _Model(name, node, types=_types(types.get(id_, {})))
    for node in nodes.values():
        model = models.get(_tested(node))
        if node.get("resource_type") == "test" and model is not None:
            model.add_test(*test_of_node(node))
    yield from models.values()


def _tested(node: Mapping[str, Any]) -> str:
    """Return the id of the model that a test is of."""
    depends: list[str] = node.get("depends_on", {}).get("nodes") or [""]
    attached: str = node.get("attached_node") or depends[-1]
    return attached


def _types(entry: Mapping[str, Any]) -> dict[str, str]:
    shown = entry.get("columns", {}).values()
    return {c["name"].lower(): c["type"] for c in shown if "name" in c and "type" in c}


def _imported(model: _Model, layer: Layer) -> Imported:
    losses: list[Loss] = []
    table = table_name(_table_of(model.name), losses)
    shown = [c for c in _columns(model.shown) if "name" in c]
    listed = {column["name"].lower() for column in shown}
    # A catalog knows columns that nobody has described.
    shown += [{"name": name} for name in model.types if name not in listed]
    key = _key(model, shown)
    rules: list[Rule] = []
    columns = []
    for column in shown:
        try:
            columns.append(_column(model, column, table, key, rules, losses))
        except UnknownType as error:
            subject = f"{table}.{column['name']}"
            losses.append(Loss(subject, f"the column: {error}", of_rows=True))
    if not columns:
        raise ExchangeError(
            f"{short(model.name)}: no column of the model has a known type",
            remedy="run dbt docs generate, which writes catalog.json with the types, or give columns a data_type",
        )
    names = {column.name for column in columns}
    if not names.issuperset(key):
        losses.append(Loss(table, f"the key {', '.join(key)}"))
        key = ()
    losses += [*_other_tests(model, table, key)]
    return Imported(_contract(model, table, layer, columns, rules, key), tuple(losses))


def _contract(
    model: _Model,
    table: str,
    layer: Layer,
    columns: list[Column],
    rules: list[Rule],
    key: tuple[str, ...],
) -> Contract:
    return assembled(
        table,
        layer,
        columns,
        rules=rules,
        key=key,
        description=str(model.shown.get("description") or ""),
        tags=tuple((tag, "") for tag in _texts(_setting(model, "tags"))),
    )


def _column(
    model: _Model,
    shown: Mapping[str, Any],
    table: str,
    key: tuple[str, ...],
    rules: list[Rule],
    losses: list[Loss],
) -> Column:
    name = shown["name"]
    if refusal := refusal_of_column(name):
        raise UnknownType(refusal)
    found = _type(shown.get("data_type") or model.types.get(name.lower()))
    if found.lost:
        losses.append(Loss(f"{table}.{name}", found.lost))
    kinds = model.strict_tests(name) | {str(c.get("type")) for c in _constraints(shown)}
    for test in model.tests.get(name, []):
        rule = _rule_of(test, name, str(found.type))
        if rule is not None:
            rules.append(rule)
        elif not (test.is_strict and _is_said(test.name, name, key)):
            losses.append(Loss(f"{table}.{name}", f"the test {test}"))
    for constraint in _constraints(shown):
        if constraint.get("type") not in ("not_null", "primary_key"):
            losses.append(
                Loss(f"{table}.{name}", f"the constraint {brief(constraint.get('type'))}")
            )
    return Column(
        name,
        found.type,
        nullable=not (name in key or "not_null" in kinds or "primary_key" in kinds),
        description=str(shown.get("description") or ""),
        tags=tuple(map(Tag, _texts(shown.get("tags")))),
    )


def _rule_of(test: ModelTest, column: str, type_name: str) -> Rule | None:
    values = test.arguments.get("values")
    if test.name != "accepted_values" or not test.is_strict or type_name != "string":
        return None
    if not (isinstance(values, list) and values and all(isinstance(v, str) for v in values)):
        return None
    return Rule("one_of", (column,), tuple(dict.fromkeys(values)))


def _is_said(test: str, column: str, key: tuple[str, ...]) -> bool:
    """Return whether a contract says what a test does, by the column's type or by the key."""
    return test == "not_null" or (test == "unique" and (column,) == key)


def _type(given: Any) -> PhysicalType:
    if not isinstance(given, str) or not given:
        raise UnknownType("dbt does not know its type")
    return physical_type(given)


def _key(model: _Model, columns: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the key: by a constraint, else by ``unique_key``, else the only column that is unique and not null."""
    for constraint in _constraints(model.shown):
        if constraint.get("type") == "primary_key" and constraint.get("columns"):
            return tuple(_texts(constraint["columns"]))
    constrained = [c["name"] for c in columns if _has_primary_key(c)]
    if constrained:
        return tuple(constrained)
    if chosen := _texts(_setting(model, "unique_key")):
        return tuple(chosen)
    tested = [
        column
        for column in model.tests
        if column and {"unique", "not_null"} <= model.strict_tests(column)
    ]
    return (tested[0],) if len(tested) == 1 else ()


def _has_primary_key(column: Mapping[str, Any]) -> bool:
    return any(constraint.get("type") == "primary_key" for constraint in _constraints(column))


def _other_tests(model: _Model, table: str, key: tuple[str, ...]) -> Iterator[Loss]:
    for test in model.tests.get("", []):
        yield Loss(table, f"the test {test}")
    for constraint in _constraints(model.shown):
        if constraint.get("type") != "primary_key":
            yield Loss(table, f"the constraint {brief(constraint.get('type'))}")


def _setting(model: _Model, name: str) -> Any:
    """Return a setting of the model, also of its ``config``."""
    return model.shown.get(name) or model.shown.get("config", {}).get(name)


def _columns(shown: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    given = shown.get("columns", [])
    return list(given.values()) if isinstance(given, dict) else given


def _constraints(shown: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = shown.get("constraints", [])
    return found


def _texts(given: str | list[str] | None) -> list[str]:
    return [given] if isinstance(given, str) else given or []
