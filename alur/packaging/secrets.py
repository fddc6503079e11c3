"""Recognizes files that must never reach a bucket: private keys, credentials, Terraform's state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import PurePath

_NAMES = re.compile(
    r"id_(rsa|dsa|ecdsa|ed25519)|secring\.gpg|_netrc|.*\.ppk|.*\.tfstate(\.backup)?"
)
"""Names that alone identify a secret; files whose names begin with a dot are never packaged."""

_NEWLINE = rb"(?:\\*[rn]|[\r\n])"
_PEM = re.compile(
    rb"-{4,5} ?BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)? ?-{4,5}"
    rb"(?:"
    # Then plain or escaped lines, perhaps after headers such as Proc-Type. Placeholders such as MIIE... cannot be
    # distinguished from a key, and count as one.
    rb"(?:%(newline)s[\s>|#*]*)+(?:[A-Za-z-]+: ?[^\r\n\\]*(?:%(newline)s\s*)+)*[A-Za-z0-9+/]{3,}=*\.*\s*(?:[\\\r\n\"'`]|\Z)"
    # Or a text concatenated from one string per line.
    rb"|[\s\\rn\"'`,]*[\"'`][A-Za-z0-9+/]{20,}"
    # Or one line, as in an environment variable.
    rb"| +[A-Za-z0-9+/]{40,}"
    rb")" % {b"newline": _NEWLINE}
)
"""A private key in the form of PEM or PGP, with content: a text with only its first line contains no key."""

_OTHERS = {
    "a private key of PuTTY": rb"\A(\xef\xbb\xbf)?PuTTY-User-Key-File-\d",
    "a private key": rb"\"d\"\s*:\s*\"[\w-]{40,}\"(?=[^{}]*\"kty\")|\"kty\"[^{}]*\"d\"\s*:\s*\"[\w-]{40,}\"",
    "credentials of AWS": rb"(?i)(aws_)?secret_?access_?key[\"']?\s*[=:]\s*[\"']?"
    # The example keys in AWS's documentation end like this.
    rb"(?![A-Za-z0-9+/]*EXAMPLEKEY)[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/])",
    "Terraform's state": rb"\"terraform_version\"\s*:[^{}]*\"lineage\"\s*:|\"lineage\"\s*:[^{}]*\"terraform_version\"\s*:",
}
_PATTERNS = {what: re.compile(pattern) for what, pattern in _OTHERS.items()}

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def secret_in(path: PurePath, content: bytes) -> str | None:
    """Return a description of the secret in a file; None if there is none.

    >>> secret_in(PurePath("keys/id_rsa"), b"")
    'a private key or a state (judging by its name)'
    >>> secret_in(PurePath("check.py"), b'text.startswith("-----BEGIN PRIVATE KEY-----")')
    """
    if _NAMES.fullmatch(path.name):
        return "a private key or a state (judging by its name)"
    if path.name == "credentials" and b"aws_secret_access_key" in content:
        return "credentials of AWS"
    if content.startswith(_UTF16):
        content = content.decode("utf-16", errors="ignore").encode()
    if _PEM.search(content) or _is_der_key(content):
        return "a private key"
    return next((what for what, pattern in _PATTERNS.items() if pattern.search(content)), None)


def _is_der_key(content: bytes) -> bool:
    """Return whether this is a DER-encoded private key: PKCS #1, #8 or #12, or of an elliptic curve.

    (https://www.rfc-editor.org/rfc/rfc5958, https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1.2,
    https://www.rfc-editor.org/rfc/rfc5915, https://www.rfc-editor.org/rfc/rfc7292)
    """
    outer = list(islice(_elements(content), 2))
    if len(outer) != 1 or outer[0][0] != _SEQUENCE:
        return False
    match list(islice(_elements(outer[0][1]), 3)):
        case [(0x02, version), (kind, inner), *_]:
            # After the version: an integer (an RSA key has nine in all), an algorithm's name, or a curve's key.
            return (version, kind) in _BEGINNINGS and bool(inner)
        case [(0x30, algorithm), (0x04, _)]:
            return algorithm.startswith(_PASSWORD_BASED)
    return False


_SEQUENCE = 0x30
_BEGINNINGS = {
    (b"\x00", 0x02),
    (b"\x00", _SEQUENCE),
    (b"\x01", _SEQUENCE),
    (b"\x01", 0x04),
    (b"\x03", _SEQUENCE),
}
_PASSWORD_BASED = (
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05",  # PKCS #5
    b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c",  # PKCS #12
)


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the tag and the content of each element, up to the first incomplete one."""
    while len(content) >= 2:
        tag, size, start = content[0], content[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(content[2:start])
        if start > 6 or start + size > len(content):
            yield -1, b""
            return
        yield tag, content[start : start + size]
        content = content[start + size :]
    if content:
        yield -1, b""
