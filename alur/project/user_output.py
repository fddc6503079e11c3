"""Separates the output of user code from a command's output for other programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

_OUT, _ERR = 1, 2


@contextmanager
def stdout_to_stderr() -> Iterator[None]:
    """Redirect the standard output of this process and its children to standard error."""
    sys.stdout.flush()
    with redirect_stdout(sys.stderr):
        try:
            kept = os.dup(_OUT)
        except OSError:
            # A process without a standard output.
            yield
            return
        try:
            os.dup2(_ERR, _OUT)
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, _OUT)
            os.close(kept)
