"""The allocator of Arrow's memory."""

from __future__ import annotations

import os

import pyarrow as pa


def use_lean_allocator() -> None:
    """Let Arrow allocate with jemalloc, unless ARROW_DEFAULT_MEMORY_POOL names another allocator.

    By default it uses mimalloc, which keeps about 100 MB more of what was freed: every thread that read or wrote rows
    has a share.
    """
    if (
        "jemalloc" in pa.supported_memory_backends()
        and "ARROW_DEFAULT_MEMORY_POOL" not in os.environ
    ):
        pa.set_memory_pool(pa.jemalloc_memory_pool())
