"""The output of jobs is stored on disk, and read in order of time, page by page."""

from __future__ import annotations

import gc
import tracemalloc
from datetime import datetime, timezone
from types import SimpleNamespace

import boto3
import pytest
from moto.logs.models import LogEvent

from alur.sandbox.server.services.log_events import EventFile, StreamEvents, page


def events(*pairs):
    return [
        SimpleNamespace(timestamp=time, ingestion_time=0, event_id=number, message=text)
        for number, (time, text) in enumerate(pairs)
    ]


def every(streams, start=0, end=None):
    """Return the messages of all pages, and the number of pages."""
    found, token, count = [], None, 0
    while True:
        part, token = page(streams, start, end, token)
        found += part
        count += 1
        if token is None:
            return [one["message"] for one in found], count


@pytest.fixture
def file():
    made = EventFile()
    yield made
    made.close()


@pytest.fixture
def streams(file):
    return {"a": StreamEvents(file), "b": StreamEvents(file)}


def test_events_of_several_streams_in_the_order_of_time(streams, file):
    streams["a"] += events((3, "a3"), (1, "a1"))
    streams["b"] += events((2, "b2"))
    streams["a"] += events((5, "a5"))
    streams["b"] += events((4, "b4"), (6, "b6"))
    assert every(streams)[0] == ["a1", "b2", "a3", "b4", "a5", "b6"]
    assert every(streams, start=3)[0] == ["a3", "b4", "a5", "b6"]
    assert every(streams, start=3, end=5)[0] == ["a3", "b4", "a5"]
    assert every(streams, start=7)[0] == []
    assert (len(streams["a"]), streams["a"].times) == (3, (1, 5))
    assert [event.message for event in streams["b"]] == ["b2", "b4", "b6"]
    assert StreamEvents(file).times is None


def test_each_event_once_however_many_pages_there_are(streams):
    for n in range(30):
        streams["a"] += events(*((n, f"a{n}-{m}") for m in range(1_000)))
        streams["b"] += events(*((n, f"b{n}-{m}") for m in range(7)))
    found, pages = every(streams)
    assert pages == 4
    assert len(found) == len(set(found)) == 30 * 1_007
    assert [text for text in found if text[0] == "b"] == [
        f"b{n}-{m}" for n in range(30) for m in range(7)
    ]


def test_events_that_come_while_pages_are_read(streams, file):
    streams["a"] += events(*((1, f"{n}") for n in range(10_001)))
    part, token = page(streams, 0, None, None)
    streams["a"] += events((2, "later"))
    streams["c"] = StreamEvents(file)
    streams["c"] += events((3, "a new stream"))
    rest, token = page(streams, 0, None, token)
    assert [one["message"] for one in rest] == ["10000", "later", "a new stream"]
    assert (len(part), token) == (10_000, None)


def test_memory_does_not_grow_with_what_was_printed(streams):
    line = "x" * 1_000
    tracemalloc.start()
    for n in range(60):
        streams["a"] += events(*((n, line) for _ in range(1_000)))
    kept, _ = tracemalloc.get_traced_memory()
    token, count = None, 0
    while True:
        part, token = page(streams, 0, None, token)
        count += len(part)
        if token is None:
            break
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 60_000
    # 60 MB were printed, a megabyte at a time.
    assert kept < 1_000_000
    assert most < 20_000_000


def test_moto_holds_no_event_that_it_was_given(moto):
    logs = boto3.client("logs", region_name="eu-west-1")
    place = {"logGroupName": "/alur/shop/dev/output", "logStreamName": "jr_1-driver"}
    logs.create_log_group(logGroupName=place["logGroupName"])
    logs.create_log_stream(**place)
    now = 1_000 * int(datetime.now(timezone.utc).timestamp())
    for part in range(3):
        lines = [{"timestamp": now + part, "message": f"{part}-{n}"} for n in range(1_000)]
        logs.put_log_events(**place, logEvents=lines)
    gc.collect()
    assert not [found for found in gc.get_objects() if isinstance(found, LogEvent)]
    (stream,) = logs.describe_log_streams(logGroupName=place["logGroupName"])["logStreams"]
    assert (stream["firstEventTimestamp"], stream["lastEventTimestamp"]) == (now, now + 2)
    read = logs.get_log_events(**place, startFromHead=True)["events"]
    assert [event["message"] for event in read] == [
        f"{p}-{n}" for p in range(3) for n in range(1_000)
    ]
