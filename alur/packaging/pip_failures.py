"""Summarizes pip's output after a failed download."""

from __future__ import annotations

import re

from alur.errors import PackagingError
from alur.packaging.glue_libraries import PYTHON

_PLATFORM = f"CPython {PYTHON} on Linux x86_64 with glibc 2.34"

_NOT_FETCHED = re.compile(r"^Could not fetch URL \S+ (?!404)(.*?)(?: - skipping)?$", re.MULTILINE)
_NO_MATCH = re.compile(r"^ERROR: No matching distribution found for ([^\s=]+)(?:==(\S+))?", re.M)
_MISMATCH = re.compile(r"^ +(\S+==\S+) from .*\n(?: +Expected.*\n)+ +Got +(\w+)", re.M)

# Either may contain a password or a token.
_URL = re.compile(r"(\w+://)(?:[^/\s@]*@)?([^/\s]*)\S*")
_PATH = re.compile(r"\burl: /\S*")

_REACH = "check that this machine can reach your package index (PIP_INDEX_URL, HTTPS_PROXY), and try again"

_REMEDIES = {
    r"\b40[13] Client Error|Credentials not correct": (
        "give pip the credentials of your package index (pip config, keyring or .netrc)"
    ),
    r"CERTIFICATE|\bSSL\b|\bssl\b": "make pip trust your network's certificates: set PIP_CERT",
    r"timed out|[Cc]onnection|name resolution": _REACH,
    r"No space left on device": "free space on the disk",
    r"No module named pip": "install what deploying needs: pip install 'alur[aws]'",
}
_OTHERWISE = "correct what pip reports, and run the command again"


def failure(output: str) -> PackagingError:
    """Return the error for a failed download.

    Args:
        output: pip's most verbose output.

    >>> print(failure("ERROR: No matching distribution found for geo==9.9"))
    no package index has a wheel of geo==9.9 for CPython 3.11 on Linux x86_64 with glibc 2.34
      fix: pin a version that has one
    """
    mismatch, no_match, fetched = (
        _MISMATCH.search(output),
        _NO_MATCH.search(output),
        _not_fetched(output),
    )
    if mismatch:
        return _another_file(mismatch)
    if no_match and fetched is None:
        asked = f"{no_match[1]}=={no_match[2]}" if no_match[2] else no_match[1]
        return PackagingError(
            f"no package index has a wheel of {asked} for {_PLATFORM}",
            remedy="pin a version that has one",
        )
    if fetched is not None:
        return PackagingError(
            f"pip could not read the package index: {fetched}", remedy=_remedy(fetched, _REACH)
        )
    errors = re.findall(r"^ERROR: (.*)$", output, re.MULTILINE) or output.strip().splitlines()[-1:]
    reason = _without_secrets(" ".join(errors))
    return PackagingError(
        f"pip could not get the wheels that jobs need: {reason}",
        remedy=_remedy(reason, _OTHERWISE),
    )


def _not_fetched(output: str) -> str | None:
    """Return why an index could not be read; None if each one answered, even without such a project."""
    denied = re.search(r"^WARNING: (401 Error, Credentials not correct)", output, re.MULTILINE)
    match = denied or _NOT_FETCHED.search(output)
    return _without_secrets(match[1]) if match else None


def _another_file(mismatch: re.Match[str]) -> PackagingError:
    return PackagingError(
        f"{mismatch[1]} is not the file that was pinned: its SHA-256 is {mismatch[2]}",
        remedy="check where your index gets it from; if it is right, pin that hash, too",
    )


def _without_secrets(text: str) -> str:
    return _PATH.sub("url: /…", _URL.sub(r"\1\2/…", text))


def _remedy(reason: str, otherwise: str) -> str:
    known = (remedy for pattern, remedy in _REMEDIES.items() if re.search(pattern, reason))
    return next(known, otherwise)
