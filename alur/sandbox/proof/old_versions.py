"""Finds the old versions of replaced and deleted files, which AWS bills until they expire."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alur.aws_clients import Clients, aws_errors
from alur.naming import BUCKETS, Names

_DEPTHS = {"artifacts": 3}
_DEPTH = 2


@dataclass(frozen=True, slots=True)
class OldVersions:
    """The noncurrent versions below a prefix.

    Attributes:
        prefix: of a table, or of a folder of landing files or artifacts; ends with a slash.
        bytes: their total size.
    """

    bucket: str
    prefix: str
    versions: int
    bytes: int


def old_versions(clients: Clients, names: Names) -> list[OldVersions]:
    """Return the noncurrent versions in the sandbox's buckets, by prefix.

    Raises:
        AwsError: a bucket cannot be listed.
    """
    prefixes: list[OldVersions] = []
    for kind in BUCKETS:
        bucket = names.bucket(kind)
        sizes: dict[str, list[int]] = {}
        # Artifacts have the project and the environment as upper folders, tables one folder for all of them.
        depth = _DEPTHS.get(kind, _DEPTH)
        for key, size in _noncurrent(clients, bucket):
            folders = key.split("/")[:-1][:depth]
            sizes.setdefault("".join(f"{folder}/" for folder in folders), []).append(size)
        prefixes += [OldVersions(bucket, name, len(s), sum(s)) for name, s in sorted(sizes.items())]
    return prefixes


def _noncurrent(clients: Clients, bucket: str) -> Iterator[tuple[str, int]]:
    with aws_errors(f"the versions in the bucket {bucket} cannot be listed"):
        pages = clients("s3").get_paginator("list_object_versions").paginate(Bucket=bucket)
        for page in pages:
            for version in page.get("Versions", ()):
                if not version["IsLatest"]:
                    yield version["Key"], version["Size"]
