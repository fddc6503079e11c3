"""The archive of Spark's classes: created once, in the background, by a process that ends with the sandbox."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from alur.sandbox.server.jobs.engines.class_archive import ClassArchive
from alur.sandbox.spark_installation import SparkInstallation
from tests.waiting import wait_until

JAVA = """#!/bin/sh
# Stands in for a JVM that dumps: writes what it was asked to.
for argument; do case $argument in
    -XX:SharedArchiveFile=*) archive=${argument#*=} ;;
    -XX:SharedClassListFile=*) cp ${argument#*=} "$0.list" ;;
esac; done
%s
echo classes > "$archive"
"""


@pytest.fixture
def java(tmp_path):
    """Return a function that writes a ``java`` program: a line of shell, then the archive."""

    def write(line=":"):
        program = tmp_path / "java"
        program.write_text(JAVA % line)
        program.chmod(0o700)
        return program

    return write


def archive(java, tmp_path):
    jar = tmp_path / "a.jar"
    if not jar.exists():
        jar.touch()
    return ClassArchive(SparkInstallation(java, (jar,), "", ""), tmp_path / "cache")


def listed(tmp_path, count):
    file = tmp_path / "classes.lst"
    file.write_text("java/lang/Object\n" * count)
    return file


def test_the_first_list_that_is_long_enough_is_taken(java, tmp_path):
    made = archive(java(), tmp_path)
    run = made.recording(tmp_path)
    assert made.options(run) == [f"-XX:DumpLoadedClassList={run}"]
    made.make_from(listed(tmp_path, 5_000))
    made.make_from(tmp_path / "none.lst")
    assert made.recording(tmp_path) is not None
    made.make_from(listed(tmp_path, 19_000))
    # The next run needs no list, with or without an archive.
    assert made.recording(tmp_path) is None
    wait_until(made.path.exists)
    assert f"-XX:SharedArchiveFile={made.path}" in made.options(None)
    assert Path(f"{made.installation.java}.list").read_text().count("\n") == 19_000
    wait_until(lambda: [*made.folder.iterdir()] == [made.path])


def test_another_sandbox_uses_it(java, tmp_path):
    made = archive(java(), tmp_path)
    made.make_from(listed(tmp_path, 19_000))
    wait_until(made.path.exists)
    assert archive(tmp_path / "java", tmp_path).recording(tmp_path) is None


def test_what_makes_it_ends_with_the_sandbox(java, tmp_path):
    made = archive(java('echo $$ > "$0.pid"; exec sleep 600'), tmp_path)
    made.make_from(listed(tmp_path, 19_000))
    note = Path(f"{made.installation.java}.pid")
    pid = int(wait_until(lambda: note.exists() and note.read_text()))
    made.abandon()
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"))
    wait_until(lambda: [*made.folder.iterdir()] == [])


def test_a_home_that_cannot_be_written_has_none(java, tmp_path):
    (tmp_path / "cache").touch()
    made = archive(java(), tmp_path)
    made.make_from(listed(tmp_path, 19_000))
    assert not made.path.exists()


def test_it_is_named_by_what_it_is_made_of(java, tmp_path):
    made = archive(java(), tmp_path)
    assert archive(tmp_path / "java", tmp_path).path == made.path
    os.utime(tmp_path / "a.jar", (1, 1))
    assert archive(tmp_path / "java", tmp_path).path != made.path
