"""Clients reach workers in other processes by their region."""

import pickle
from concurrent.futures import ThreadPoolExecutor

from alur.aws_clients import Clients


def test_another_process_makes_its_own():
    clients = Clients("eu-central-1")
    s3 = clients("s3")
    others = pickle.loads(pickle.dumps(clients))
    assert others("s3") is not s3
    assert others("s3").meta.region_name == "eu-central-1"


def test_threads_share_one_client():
    clients = Clients("eu-central-1")
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(clients, ["s3"] * 64))) == 1
