"""The emulated AWS keeps simultaneous requests apart."""

import json
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from moto.moto_api import recorder

REGION = "us-east-1"


@pytest.fixture
def recording(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder, "_location", str(tmp_path / "calls"))
    recorder.start_recording()
    yield tmp_path / "calls"
    recorder.stop_recording()


def test_requests_at_once(moto, recording):
    """moto records each request in parts, and they must not appear within another one."""
    clients = [boto3.client("s3", region_name=REGION) for _ in range(4)]
    clients[0].create_bucket(Bucket="many")

    def put(n):
        client = clients[n % len(clients)]
        client.put_object(Bucket="many", Key=f"{n}", Body=bytes([n]) * 300_000)
        return client.get_object(Bucket="many", Key=f"{n}")["Body"].read()

    with ThreadPoolExecutor(len(clients)) as pool:
        assert list(pool.map(put, range(40))) == [bytes([n]) * 300_000 for n in range(40)]
    recorder.stop_recording()
    noted = [json.loads(line) for line in recording.read_text().splitlines()]
    assert [entry["method"] for entry in noted].count("GET") == 40
