"""How a pipeline's rows come into its target."""

from __future__ import annotations

from typing import Literal, get_args

WriteMode = Literal["overwrite", "append", "merge", "overwrite_partitions"]
"""``overwrite``: the whole table, atomically. ``append``: rows are added. ``merge``: rows replace those with the same
key, the others are added. ``overwrite_partitions``: the partitions that the rows fall into are replaced."""

WRITE_MODES: tuple[WriteMode, ...] = get_args(WriteMode)
