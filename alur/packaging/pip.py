"""Runs pip to get wheels for Glue's platform, which need not be this machine's."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from alur.errors import PackagingError
from alur.packaging.glue_runtime import ABI, PLATFORMS, PYTHON
from alur.packaging.requirements import Pin

_PLATFORM = f"CPython {PYTHON} on Linux x86_64 with glibc 2.34"

_REMEDIES = {
    r"No module named pip": "install what deploying needs: pip install 'alur[aws]'",
    r"DO NOT MATCH THE HASHES": (
        "see where your index has the file from: it is another than the one that was pinned"
    ),
    r"\b40[13] Client Error|\b401\b.*Unauthorized|\b403\b.*Forbidden": (
        "give pip the credentials of your package index (pip config, keyring or .netrc)"
    ),
    r"CERTIFICATE_VERIFY_FAILED|SSLError": "let pip trust your network's certificate: set PIP_CERT",
    r"NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|ConnectionResetError": (
        "see that this machine reaches your package index (PIP_INDEX_URL, HTTPS_PROXY), and try again"
    ),
    r"No space left on device": "make room on the disk",
    r"No matching distribution found": (
        f"pin a version that has a wheel for {_PLATFORM}: the index has none of this one"
    ),
}
"""What to do about what pip is known to say; the first that matches is nearest to the cause."""

_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")


def download(pins: Iterable[Pin], folder: Path) -> None:
    """Puts the wheels of pinned distributions into a folder: those of Glue's platform, and none built from source.

    pip's own settings say which index is asked.

    Raises:
        PackagingError: pip says why it could not.
    """
    listed = list(pins)
    requirements = folder / "requirements.txt"
    requirements.write_text("".join(map(_line, listed)), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-color"]
    command += ["--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    command += ["--implementation=cp", f"--python-version={PYTHON}", f"--abi={ABI}"]
    command += [f"--platform={platform}" for platform in PLATFORMS]
    command += ["--require-hashes"] if listed[0].hashes else []
    command += [f"--requirement={requirements.name}", "--dest=."]
    # In that folder, so that no pip.py of the project is taken for pip.
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    requirements.unlink()
    if done.returncode:
        raise _failure(done.stderr or done.stdout)


def _line(pin: Pin) -> str:
    return " ".join((str(pin), *(f"--hash={value}" for value in pin.hashes))) + "\n"


def _failure(said: str) -> PackagingError:
    text = _CREDENTIALS.sub("", said)
    errors = [line for line in text.splitlines() if line.startswith("ERROR:")]
    reason = errors[-1].removeprefix("ERROR: ") if errors else "\n".join(text.splitlines()[-3:])
    if "DO NOT MATCH THE HASHES" in text:
        reason = "THESE PACKAGES DO NOT MATCH THE HASHES that were pinned:\n" + _mismatched(text)
    known = (remedy for pattern, remedy in _REMEDIES.items() if re.search(pattern, text))
    return PackagingError(
        f"pip could not get the wheels that jobs need: {reason.strip()}",
        remedy=next(known, "correct what pip says, and run the command again"),
    )


def _mismatched(text: str) -> str:
    """The part of pip's message that says what it got in place of what."""
    lines = text.splitlines()
    return "\n".join(line for line in lines if "://" not in line and line.startswith("    "))
