"""Landing files on their way into the sandbox."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from alur.aws.buckets import exists
from alur.aws.session import Clients, aws_errors
from alur.runtime.landing import is_hidden

_PREFIX = "landing/"


def mirror_landing(clients: Clients, folder: Path, bucket: str) -> int | None:
    """Makes the landing prefix of the bucket what the folder is; how many files there are.

    None if there is no such bucket yet: the deployment makes it.

    Raises:
        AwsError: the sandbox does not answer.
    """
    with aws_errors("landing files cannot be brought to the sandbox"):
        if not exists(clients, bucket):
            return None
        s3 = clients("s3")
        there = _digests(s3, bucket)
        here = {
            _PREFIX + name.as_posix(): folder / name
            for name in (path.relative_to(folder) for path in sorted(folder.rglob("*")))
            if (folder / name).is_file() and not is_hidden(name.parts)
        }
        for key, path in here.items():
            content = path.read_bytes()
            if there.get(key) != hashlib.md5(content, usedforsecurity=False).hexdigest():
                s3.put_object(Bucket=bucket, Key=key, Body=content)
        for key in there.keys() - here.keys():
            s3.delete_object(Bucket=bucket, Key=key)
    return len(here)


def _digests(s3: Any, bucket: str) -> dict[str, str]:
    """The MD5 digests of the objects, which is what their ETags are where they were put in one piece."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=_PREFIX)
    return {
        entry["Key"]: entry["ETag"].strip('"')
        for page in pages
        for entry in page.get("Contents", ())
    }
