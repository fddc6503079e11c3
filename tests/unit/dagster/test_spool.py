"""The spool's files: whole or absent, in the order of the ends."""

import json
import os
import time
import uuid

import pytest

from alur_dagster.spool import Spool


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "home")


def names(spool):
    return [entry.record()["pipeline"] for entry in spool.waiting()]


def test_ends_wait_in_order_until_they_are_removed(spool, tmp_path):
    assert spool.waiting() == []
    before = time.time()
    for name in ("b", "a", "größer \ud800"):
        spool.add({"pipeline": name})
    waiting = Spool(tmp_path / "home").waiting()
    assert names(spool) == ["b", "a", "größer \ud800"]
    assert all(before <= entry.ended_at <= time.time() for entry in waiting)
    assert len({uuid.UUID(entry.id) for entry in waiting}) == 3
    waiting[0].remove()
    assert names(spool) == ["a", "größer \ud800"]


def test_a_clock_that_is_set_back_changes_no_order(spool, monkeypatch):
    spool.add({"pipeline": "first"})
    monkeypatch.setattr(time, "time_ns", lambda: 1)
    spool.add({"pipeline": "second"})
    spool.add({"pipeline": "third"})
    assert names(spool) == ["first", "second", "third"]


def test_a_file_is_on_the_disk_before_it_has_its_name(spool, monkeypatch):
    steps = []
    fsync, rename = os.fsync, os.rename

    def synced(descriptor):
        fsync(descriptor)
        steps.append(os.readlink(f"/proc/self/fd/{descriptor}"))

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "rename", lambda a, b: (rename(a, b), steps.append("renamed")))
    spool.add({"pipeline": "a"})
    *folders, file, renamed, folder = steps
    assert folders == [str(parent) for parent in list(spool.folder.parents)[:3]]
    assert (file[-5:], renamed, folder) == (".part", "renamed", str(spool.folder))


def test_a_write_that_fails_leaves_nothing(spool, monkeypatch):
    spool.add({"pipeline": "a"})

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        spool.add({"pipeline": "b"})
    assert [path.suffix for path in spool.folder.iterdir()] == [".json"]


def test_what_a_killed_run_left_unfinished_is_deleted_after_a_day(spool):
    spool.add({"pipeline": "a"})
    unfinished = spool.folder / f"1-{uuid.uuid4()}.part"
    unfinished.write_text('{"pipel')
    assert names(spool) == ["a"]
    assert unfinished.exists()
    os.utime(unfinished, (0, time.time() - 25 * 3600))
    assert names(spool) == ["a"]
    assert not unfinished.exists()


def test_only_an_object_is_a_record(spool):
    spool.add({"pipeline": "a"})
    (entry,) = spool.waiting()
    entry.path.write_text(json.dumps([1]))
    with pytest.raises(ValueError, match="does not hold an object"):
        entry.record()
    aside = entry.set_aside()
    assert (aside.read_text(), spool.waiting()) == ("[1]", [])
