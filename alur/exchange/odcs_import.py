"""Contracts from documents of the Open Data Contract Standard v3."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from alur.contracts.columns import BRONZE_COLUMNS, Column
from alur.contracts.contract import LAYERS, Contract, Layer
from alur.contracts.partitioning import PartitionField
from alur.contracts.retention import KEEP, MOST_SNAPSHOTS
from alur.contracts.rules import Rule
from alur.errors import ExchangeError
from alur.exchange import odcs_words as words
from alur.exchange.column_source import class_name
from alur.exchange.contract_source import identifier_like
from alur.exchange.losses import Imported, Loss, brief, short
from alur.exchange.names import is_class_name, is_table_name
from alur.exchange.odcs_properties import PropertyReader, name_of
from alur.exchange.odcs_rules import custom, described
from alur.exchange.odcs_shapes import DOCUMENT
from alur.exchange.settling import settled
from alur.exchange.shapes import checked

_OF_DOCUMENT = frozenset(("apiVersion", "kind", "name", "schema", "team", "id"))
_OF_TABLE = frozenset(
    [
        "name",
        "physicalName",
        "logicalType",
        "physicalType",
        "description",
        "tags",
        "properties",
        "customProperties",
        "quality",
    ]
)
_OWN = frozenset(
    {words.CLASS, words.LAYER, words.PARTITION_BY, words.TAGS, words.ON_VIOLATION, words.KEEP}
    | {words.KEEP_SNAPSHOTS, words.MODE}
)
_PARTITION = re.compile(r"(?:(\w+)\((?:(\d+), )?(\w+)\))|(\w+)")
_TRANSFORMS = ("years", "months", "days", "hours", "bucket", "truncate")
_SHOWN = 5
_CONSTANT = {"version": "1.0.0", "status": "active"}


def odcs_contracts(document: Any, layer: Layer, path: str) -> list[Imported]:
    """Return a contract for each table of a document, with what it cannot say.

    Args:
        layer: for tables whose description names none.
        path: the document's, for errors.

    Raises:
        ExchangeError: it is not a document of the standard's version 3, or describes no table.

    >>> document = {"apiVersion": "v3.1.0", "kind": "DataContract", "schema": [
    ...     {"name": "orders", "properties": [{"name": "id", "logicalType": "integer", "unique": True}]}]}
    >>> found = odcs_contracts(document, "silver", "x.yaml")[0]
    >>> found.contract.identifier, [str(loss) for loss in found.losses]
    ('silver.orders', ['orders.id: unique: True'])
    """
    require = partial(_require, path)
    require(isinstance(document, dict), "it is not a mapping")
    version = document.get("apiVersion")
    require(document.get("kind") == "DataContract", "its kind is not DataContract")
    require(
        isinstance(version, str) and version.startswith("v3."),
        f"its apiVersion is {brief(version)}",
    )
    document = checked(document, DOCUMENT, path)
    tables = document.get("schema")
    require(tables, "it describes no table")
    whole = [*_document_losses(document)]
    owners = _owners(document.get("team"), str(document.get("name") or "team"), whole)
    found = [settled(_table(table, layer, owners)) for table in tables]
    first = found[0]
    return [Imported(first.contract, (*whole, *first.losses)), *found[1:]]


def _require(path: str, condition: object, problem: str) -> None:
    if not condition:
        raise ExchangeError(
            f"{path} is not a data contract of the Open Data Contract Standard v3: {problem}",
            remedy="name a document with kind: DataContract, apiVersion: v3.1.0 and a schema",
        )


def _document_losses(document: Mapping[str, Any]) -> Iterator[Loss]:
    name = str(document.get("name") or document.get("id") or "the document")
    tables = [table for table in _list(document.get("schema")) if isinstance(table, dict)]
    if document.get("id") and not any(words.LAYER in custom(table) for table in tables):
        yield Loss(name, f"id: {_plain(document['id'])}")
    for word, value in document.items():
        if word in _OF_DOCUMENT or value in (None, [], {}, "") or _CONSTANT.get(word) == value:
            continue
        shown = f": {_plain(value)}" if isinstance(value, str | int | float) else ""
        yield Loss(name, f"{word}{shown}")


def _owners(team: Any, name: str, losses: list[Loss]) -> tuple[str, ...]:
    """Return the members of the team who own the data."""
    members = team.get("members") if isinstance(team, dict) else team
    owners = []
    for member in members if isinstance(members, list) else []:
        username = member.get("username") if isinstance(member, dict) else None
        if isinstance(username, str) and str(member.get("role")).lower() == "owner":
            owners.append(username)
        else:
            losses.append(
                Loss(name, f"the team member {brief(username or member)}, who is no owner")
            )
    if isinstance(team, dict):
        losses += [Loss(name, f"the team's {word}") for word in team if word != "members"]
    return tuple(owners)


def _table(shown: Mapping[str, Any], layer: Layer, owners: tuple[str, ...]) -> Imported:
    own = custom(shown)
    stated = own.get(words.LAYER)
    layer = stated if stated in LAYERS else layer
    table, losses = _table_name(shown)
    reader = PropertyReader(table)
    given = [p for p in _list(shown.get("properties")) if not _is_system(p, layer)]
    columns = reader.columns(given)
    if not columns:
        raise ExchangeError(
            f"{short(table)}: none of its properties can be a column",
            remedy="; ".join(map(str, reader.losses[:_SHOWN])) or "give it properties",
        )
    key = _key(given, columns)
    unique = [Rule("unique", key)] if key else []
    losses += [*_table_losses(table, shown, own)]
    partitioning = tuple(_partitioning(table, own, given, (*columns, *_system(layer)), losses))
    description = shown.get("description")
    contract = Contract(
        name=_class_name(own.get(words.CLASS), table),
        table=table,
        layer=layer,
        columns=(*columns, *_system(layer)),
        rules=(*reader.rules, *unique),
        key=key,
        partition_by=partitioning,
        owners=owners,
        tags=_tags(shown, own),
        on_violation="warn" if own.get(words.ON_VIOLATION) == "warn" else "fail",
        keep=_keep(own),
        keep_snapshots=_keep_snapshots(own),
        description=description.strip() if isinstance(description, str) else "",
    )
    return Imported(contract, (*losses, *reader.losses))


def _class_name(given: Any, table: str) -> str:
    return given if isinstance(given, str) and is_class_name(given) else class_name(table)


def _system(layer: Layer) -> tuple[Column, ...]:
    return BRONZE_COLUMNS if layer == "bronze" else ()


def _is_system(shown: Any, layer: Layer) -> bool:
    names = [column.name for column in _system(layer)]
    return name_of(shown) in names


def _table_name(shown: Mapping[str, Any]) -> tuple[str, list[Loss]]:
    given = shown.get("physicalName") or shown.get("name") or "table"
    last = str(given).rpartition(".")[2]
    if is_table_name(last):
        return last, []
    name = identifier_like(last)[:128]
    return name, [Loss(name, f"the name {brief(given)}, which no table can have")]


def _key(given: list[Any], columns: tuple[Column, ...]) -> tuple[str, ...]:
    names = {column.name for column in columns}
    keys = [
        p
        for p in given
        if isinstance(p, dict) and p.get("primaryKey") is True and name_of(p) in names
    ]
    return tuple(name_of(p) for p in sorted(keys, key=lambda p: _position(p, "primaryKeyPosition")))


def _position(shown: Mapping[str, Any], word: str) -> int:
    position = shown.get(word)
    return position if isinstance(position, int) else -1


def _partitioning(
    table: str,
    own: Mapping[str, Any],
    given: list[Any],
    columns: tuple[Column, ...],
    losses: list[Loss],
) -> Iterator[PartitionField]:
    texts = own.get(words.PARTITION_BY)
    if not isinstance(texts, list):
        parts = [p for p in given if isinstance(p, dict) and p.get("partitioned") is True]
        parts.sort(key=lambda p: _position(p, "partitionKeyPosition"))
        texts = [name_of(p) for p in parts]
    for text in texts:
        part = _partition(text)
        column = next((c for c in columns if part and c.name == part.column), None)
        if part is None or column is None or not part.accepts(column.type):
            losses.append(Loss(table, f"the partitioning by {_plain(text)}", of_rows=True))
        else:
            yield part


def _partition(text: Any) -> PartitionField | None:
    match = _PARTITION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    if match[4]:
        return PartitionField("identity", match[4])
    name = next((known for known in _TRANSFORMS if known == match[1]), None)
    if name is None or (match[2] is not None) != (name in ("bucket", "truncate")):
        return None
    return PartitionField(name, match[3], int(match[2]) if match[2] else None)  # type: ignore[arg-type]


def _tags(shown: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    match own.get(words.TAGS):
        case [*pairs] if all(_is_pair(pair) for pair in pairs):
            return tuple((name, value) for name, value in pairs)
    texts = [text for text in _list(shown.get("tags")) if isinstance(text, str)]
    return tuple((name, value) for name, _, value in (text.partition(":") for text in texts))


def _is_pair(given: Any) -> bool:
    return isinstance(given, list) and len(given) == 2 and all(isinstance(g, str) for g in given)


def _keep(own: Mapping[str, Any]) -> str | None:
    keep = own.get(words.KEEP)
    return keep if isinstance(keep, str) and re.fullmatch(KEEP, keep) else None


def _keep_snapshots(own: Mapping[str, Any]) -> int | None:
    given = own.get(words.KEEP_SNAPSHOTS)
    return given if type(given) is int and 1 <= given <= MOST_SNAPSHOTS else None


def _table_losses(table: str, shown: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[Loss]:
    for word, value in shown.items():
        if word not in _OF_TABLE and value not in (None, [], {}, ""):
            yield Loss(table, f"{word}: {_plain(value)}" if isinstance(value, str) else word)
    for check in _list(shown.get("quality")):
        yield Loss(table, f"the quality rule {described(check)}")
    refused = {
        words.KEEP: _keep(own) is None,
        words.KEEP_SNAPSHOTS: _keep_snapshots(own) is None,
        words.LAYER: own.get(words.LAYER) not in LAYERS,
    }
    for name, value in own.items():
        if name not in _OWN or refused.get(name):
            yield Loss(table, f"the custom property {name}: {brief(value)}")


def _plain(value: object) -> str:
    """Return a value as a short text, without quotes."""
    return short(value) if isinstance(value, str) else brief(value)


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []
