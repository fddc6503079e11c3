"""Landing files that change: during a read, and after a run has taken their rows."""

import gzip
import os
import shutil

import pytest

from alur.errors import SourceError
from tests.tiny_project import csv_of

CONTRACTS = """
class Raw(BronzeTable, key="id"):
    id: int
    name: str
"""
LOAD = """
import os
from pathlib import Path

LANDING = Path(__file__).parent / "landing" / "raw"

def add(name, text):
    with open(LANDING / name, "a") as file:
        file.write(text)

@pipeline(sources={{"raw": files("raw/*", schema=Raw)}}, target=Raw, mode="{mode}")
def load(raw):
    {body}
    return raw
"""


def declare(project, body="pass", mode="append"):
    project.declare(CONTRACTS, LOAD.format(mode=mode, body=body))


def test_a_file_that_grows_meanwhile_is_left_for_the_next_run(project):
    declare(
        project,
        'grow = LANDING.parent / "grow"\n'
        '    if grow.exists():\n        add("b.csv", "3,c\\n")\n        grow.unlink()',
    )
    project.land("grow", "")
    project.land("raw/a.csv", csv_of("id,name", [(1, "a")]))
    project.land("raw/b.csv", csv_of("id,name", [(2, "b")]))
    ran = project.run()
    assert ran.succeeded("load").files == {"raw": ("raw/a.csv",)}
    assert ran.notices == ["raw/b.csv: still being written, so left for the next run"]
    assert project.rows("raw", "id") == [(1,)]
    project.run().all_succeeded()
    assert project.rows("raw", "id", "_source_file") == [
        (1, "raw/a.csv"),
        (2, "raw/b.csv"),
        (3, "raw/b.csv"),
    ]


def test_a_file_that_is_replaced_meanwhile_is_read_anew(project):
    """Its columns then have another order, so a mixture of both would be wrong."""
    declare(
        project,
        'new = LANDING.parent / "new.csv"\n    if new.exists():\n        os.replace(new, LANDING / "a.csv")',
    )
    project.land("new.csv", "name,id\nHopper,2\n")
    project.land("raw/a.csv", "id,name\n1,Ada\n")
    ran = project.run()
    assert ran.succeeded("load").commit is None
    assert ran.notices == [
        "raw/a.csv: still being written, so left for the next run",
        "no new files; the table is unchanged",
    ]
    project.run().all_succeeded()
    assert project.rows("raw", "id", "name") == [(2, "Hopper")]


def test_a_table_that_is_replaced_waits_for_all_of_its_files(project):
    declare(project, 'add("a.csv", "2,b\\n")', mode="overwrite")
    project.land("raw/a.csv", csv_of("id,name", [(1, "a")]))
    error = project.run().error("load")
    assert isinstance(error, SourceError)
    assert "raw/a.csv: changed while the run read it" in error.message
    assert project.snapshots() == {}


def test_names_of_unfinished_files_never_count(project):
    declare(project)
    for suffix in ("part", "partial", "tmp", "crdownload", "filepart"):
        project.land(f"raw/x.csv.{suffix}", "half a li")
    project.land("raw/.hidden.csv", "half a li")
    project.land("raw/a.csv", csv_of("id,name", [(1, "a")]))
    assert project.run().succeeded("load").files == {"raw": ("raw/a.csv",)}


@pytest.mark.parametrize("mode", ["append", "merge"])
def test_a_file_that_changed_after_it_was_taken_is_named(project, mode):
    declare(project, mode=mode)
    first = project.land("raw/a.csv", csv_of("id,name", [(1, "a")]))
    project.land("raw/b.csv", csv_of("id,name", [(2, "b")]))
    project.run().all_succeeded()
    assert project.run().notices == ["no new files; the table is unchanged"]
    project.land("raw/a.csv", csv_of("id,name", [(1, "corrected")]))
    assert os.stat(first).st_size > 0
    ran = project.run()
    assert ran.succeeded("load").commit is None
    changed, nothing = ran.notices
    assert changed.startswith("raw/a.csv: changed since the rows were taken, and not taken again")
    assert ("sorts after" in changed) == (mode == "merge")
    assert nothing == "no new files; the table is unchanged"
    assert project.rows("raw", "id", "name") == [(1, "a"), (2, "b")]


def test_a_correction_that_sorts_before_what_it_corrects_is_named(project):
    declare(project, mode="merge")
    project.land("raw/day.csv", csv_of("id,name", [(1, "wrong"), (2, "b")]))
    project.run().all_succeeded()
    project.land("raw/day-corrected.csv", csv_of("id,name", [(1, "right")]))
    outdone, _ = project.run().notices
    assert outdone.startswith("raw/day-corrected.csv: no row was used")
    assert "sorts after the file that it corrects" in outdone
    shutil.move(
        project.root / "landing/raw/day-corrected.csv", project.root / "landing/raw/day2.csv"
    )
    assert project.run().notices == []
    assert project.rows("raw", "id", "name") == [(1, "right"), (2, "b")]


def test_packed_files_are_unpacked_or_named(project):
    declare(project)
    project.land("raw/a.csv.gz", gzip.compress(b"id,name\n1,a\n"))
    project.run().all_succeeded()
    assert project.rows("raw", "id", "name", "_source_file") == [(1, "a", "raw/a.csv.gz")]
    path = project.land("raw/b.csv.gz", gzip.compress(b"id,name\n" + b"2,b\n" * 1000)[:-20])
    assert "raw/b.csv.gz cannot be unpacked" in project.run().error("load").message
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    error = project.run().error("load")
    assert "raw/b.csv.gz is not UTF-8 text but a ZIP archive" in error.message
    assert "unpack it" in error.remedy
