"""Changes an Iceberg table's metadata file (https://iceberg.apache.org/spec/#table-metadata-fields)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any


def with_properties(
    metadata: Mapping[str, Any], location: str, properties: Mapping[str, str]
) -> dict[str, Any]:
    """Return a table's metadata with more properties, as its next metadata file has them.

    Args:
        location: the address of the metadata's present file, which its log remembers.

    >>> changed = with_properties({"last-updated-ms": 7, "properties": {"a": "1"}}, "s3://b/0.json", {"b": "2"})
    >>> changed["properties"], changed["metadata-log"]
    ({'a': '1', 'b': '2'}, [{'timestamp-ms': 7, 'metadata-file': 's3://b/0.json'}])
    """
    return _changed(
        metadata, location, properties={**(metadata.get("properties") or {}), **properties}
    )


def with_tag(
    metadata: Mapping[str, Any], location: str, tag: str, snapshot: int | None
) -> dict[str, Any]:
    """Return a table's metadata with a tag of a snapshot, or without the tag, as its next metadata file has them.

    Args:
        location: the address of the metadata's present file.
        snapshot: its id; None to remove the tag.

    >>> tagged = with_tag({"last-updated-ms": 7}, "s3://b/0.json", "audit", 3)
    >>> tagged["refs"], with_tag(tagged, "s3://b/1.json", "audit", None)["refs"]
    ({'audit': {'snapshot-id': 3, 'type': 'tag'}}, {})
    """
    refs = {name: ref for name, ref in (metadata.get("refs") or {}).items() if name != tag}
    if snapshot is not None:
        refs[tag] = {"snapshot-id": snapshot, "type": "tag"}
    return _changed(metadata, location, refs=refs)


def _changed(metadata: Mapping[str, Any], location: str, **changes: Any) -> dict[str, Any]:
    entry = {"timestamp-ms": metadata["last-updated-ms"], "metadata-file": location}
    return {
        **metadata,
        **changes,
        "last-updated-ms": max(time.time_ns() // 1_000_000, metadata["last-updated-ms"]),
        "metadata-log": [*(metadata.get("metadata-log") or ()), entry],
    }
