"""Numbers of things, in words."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "job"), counted(1200, "pipeline")
    ('1 job', '1,200 pipelines')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
