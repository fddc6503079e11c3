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
    entry = {"timestamp-ms": metadata["last-updated-ms"], "metadata-file": location}
    return {
        **metadata,
        "last-updated-ms": max(time.time_ns() // 1_000_000, metadata["last-updated-ms"]),
        "properties": {**(metadata.get("properties") or {}), **properties},
        "metadata-log": [*(metadata.get("metadata-log") or ()), entry],
    }
