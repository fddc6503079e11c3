"""The landing location in S3: files by pattern, as in a folder."""

from __future__ import annotations

import fnmatch
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from alur.errors import SourceError
from alur.pipelines.sources import FileSource
from alur.runtime.glue.clients import aws_errors
from alur.runtime.glue.s3_location import S3Location
from alur.runtime.landing import LandingFile, is_hidden

_BUFFER = 1 << 20

_WILDCARD = re.compile(r"[*?\[]")

# What Sail, Hadoop or a URL's rules would not take literally.
_PATTERN = re.compile(r"[*?\[\]{}\\:%#\x00-\x1f]")


@dataclass(frozen=True)
class S3Landing:
    """The landing prefix of an environment.

    Attributes:
        client: boto3's for S3; its methods may be called from several threads.
        copies: where a file whose name engines would take for a pattern is copied under a plain one.
    """

    client: Any
    location: S3Location
    copies: S3Location
    readers: int = 16

    def files(self, source: FileSource) -> list[LandingFile]:
        """The files that a source's pattern matches, by name."""
        matches = matcher(source.pattern)
        with aws_errors(f"landing files in {self.location} cannot be listed", SourceError):
            found: list[LandingFile] = [
                S3File(self, name, size)
                for name, size in self._listed(fixed_beginning(source.pattern))
                if matches(name)
            ]
        if not found:
            raise SourceError(
                f"no file matches {source.pattern!r} in '{self.location}'",
                remedy="put files there, or correct the pattern: "
                f"aws s3 ls --recursive {self.location} lists what there is",
            )
        return sorted(found, key=lambda file: file.name)

    def _listed(self, beginning: str) -> Iterator[tuple[str, int]]:
        """Names and sizes of the objects whose names begin so; an object that stands for a folder is no file."""
        prefix = self.location.prefix
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.location.bucket, Prefix=prefix + beginning
        )
        for page in pages:
            for entry in page.get("Contents", ()):
                if not entry["Key"].endswith("/"):
                    yield entry["Key"].removeprefix(prefix), entry["Size"]


@dataclass(frozen=True)
class S3File:
    """An object below the landing prefix."""

    landing: S3Landing
    name: str
    size: int

    @property
    def shown(self) -> str:
        """The object's address."""
        return self.landing.location.of(self.name)

    @property
    def _key(self) -> str:
        return self.landing.location.prefix + self.name

    def open(self) -> BinaryIO:
        """The object's content, read as it is asked for."""
        with aws_errors(f"{self.name} cannot be read", SourceError):
            answer = self.landing.client.get_object(
                Bucket=self.landing.location.bucket, Key=self._key
            )
        return cast(BinaryIO, io.BufferedReader(_Body(self.name, answer["Body"]), _BUFFER))

    def engine_path(self) -> str:
        """The object's address, or that of a copy with a plain name."""
        if not _PATTERN.search(self._key):
            return self.shown
        copies = self.landing.copies
        digest = hashlib.sha256(self._key.encode()).hexdigest()[:16]
        name = digest + re.sub(r"[^.\w]", "_", PurePosixPath(self.name).suffix)
        with aws_errors(f"{self.name} cannot be copied to {copies}", SourceError):
            self.landing.client.copy(
                {"Bucket": self.landing.location.bucket, "Key": self._key},
                copies.bucket,
                copies.prefix + name,
                # Else the role would have to read the objects' tags, too.
                ExtraArgs={"TaggingDirective": "REPLACE"},
            )
        return copies.of(name)


class _Body(io.RawIOBase):
    """The body of an answer of S3, whose exceptions are Alur's."""

    def __init__(self, name: str, body: Any) -> None:
        self._name = name
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with aws_errors(f"{self._name} cannot be read to its end", SourceError):
            chunk: bytes = self._body.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._body.close()
        super().close()


def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a name matches a pattern, by the rules of :meth:`pathlib.Path.glob`. Hidden files never do.

    >>> matches = matcher("orders/**/*.csv")
    >>> matches("orders/2024/05/a.csv"), matches("orders/a.csv"), matches("orders/a.txt"), matches("orders/.a.csv")
    (True, True, False, False)
    """
    tests = tuple(_test(part) for part in PurePosixPath(pattern).parts)
    files = not pattern.endswith("/")

    def matches(name: str) -> bool:
        parts = name.split("/")
        return files and "" not in parts and not is_hidden(parts) and _fit(parts, tests)

    return matches


def _test(part: str) -> Callable[[str], object] | None:
    """Whether a name fits a part of a pattern; None stands for any folders."""
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
    """What the names of all files begin with that a pattern matches.

    >>> fixed_beginning("orders/2024-*.csv"), fixed_beginning("orders/**/*.csv"), fixed_beginning("a.csv")
    ('orders/2024-', 'orders/', 'a.csv')
    """
    text = "/".join(PurePosixPath(pattern).parts)
    found = _WILDCARD.search(text)
    return text[: found.start()] if found else text
