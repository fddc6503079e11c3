"""The manifests of snapshots, and the data files in them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from pyiceberg.avro.decoder import new_decoder
from pyiceberg.avro.file import AvroFile
from pyiceberg.avro.reader import Reader
from pyiceberg.avro.resolver import resolve_reader
from pyiceberg.manifest import (
    DEFAULT_READ_VERSION,
    MANIFEST_ENTRY_SCHEMAS,
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestEntry,
    ManifestEntryStatus,
    _inherit_from_manifest,
)
from pyiceberg.utils.schema_conversion import AvroSchemaConversion

if TYPE_CHECKING:
    from pyiceberg.io import FileIO
    from pyiceberg.manifest import ManifestFile
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot


_SCHEMAS_REMEMBERED = 256


def entries_of(manifest: ManifestFile, io: FileIO) -> list[ManifestEntry]:
    """Return the entries of a manifest, without the files that its snapshot has removed.

    PyIceberg works out for each manifest how to read it, which takes longer than to read some hundred entries.
    """
    with _ManifestAvro(io.new_input(manifest.manifest_path)) as entries:
        return [
            _inherit_from_manifest(entry, manifest)
            for entry in entries
            if entry.status != ManifestEntryStatus.DELETED
        ]


class _ManifestAvro(AvroFile[ManifestEntry]):
    """A manifest, whose schema is that of all manifests of a table."""

    def __enter__(self) -> _ManifestAvro:
        with self.input_file.open() as file:
            self.decoder = new_decoder(file.read())
        self.header = self._read_header()
        self.reader = _reader(self.header.meta["avro.schema"])
        return self


@lru_cache(_SCHEMAS_REMEMBERED)
def _reader(schema: str) -> Reader:
    """Return what reads entries of manifests with a schema; it has no state."""
    return resolve_reader(
        AvroSchemaConversion().avro_to_iceberg(json.loads(schema)),
        MANIFEST_ENTRY_SCHEMAS[DEFAULT_READ_VERSION],
        {-1: ManifestEntry, 2: DataFile},
        {0: ManifestEntryStatus, 101: FileFormat, 134: DataFileContent},
    )


def manifests_of(table: Table, snapshots: Iterable[Snapshot]) -> dict[str, ManifestFile]:
    """Return the manifests of snapshots by their locations; snapshots share most of them."""
    return {m.manifest_path: m for s in snapshots for m in s.manifests(table.io)}


def files_of_snapshots(table: Table, snapshots: Collection[Snapshot]) -> Iterator[str]:
    """Yield the locations of all files that snapshots need: lists of manifests, manifests and data files."""
    for snapshot in snapshots:
        yield snapshot.manifest_list
    manifests = manifests_of(table, snapshots)
    yield from manifests
    yield from data_files_of(table, manifests.values())


def data_files_of(table: Table, manifests: Iterable[ManifestFile]) -> set[str]:
    """Return the locations of the files in manifests, without those that a snapshot has removed."""
    return {
        entry.data_file.file_path
        for manifest in manifests
        for entry in entries_of(manifest, table.io)
    }
