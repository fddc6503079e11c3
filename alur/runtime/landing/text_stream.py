"""The bytes of a text file: unpacks gzip, and names the format of files other than UTF-8 text."""

from __future__ import annotations

import codecs
import gzip
import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, BinaryIO, cast

from alur.errors import Location, SourceError
from alur.runtime.landing.location import LandingFile

CHUNK = 1 << 23

_GZIP = b"\x1f\x8b"
_OTHER = {
    b"PK\x03\x04": "a ZIP archive (or an Excel workbook)",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ\x00": "compressed by xz",
    b"\x28\xb5\x2f\xfd": "compressed by Zstandard",
    b"\x04\x22\x4d\x18": "compressed by LZ4",
    b"PAR1": "a Parquet file",
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}


@contextmanager
def open_text(file: LandingFile) -> Iterator[IO[bytes]]:
    """Open a file's text, unpacked and without a byte-order mark.

    Raises:
        SourceError: the file is an archive, or has another encoding.
        FileChanged: the file was replaced after it was found.
    """
    with ExitStack() as opened:
        stream = _buffered(opened.enter_context(file.open()), opened)
        if stream.peek(2)[:2] == _GZIP:
            unpacked = opened.enter_context(gzip.GzipFile(fileobj=stream))
            stream = _buffered(cast(BinaryIO, unpacked), opened)
        beginning = _peek(stream, file)
        for magic, kind in _OTHER.items():
            if beginning.startswith(magic):
                raise _other(file, kind)
        if beginning.startswith(codecs.BOM_UTF8):
            stream.read(len(codecs.BOM_UTF8))
        yield stream


def _buffered(stream: BinaryIO, opened: ExitStack) -> io.BufferedReader:
    return opened.enter_context(io.BufferedReader(cast(io.RawIOBase, stream), CHUNK))


def _other(file: LandingFile, kind: str) -> SourceError:
    return SourceError(
        f"{file.name} is not UTF-8 text but {kind}",
        where=Location(file.shown, 1),
        remedy="convert it: iconv -t UTF-8"
        if "UTF-16" in kind
        else "unpack it, or export it as CSV",
    )


def _peek(stream: io.BufferedReader, file: LandingFile) -> bytes:
    try:
        return stream.peek(8)[:8]
    except (OSError, EOFError) as error:
        raise damaged(file, error) from None


def damaged(file: LandingFile, error: Exception) -> SourceError:
    """Return the error for a file with damaged compressed content."""
    return SourceError(
        f"{file.name} cannot be unpacked: {error}",
        where=Location(file.shown, 1),
        remedy="deliver it again, or remove it",
    )


class Rest(io.RawIOBase):
    """A stream of bytes read in advance, then of the following ones.

    Attributes:
        last: the last byte read; empty before the first.
    """

    def __init__(self, head: bytes, stream: IO[bytes]) -> None:
        self._head = memoryview(head)
        self._stream = stream
        self.last = b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read the next bytes into a buffer."""
        if self._head:
            chunk: bytes | memoryview = self._head[: len(buffer)]
            self._head = self._head[len(chunk) :]
        else:
            chunk = self._stream.read(len(buffer))
        buffer[: len(chunk)] = chunk
        if len(chunk):
            self.last = bytes(chunk[-1:])
        return len(chunk)


def line_that_is_not_utf8(stream: IO[bytes]) -> int:
    """Return the number of the first line that is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 1
    while chunk := stream.read(CHUNK):
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            # The bytes kept from the previous chunk hold no line break.
            return lines + chunk[: max(error.start, 0)].count(b"\n")
        lines += chunk.count(b"\n")
    return lines
