"""Short digests of meanings."""

from __future__ import annotations

import hashlib


def digest(*parts: object) -> str:
    """Return sixteen hexadecimal digits for a meaning composed of parts.

    >>> digest("a", 1) == digest("a", 1), digest("a", 1) == digest("a", "1")
    (True, False)
    """
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
