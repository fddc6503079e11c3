"""The current state of an Iceberg table, read from its metadata file, whichever engine wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from alur.contracts.columns import (
    ArrayType,
    Column,
    ColumnType,
    DecimalType,
    MapType,
    PrimitiveName,
    PrimitiveType,
    StructType,
)
from alur.contracts.partitioning import PartitionField, TransformName
from alur.errors import EngineError
from alur.runtime.tables.provenance import Provenance, RunIdentity
from alur.runtime.tables.snapshot_history import SnapshotHistory

_NAMES: dict[str, PrimitiveName] = {
    "string": "string",
    "long": "bigint",
    "int": "int",
    "double": "double",
    "float": "float",
    "boolean": "boolean",
    "binary": "binary",
    "date": "date",
    "timestamptz": "timestamp",
}
_TRANSFORMS: dict[str, TransformName] = {
    "identity": "identity",
    "year": "years",
    "month": "months",
    "day": "days",
    "hour": "hours",
    "bucket": "bucket",
    "truncate": "truncate",
}
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")
_TRANSFORM = re.compile(r"(\w+)(?:\[(\d+)\])?")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A commit to a table.

    Attributes:
        operation: Iceberg's name for it; ``replace`` changes files but not rows.
        added: the number of rows in its added files.
        total: the number of rows in the table after it.
        schema_id: the number of the table's schema at the commit.
        summary: whatever else its writer recorded.
    """

    id: int
    parent: int | None
    operation: str
    added: int
    total: int
    schema_id: int | None = None
    summary: Mapping[str, str] = field(default_factory=dict)

    @property
    def removed(self) -> int:
        """The number of rows in its removed files."""
        return int(self.summary.get("deleted-records", 0))


@dataclass(frozen=True, slots=True)
class TableState:
    """A table according to its metadata file (https://iceberg.apache.org/spec/#table-metadata-fields).

    Attributes:
        location: the location of its files.
        snapshot: the current one; None if the table has never been written.
        snapshots: all remaining ones, by id.
        snapshot_history: when they came and went.
        branches: the latest snapshot of each branch, by name.
        schema_id: the number of the current schema.
        properties: Iceberg's properties of the table.
        column_names: of each of its schemas, by the schema's number.
    """

    location: str
    columns: tuple[Column, ...]
    partitioning: tuple[PartitionField, ...]
    snapshot: Snapshot | None
    snapshots: dict[int, Snapshot]
    snapshot_history: SnapshotHistory = field(default_factory=SnapshotHistory)
    branches: dict[str, int] = field(default_factory=dict)
    schema_id: int | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    column_names: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str | bytes) -> TableState:
        """Return the state in a metadata file.

        Raises:
            EngineError: the table has types or partitions unknown to Alur.
        """
        return cls.parse_metadata(json.loads(text))

    @classmethod
    def parse_metadata(cls, metadata: Mapping[str, Any]) -> TableState:
        """Return the state that metadata describe.

        Raises:
            EngineError: the table has types or partitions unknown to Alur.
        """
        schema = next(
            s for s in metadata["schemas"] if s["schema-id"] == metadata["current-schema-id"]
        )
        names = {field["id"]: field["name"] for field in schema["fields"]}
        spec = next(
            s for s in metadata["partition-specs"] if s["spec-id"] == metadata["default-spec-id"]
        )
        snapshots = {
            entry["snapshot-id"]: _snapshot(entry) for entry in metadata.get("snapshots", ())
        }
        return cls(
            location=metadata["location"].rstrip("/"),
            columns=tuple(_column(field) for field in schema["fields"]),
            # Dropped fields of a version 1 table stay in its spec as "void".
            partitioning=tuple(
                _partition(field, names) for field in spec["fields"] if field["transform"] != "void"
            ),
            snapshot=snapshots.get(metadata.get("current-snapshot-id") or -1),
            snapshots=snapshots,
            snapshot_history=SnapshotHistory.parse(metadata),
            branches={
                name: reference["snapshot-id"]
                for name, reference in metadata.get("refs", {}).items()
                if reference["type"] == "branch"
            },
            schema_id=metadata["current-schema-id"],
            properties=metadata.get("properties") or {},
            column_names={
                s["schema-id"]: tuple(field["name"] for field in s["fields"])
                for s in metadata["schemas"]
            },
        )

    @property
    def data_files(self) -> int:
        """The number of data files, as the current snapshot records it."""
        return int(self.snapshot.summary.get("total-data-files", 0)) if self.snapshot else 0

    @property
    def provenance(self) -> Provenance | None:
        """The record of the current rows; None if another tool has changed rows or columns since Alur's last commit."""
        if self.snapshot is None or self.snapshot.schema_id != self.schema_id:
            return None
        return Provenance.parse(self.snapshot.summary)

    @property
    def fingerprint(self) -> str | None:
        """The fingerprint of the current rows, if a commit or a confirmation has recorded it."""
        records = self.provenance, self.last_run
        return next(
            (record.fingerprint for record in records if record and record.fingerprint), None
        )

    @property
    def last_run(self) -> Provenance | None:
        """The record of the last run, even if it found the rows in the table, or compaction has moved them since.

        None if another tool has changed rows or columns since.
        """
        for snapshot in self.history():
            if snapshot.schema_id != self.schema_id:
                return None
            confirmed = Provenance.confirmed(self.properties, snapshot.id)
            if confirmed or snapshot.operation != "replace":
                return confirmed or Provenance.parse(snapshot.summary)
        return None

    def run_of(self, snapshot_id: int) -> Provenance | None:
        """Return the record of the run whose rows a remaining snapshot holds; None if there is none."""
        if self.snapshot is not None and snapshot_id == self.snapshot.id:
            return self.last_run
        snapshot = self.snapshots[snapshot_id]
        while snapshot.operation == "replace" and snapshot.parent in self.snapshots:
            snapshot = self.snapshots[snapshot.parent]
        return Provenance.parse(snapshot.summary)

    @property
    def last_commit(self) -> Provenance | None:
        """The record of the latest run, whatever maintenance did since; None if another tool changed rows since then."""
        for snapshot in self.history():
            confirmed = Provenance.confirmed(self.properties, snapshot.id)
            record = confirmed or Provenance.parse(snapshot.summary)
            if record or snapshot.operation != "replace":
                return record
        return None

    def has_rows_of(self, run: RunIdentity) -> bool:
        """Return whether an attempt of a run has written the table; one that found nothing to write has not.

        Sail leaves the summary of a snapshot without the run, which a property of the table then names.
        """
        records = [Provenance.parse(snapshot.summary) for snapshot in self.history()]
        if self.snapshot is not None and records[0] is None:
            records.append(Provenance.confirmed(self.properties, self.snapshot.id))
        return any(record is not None and run.repeats(record.run) for record in records)

    def written_since(self, base: Snapshot | None) -> bool:
        """Return whether a commit has changed rows since a snapshot; None stands for the empty table."""
        for snapshot in self.history():
            if base is not None and snapshot.id == base.id:
                return False
            if snapshot.operation != "replace":
                return True
        return base is not None

    def history(self) -> Iterator[Snapshot]:
        """Yield the current snapshot and its remaining ancestors, the latest first."""
        snapshot = self.snapshot
        while snapshot is not None:
            yield snapshot
            snapshot = self.snapshots.get(snapshot.parent or -1)


class TableCatalog(Protocol):
    """A catalog of tables' metadata."""

    def state(self, database: str, table: str) -> TableState | None:
        """Return a table's current state; None if there is no such table.

        Raises:
            EngineError: the database does not exist, the table is not an Iceberg table, or the catalog is unreachable.
        """

    def set_properties(self, database: str, table: str, properties: Mapping[str, str]) -> None:
        """Set properties of a table that no other program writes meanwhile.

        Raises:
            EngineError: the table or the catalog cannot be written.
        """

    def size(self, location: str) -> int:
        """Return the size in bytes of all files below a table's location.

        Raises:
            EngineError: they cannot be listed.
        """

    def clear_unfinished(self, location: str) -> None:
        """Delete what a killed run left of a table that it was about to create.

        Raises:
            EngineError: another table is there, which the catalog does not list.
        """


def _snapshot(entry: dict[str, Any]) -> Snapshot:
    summary = entry["summary"]
    return Snapshot(
        id=entry["snapshot-id"],
        parent=entry.get("parent-snapshot-id"),
        operation=summary["operation"],
        added=int(summary.get("added-records", 0)),
        total=int(summary.get("total-records", 0)),
        schema_id=entry.get("schema-id"),
        summary=summary,
    )


def _column(field: dict[str, Any]) -> Column:
    return Column(
        field["name"], _type(field["type"]), not field["required"], field.get("doc") or ""
    )


def _type(iceberg_type: Any) -> ColumnType:
    match iceberg_type:
        case str() if iceberg_type in _NAMES:
            return PrimitiveType(_NAMES[iceberg_type])
        case str() if decimal := _DECIMAL.fullmatch(iceberg_type):
            return DecimalType(int(decimal[1]), int(decimal[2]))
        case {"type": "list"}:
            return ArrayType(_type(iceberg_type["element"]), not iceberg_type["element-required"])
        case {"type": "map", "key": "string"}:
            return MapType(_type(iceberg_type["value"]), not iceberg_type["value-required"])
        case {"type": "struct"}:
            return StructType(tuple(_column(field) for field in iceberg_type["fields"]))
    raise EngineError(
        f"the table has a column of Iceberg's type {json.dumps(iceberg_type)}, which contracts do not support",
        remedy='another tool created it: give the contract a new table with name="..."',
    )


def _partition(field: dict[str, Any], names: dict[int, str]) -> PartitionField:
    transform = _TRANSFORM.fullmatch(field["transform"])
    if not transform or transform[1] not in _TRANSFORMS or field["source-id"] not in names:
        raise EngineError(
            f"the table is partitioned by {field['transform']}, which contracts do not support",
            remedy='another tool did this: give the contract a new table with name="..."',
        )
    width = int(transform[2]) if transform[2] else None
    return PartitionField(_TRANSFORMS[transform[1]], names[field["source-id"]], width)
