"""An emulated AWS on 127.0.0.1 for tests: nothing here can reach a real one."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

import pytest

from tests import aws_emulator


@pytest.fixture(scope="session")
def _server() -> Iterator[str]:
    server = aws_emulator.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def moto(_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of an empty AWS account, set for this process and its children."""
    urllib.request.urlopen(urllib.request.Request(f"{_server}/moto-api/reset", method="POST"))
    for name, value in environment(_server).items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    return _server


def environment(address: str) -> dict[str, str]:
    """Return the variables that point AWS's libraries at an address."""
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }
