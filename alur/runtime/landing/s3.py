"""The landing location in S3, searched by pattern as a folder is."""

from __future__ import annotations

import fnmatch
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from alur.aws_clients import Clients, job_aws_errors
from alur.errors import SourceError
from alur.pipelines.sources import FileSource
from alur.runtime.landing.location import (
    FileChanged,
    FileState,
    LandingFile,
    never_counts,
    no_file_matches,
)
from alur.runtime.s3_location import S3Location

_BUFFER = 1 << 20

_GONE = ("PreconditionFailed", "412", "NoSuchKey")
"""S3's error codes for an object changed or deleted after it was listed."""

_WILDCARD = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class S3Landing:
    """The landing prefix of an environment."""

    clients: Clients
    location: S3Location
    readers: int = 16

    @property
    def client(self) -> Any:
        """boto3's client for S3; its methods may be called from several threads."""
        return self.clients("s3")

    def files(self, source: FileSource) -> list[LandingFile]:
        """Return the files matched by a source's pattern, by name."""
        matches = matcher(source.pattern)
        with job_aws_errors(f"landing files in {self.location} cannot be listed", SourceError):
            files: list[LandingFile] = [
                S3File(self, name, state)
                for name, state in self._listed(fixed_beginning(source.pattern))
                if matches(name)
            ]
        if not files:
            raise no_file_matches(
                source,
                str(self.location),
                f"put files there, or correct the pattern: aws s3 ls --recursive {self.location} lists what there is",
            )
        return sorted(files, key=lambda file: file.name)

    def _listed(self, beginning: str) -> Iterator[tuple[str, FileState]]:
        """Yield names and states of the objects with a prefix, without objects that stand for folders."""
        prefix = self.location.prefix
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.location.bucket, Prefix=prefix + beginning
        )
        for page in pages:
            for entry in page.get("Contents", ()):
                if not entry["Key"].endswith("/"):
                    state = FileState(entry["Size"], entry["LastModified"], entry["ETag"])
                    yield entry["Key"].removeprefix(prefix), state


@dataclass(frozen=True)
class S3File:
    """An object below the landing prefix."""

    landing: S3Landing
    name: str
    state: FileState

    @property
    def shown(self) -> str:
        """The object's address."""
        return self.landing.location.of(self.name)

    @property
    def _key(self) -> str:
        return self.landing.location.prefix + self.name

    def open(self) -> BinaryIO:
        """Return the object's content as a stream, read on demand."""
        with job_aws_errors(f"{self.name} cannot be read", SourceError):
            try:
                answer = self.landing.client.get_object(
                    Bucket=self.landing.location.bucket, Key=self._key, IfMatch=self.state.identity
                )
            except self.landing.client.exceptions.ClientError as error:
                if error.response["Error"]["Code"] in _GONE:
                    raise FileChanged from None
                raise
        return cast(BinaryIO, io.BufferedReader(_Body(self.name, answer["Body"]), _BUFFER))

    def has_changed(self) -> bool:
        """Return False: an object is read in the listed state, or not at all."""
        return False


class _Body(io.RawIOBase):
    """The body of a response from S3, with Alur's exceptions."""

    def __init__(self, name: str, body: Any) -> None:
        self._name = name
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with job_aws_errors(f"{self._name} cannot be read to its end", SourceError):
            chunk: bytes = self._body.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._body.close()
        super().close()


def matcher(pattern: str) -> Callable[[str], bool]:
    """Return a predicate for names that match a pattern, by :meth:`pathlib.Path.glob`'s rules; hidden ones never do.

    >>> matches = matcher("orders/**/*.csv")
    >>> matches("orders/2024/05/a.csv"), matches("orders/a.csv"), matches("orders/a.txt"), matches("orders/.a.csv")
    (True, True, False, False)
    """
    tests = tuple(_test(part) for part in PurePosixPath(pattern).parts)
    files = not pattern.endswith("/")

    def matches(name: str) -> bool:
        parts = name.split("/")
        return files and "" not in parts and not never_counts(parts) and _fit(parts, tests)

    return matches


def _test(part: str) -> Callable[[str], object] | None:
    """Return a predicate for names that fit a part of a pattern; None stands for any folders."""
    if part == "**":
        return None
    if not _WILDCARD.search(part):
        return part.__eq__
    return re.compile(fnmatch.translate(part)).fullmatch


def _fit(parts: Sequence[str], tests: Sequence[Callable[[str], object] | None]) -> bool:
    if not tests:
        return not parts
    if tests[0] is None:
        return any(_fit(parts[skipped:], tests[1:]) for skipped in range(len(parts)))
    return bool(parts) and bool(tests[0](parts[0])) and _fit(parts[1:], tests[1:])


def fixed_beginning(pattern: str) -> str:
    """Return the common beginning of all names that match a pattern.

    >>> fixed_beginning("orders/2024-*.csv"), fixed_beginning("orders/**/*.csv"), fixed_beginning("a.csv")
    ('orders/2024-', 'orders/', 'a.csv')
    """
    text = "/".join(PurePosixPath(pattern).parts)
    wildcard = _WILDCARD.search(text)
    return text[: wildcard.start()] if wildcard else text
