"""A command without its sandbox's server reports so, and does not blame AWS."""

import socket

import pytest

from alur.aws.jobs import last_runs
from alur.aws_clients import Clients
from alur.errors import AwsError, SandboxError
from alur.sandbox.state_file import SandboxState
from alur.sandbox.variables import environment


@pytest.fixture
def nobody():
    """Yield a local address without a server."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_sandbox_that_has_ended(nobody, monkeypatch):
    state = SandboxState(
        1, nobody, "eu-west-1", "123456789012", "AKIA", "2026-01-01", "sail", "Sail"
    )
    for name, value in environment(state).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SandboxError, match="the sandbox no longer responds") as caught:
        last_runs(Clients("eu-west-1"), ["alur-shop-load-sandbox"])
    assert "alur sandbox up" in caught.value.remedy


def test_aws_that_cannot_be_reached(nobody, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", nobody)
    with pytest.raises(AwsError, match="the runs of the jobs cannot be listed") as caught:
        last_runs(Clients("eu-west-1"), ["alur-shop-load-dev"])
    assert "check that this machine can reach AWS" in caught.value.remedy
