"""Mirrors landing files to the sandbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alur.aws.buckets import exists
from alur.aws_clients import Clients, aws_errors
from alur.errors import SandboxError
from alur.naming import LANDING_PREFIX
from alur.runtime.engines.errors import reason
from alur.runtime.landing.location import never_counts


def mirror_landing(clients: Clients, folder: Path, bucket: str) -> int | None:
    """Mirror a folder to the landing prefix of a bucket, and return the number of files.

    Return None if the bucket does not exist yet: the deployment creates it.

    Raises:
        AwsError: the sandbox does not answer.
        SandboxError: a file cannot be read.
    """
    try:
        with aws_errors("landing files cannot be brought to the sandbox"):
            return _mirror(clients("s3"), folder, bucket) if exists(clients, bucket) else None
    except OSError as error:
        raise SandboxError(
            f"landing files cannot be brought to the sandbox: {reason(error)}",
            remedy="make the files readable",
        ) from error


def _mirror(s3: Any, folder: Path, bucket: str) -> int:
    there = _digests(s3, bucket)
    here = {
        LANDING_PREFIX + name.as_posix(): folder / name
        for name in sorted(path.relative_to(folder) for path in _files(folder))
        if not never_counts(name.parts)
    }
    for key, path in here.items():
        _upload(s3, bucket, key, path, there.get(key))
    for key in there.keys() - here.keys():
        s3.delete_object(Bucket=bucket, Key=key)
    return len(here)


def _files(folder: Path, within: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yield all files below a folder, including those behind links.

    Args:
        within: the parent folders, to which a link may lead back.
    """
    real = folder.resolve()
    if real in within or not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.is_file():
            yield path
        else:
            yield from _files(path, within | {real})


def _upload(s3: Any, bucket: str, key: str, path: Path, digest: str | None) -> None:
    with path.open("rb") as file:
        current = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
        if current.hexdigest() != digest:
            file.seek(0)
            s3.put_object(Bucket=bucket, Key=key, Body=file)


def _digests(s3: Any, bucket: str) -> dict[str, str]:
    """Return the objects' MD5 digests, which are the ETags of objects uploaded in one part."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=LANDING_PREFIX)
    return {
        entry["Key"]: entry["ETag"].strip('"')
        for page in pages
        for entry in page.get("Contents", ())
    }
