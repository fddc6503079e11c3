"""When and how far tables are maintained, whichever engine keeps them."""

from __future__ import annotations

from datetime import timedelta

FILES_BETWEEN_COMPACTIONS = 50
"""The number of new data files of a table after which a run combines small ones."""

MANY_SMALL_FILES = 10
"""The number of small files in a partition that such a run combines; fewer are not worth their copy."""

MANY_MANIFESTS = 20
"""The number of a table's manifests that become few after its small files: a reader opens each of them."""

FILE_BYTES = 1 << 26
"""The size of a combined file, and a limit for its parts: a file of more than half of it is not small.

A merge writes whole files again, so smaller ones cost it less; more of them cost each reader more.
"""

ORPHANS_STAY = timedelta(days=1)
"""The age of files to delete that no snapshot needs: another program may be about to commit younger ones."""


def calls_for_compaction(files_before: int, files: int) -> bool:
    """Return whether the number of a table's data files has reached a higher multiple of 50.

    >>> calls_for_compaction(49, 50), calls_for_compaction(50, 99)
    (True, False)
    """
    return files // FILES_BETWEEN_COMPACTIONS > files_before // FILES_BETWEEN_COMPACTIONS
