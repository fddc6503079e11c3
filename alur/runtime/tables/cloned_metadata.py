"""The metadata of tables that begin with the data files of another table."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

CLONED_SNAPSHOT = "alur.cloned-snapshot"
"""The property of a clone's table with the snapshot that was current when it was cloned; -1 for none."""

_ELSEWHERE = (
    "write.data.path",
    "write.metadata.path",
    "write.object-storage.path",
    "write.folder-storage.path",
)
"""Properties that would let a clone write into another table's folder
(https://iceberg.apache.org/docs/latest/configuration/)."""

_OF_OTHER_SNAPSHOTS = ("statistics", "partition-statistics")


def cloned(metadata: Mapping[str, Any], location: str) -> dict[str, Any]:
    """Return the metadata of a table's clone: with the same snapshots, and with files of its own from now on.

    Args:
        location: where the clone's own files go.
    """
    properties = {
        name: value
        for name, value in (metadata.get("properties") or {}).items()
        if name not in _ELSEWHERE
    }
    snapshot = metadata.get("current-snapshot-id") or -1
    return {
        **metadata,
        "location": location,
        "table-uuid": str(uuid.uuid4()),
        # Earlier metadata files belong to the other table.
        "metadata-log": [],
        "properties": properties | {CLONED_SNAPSHOT: str(snapshot)},
    }


def cloned_at_present(metadata: Mapping[str, Any], location: str) -> dict[str, Any]:
    """Return the metadata of a table's clone that has the current snapshot alone, and deletes no file.

    Iceberg's own procedures delete the files of expired snapshots, wherever they are, unless ``gc.enabled`` is false
    (https://iceberg.apache.org/docs/latest/configuration/#table-properties).

    Args:
        location: where the clone's own files go.
    """
    current = metadata["current-snapshot-id"]
    log = [e for e in metadata.get("snapshot-log", ()) if e["snapshot-id"] == current]
    clone = cloned(metadata, location)
    kept = {name: value for name, value in clone.items() if name not in _OF_OTHER_SNAPSHOTS}
    return kept | {
        "snapshots": [s for s in metadata["snapshots"] if s["snapshot-id"] == current],
        "snapshot-log": log[-1:],
        "refs": {"main": {"snapshot-id": current, "type": "branch"}},
        "properties": clone["properties"] | {"gc.enabled": "false"},
    }
