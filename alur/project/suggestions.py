"""Suggests the nearest existing name: "did you mean"."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str], kind: str) -> str:
    """Return a remedy for a name that does not exist.

    >>> did_you_mean("clean_ordrs", ["clean_orders", "load"], "pipelines")
    "did you mean 'clean_orders'?"
    >>> did_you_mean("x", ["clean_orders", "load"], "pipelines")
    'the pipelines are clean_orders, load'
    """
    names = sorted(known)
    near = get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    if not names:
        return f"there are no {kind}"
    shown = ", ".join(names[:10]) + (" and more" if len(names) > 10 else "")
    return f"the {kind} are {shown}"
