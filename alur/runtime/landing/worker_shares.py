"""Shares landing files among the workers of an engine, so that their bytes do not all pass through the driver."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alur.errors import AlurError
from alur.pipelines.sources import FileSource
from alur.runtime.landing.location import LandingFile
from alur.runtime.landing.staged_files import StagedFiles, stage_files
from alur.runtime.landing.staged_folder import WorkersFolder

if TYPE_CHECKING:
    from pyspark import SparkContext

_SHARES_PER_CORE = 2
"""More than one, since the files of one share may take longer to read than those of another."""


@dataclass(frozen=True, slots=True)
class _Share:
    """One worker's files."""

    source: FileSource
    files: Sequence[LandingFile]
    folder: WorkersFolder
    readers: int

    def stage(self) -> StagedFiles | AlurError:
        """Stage the files; return an error, since Spark would raise it four times and wrap it."""
        # A worker may be lost when all is written. Its successor writes to another folder.
        folder = self.folder.apart()
        try:
            return stage_files(self.source, self.files, folder, self.readers, lambda _: None)
        except AlurError as error:
            return error


def stage_on_workers(
    context: SparkContext,
    source: FileSource,
    files: Sequence[LandingFile],
    folder: WorkersFolder,
    readers: int,
) -> list[StagedFiles]:
    """Read files on the workers of a Spark application, and write each worker's rows into a folder of its own.

    Raises:
        SourceError: a file cannot be read as the source declares; of several, the first by name.
    """
    number = min(len(files), _SHARES_PER_CORE * context.defaultParallelism)
    shares = [_Share(source, part, folder, readers) for part in shared(files, number)]
    results = context.parallelize(shares, len(shares)).map(_Share.stage).collect()
    errors = [result for result in results if isinstance(result, AlurError)]
    if errors:
        raise min(errors, key=str)
    return [result for result in results if isinstance(result, StagedFiles)]


def shared(files: Sequence[LandingFile], number: int) -> list[list[LandingFile]]:
    """Return files in shares of about the same number of bytes, each in the files' order.

    >>> from types import SimpleNamespace as N
    >>> files = [N(name=name, state=N(size=size)) for name, size in [("a", 5), ("b", 1), ("c", 4), ("d", 9)]]
    >>> [[file.name for file in share] for share in shared(files, 2)]
    [['b', 'd'], ['a', 'c']]
    """
    shares: list[list[int]] = [[] for _ in range(number)]
    sizes = [(0, at) for at in range(number)]
    for at in sorted(range(len(files)), key=lambda at: files[at].state.size, reverse=True):
        size, share = heapq.heappop(sizes)
        shares[share].append(at)
        heapq.heappush(sizes, (size + files[at].state.size, share))
    return [[files[at] for at in sorted(share)] for share in shares if share]
