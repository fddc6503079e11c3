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
from alur.exchange.losses import Imported, Loss
from alur.exchange.names import refusal_of_column
from alur.exchange.physical_types import PhysicalType, UnknownType, physical_type


@dataclass
class _Model:
    """A model, wherever its parts stand.

    Attributes:
        tests: by column, each test's name with its arguments; those of the whole model are below an empty name.
        types: of columns, as the warehouse has them.
    """

    name: str
    shown: Mapping[str, Any]
    tests: dict[str, list[tuple[str, Mapping[str, Any]]]] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)

    def add_test(self, column: str, test: Any) -> None:
        """Add a test of a YAML file: a name, or a name with arguments."""
        if isinstance(test, str):
            self.tests.setdefault(column, []).append((test, {}))
        elif isinstance(test, dict):
            for name, given in test.items():
                arguments = given if isinstance(given, dict) else {}
                nested = arguments.get("arguments")
                merged = {**arguments, **nested} if isinstance(nested, dict) else arguments
                self.tests.setdefault(column, []).append((str(name), merged))
                return


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
    models = [*_models(document, catalog)]
    if not models:
        raise ExchangeError(
            f"{path} describes no model of dbt",
            remedy="name dbt's target/manifest.json, or a YAML file with models",
        )
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
            found.append(_imported(model, layer))
        except ExchangeError as error:
            skipped.append(error)
    if not found or (names and skipped):
        raise skipped[0]
    left_out = [Loss(path, error.message) for error in skipped]
    first = found[0]
    return [Imported(first.contract, (*left_out, *first.losses)), *found[1:]]


def _models(document: Any, catalog: Any) -> Iterator[_Model]:
    if not isinstance(document, dict):
        return
    if isinstance(document.get("nodes"), dict):
        yield from _of_manifest(document["nodes"], _nodes(catalog))
        return
    for shown in _list(document.get("models")):
        if isinstance(shown, dict) and isinstance(shown.get("name"), str):
            model = _Model(shown["name"], shown)
            for test in _tests(shown):
                model.add_test("", test)
            for column in _columns(shown):
                for test in _tests(column):
                    model.add_test(str(column.get("name")), test)
            yield model


def _of_manifest(nodes: Mapping[str, Any], types: Mapping[str, Any]) -> Iterator[_Model]:
    models: dict[str, _Model] = {}
    for id_, node in nodes.items():
        if node.get("resource_type") in ("model", "snapshot", "seed"):
            name = node.get("alias") or node.get("name")
            models[id_] = _Model(str(name), node, types=_types(types.get(id_)))
    for node in nodes.values():
        metadata = node.get("test_metadata")
        model = models.get(_tested(node))
        if node.get("resource_type") != "test" or model is None:
            continue
        if not isinstance(metadata, dict):
            model.add_test("", str(node.get("name")))
            continue
        arguments = metadata.get("kwargs") or {}
        column = node.get("column_name") or arguments.get("column_name") or ""
        model.add_test(str(column), {str(metadata.get("name")): dict(arguments)})
    yield from models.values()


def _tested(node: Mapping[str, Any]) -> str:
    """Return the id of the model that a test is of."""
    attached = node.get("attached_node")
    if isinstance(attached, str):
        return attached
    depends = (node.get("depends_on") or {}).get("nodes") or [""]
    return str(depends[-1])


def _nodes(catalog: Any) -> Mapping[str, Any]:
    nodes = catalog.get("nodes") if isinstance(catalog, dict) else None
    return nodes if isinstance(nodes, dict) else {}


def _types(entry: Any) -> dict[str, str]:
    columns = entry.get("columns") if isinstance(entry, dict) else None
    shown = columns.values() if isinstance(columns, dict) else []
    return {str(c["name"]).lower(): str(c["type"]) for c in shown if "name" in c and "type" in c}


def _imported(model: _Model, layer: Layer) -> Imported:
    losses: list[Loss] = []
    table = table_name(model.name.rpartition(".")[2].lower(), losses)
    shown = [c for c in _columns(model.shown) if isinstance(c.get("name"), str)]
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
            f"{model.name}: no column of the model has a known type",
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
    tests = model.tests.get(name, [])
    kinds = {test for test, _ in tests} | {str(c.get("type")) for c in _constraints(shown)}
    for test, arguments in tests:
        values = arguments.get("values")
        texts = isinstance(values, list) and values and all(isinstance(v, str) for v in values)
        if test == "accepted_values" and texts and str(found.type) == "string":
            assert isinstance(values, list)
            rules.append(Rule("one_of", (name,), tuple(values)))
        elif test not in ("not_null", "unique") or (test == "unique" and (name,) != key):
            losses.append(Loss(f"{table}.{name}", f"the test {test!r}"))
    for constraint in _constraints(shown):
        if constraint.get("type") not in ("not_null", "primary_key"):
            losses.append(Loss(f"{table}.{name}", f"the constraint {constraint.get('type')!r}"))
    return Column(
        name,
        found.type,
        nullable=not (name in key or "not_null" in kinds or "primary_key" in kinds),
        description=str(shown.get("description") or ""),
        tags=tuple(map(Tag, _texts(shown.get("tags")))),
    )


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
        for column, tests in model.tests.items()
        if {"unique", "not_null"} <= {test for test, _ in tests} and column
    ]
    return (tested[0],) if len(tested) == 1 else ()


def _has_primary_key(column: Mapping[str, Any]) -> bool:
    return any(constraint.get("type") == "primary_key" for constraint in _constraints(column))


def _other_tests(model: _Model, table: str, key: tuple[str, ...]) -> Iterator[Loss]:
    for test, _ in model.tests.get("", []):
        yield Loss(table, f"the test {test!r}")
    for constraint in _constraints(model.shown):
        if constraint.get("type") != "primary_key":
            yield Loss(table, f"the constraint {constraint.get('type')!r}")


def _setting(model: _Model, name: str) -> Any:
    """Return a setting of the model, also of its ``config``."""
    config = model.shown.get("config")
    within = config.get(name) if isinstance(config, dict) else None
    return model.shown.get(name) or within


def _columns(shown: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    given = shown.get("columns")
    columns = list(given.values()) if isinstance(given, dict) else _list(given)
    return [column for column in columns if isinstance(column, dict)]


def _constraints(shown: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [c for c in _list(shown.get("constraints")) if isinstance(c, dict)]


def _tests(shown: Mapping[str, Any]) -> list[Any]:
    return [*_list(shown.get("tests")), *_list(shown.get("data_tests"))]


def _texts(given: Any) -> list[str]:
    texts = [given] if isinstance(given, str) else _list(given)
    return [text for text in texts if isinstance(text, str)]


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []
