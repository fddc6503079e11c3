"""Landing files in S3: found, checked and reported as in a local folder."""

import itertools

import pytest
from pydantic import BaseModel

from alur.aws_clients import Clients
from alur.errors import SourceError
from alur.pipelines.sources import files
from alur.runtime.landing.folder import FolderLanding
from alur.runtime.landing.s3 import S3Landing, matcher
from alur.runtime.s3_location import S3Location
from tests.glue_project import REGION
from tests.integration.test_glue_jobs import LOAD, RAW
from tests.tiny_project import csv_of

BUCKET = "alur-shop-bronze-dev"
PLACE = f"s3://{BUCKET}/landing"

NAMES = [
    "a.csv",
    "b.CSV",
    "raw/a.csv",
    "raw/.hidden.csv",
    "raw/_SUCCESS",
    "raw/_temp/a.csv",
    "raw/[1].csv",
    "raw/1.csv",
    "raw/x*y.csv",
    "raw/2024/a.csv",
    "raw/2024/05/a.csv",
    "raw/2024/05/b.txt",
    "raw/2025/05/a.csv",
    "raw.d/a.csv",
    "rawer/a.csv",
    "ü/日本.csv",
    "raw/with space.csv",
]
PATTERNS = [
    "*",
    "*.csv",
    "**/*",
    "**/*.csv",
    "raw/*",
    "raw/*.csv",
    "raw/**/*.csv",
    "raw/**/05/*",
    "**/05/**/*.csv",
    "**/**/a.csv",
    "raw/*/",
    "raw",
    "raw/",
    "./raw/./*.csv",
    "raw//*.csv",
    "raw/a.csv",
    "raw/?.csv",
    "raw/[0-9].csv",
    "raw/[[]1].csv",
    "raw/[!a]*",
    "r?w/*",
    "raw*/a.csv",
    "*/*.csv",
    "ü/*",
    "RAW/*",
    "raw/x[*]y.csv",
    "raw/2024/0[0-9]/*.[ct][sx][vt]",
    "raw/_temp/a.csv",
    "raw/.*",
]


class _Schema(BaseModel):
    id: int


@pytest.fixture
def twins(jobs, tmp_path):
    """Return a folder and a prefix with the same names, and with other objects beside the prefix."""
    jobs.declare(RAW, LOAD).deploy()
    for name in NAMES:
        path = tmp_path / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        jobs.land(name, b"x")
    for key in ("landing/raw/folder/", "landing/", "elsewhere/a.csv"):
        jobs.s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    location = S3Location.parse(f"{PLACE}/")
    return FolderLanding(tmp_path / "landing", "landing"), S3Landing(Clients(REGION), location)


def found(landing, pattern):
    try:
        return [file.name for file in landing.files(files(pattern, schema=_Schema))]
    except SourceError:
        return []


def test_patterns_mean_the_same_as_in_a_folder(twins):
    folder, prefix = twins
    results = {pattern: (found(prefix, pattern), found(folder, pattern)) for pattern in PATTERNS}
    assert {p: s3 for p, (s3, _) in results.items()} == {
        p: local for p, (_, local) in results.items()
    }
    assert sum(bool(local) for _, local in results.values()) > 20


def test_generated_patterns_mean_the_same_as_in_a_folder(twins):
    folder, prefix = twins
    parts = ["raw", "*", "**", "20*", "0?", "a.csv", "*.csv", "[!r]*"]
    patterns = [
        "/".join(chosen) for n in (1, 2, 3) for chosen in itertools.product(parts, repeat=n)
    ]
    for pattern in [p for p in patterns if not p.endswith("**")]:
        assert found(prefix, pattern) == found(folder, pattern), pattern


@pytest.mark.parametrize("name", ["raw//a.csv", "/a.csv", "raw/./a.csv", "raw/../a.csv"])
def test_keys_that_no_folder_could_hold_are_no_files(name):
    assert not any(matcher(pattern)(name) for pattern in PATTERNS)


def test_names_that_engines_would_take_for_patterns(jobs):
    names = [
        "a b.csv",
        "a*b.csv",
        "[a].csv",
        "{a}.csv",
        "a?.csv",
        "a%20b.csv",
        "a#b.csv",
        "a:b.csv",
    ]
    names += [
        "日本👍.csv",
        "e\u0301.csv",
        "a=1&b+c.csv",
        "back\\slash.csv",
        "tab\t.csv",
        "'q\"`.csv",
    ]
    jobs.declare(RAW, LOAD).deploy()
    for number, name in enumerate(names):
        jobs.land(f"raw/{name}", csv_of("id,name", [(number, "x")]))
    jobs.run().all_succeeded()
    assert jobs.rows("raw", "id", "_source_file") == [
        (number, f"raw/{name}") for number, name in enumerate(names)
    ]
    assert jobs.staged() == []


FAULTS = {
    "torn last line": (
        b"id,name\n1,a\n2",
        "1 field where the header has 2; it is the last line",
        3,
    ),
    "too many fields": (b"id,name\n1,a,x\n2,b\n", "3 fields where the header has 2", 2),
    "no UTF-8": (b"id,name\n1,a\n2,\xe9\n", "is not UTF-8 text", 3),
    "empty": (b"", "is empty: it has no header", 1),
    "no such column": (b"ident,name\n1,a\n", "no column 'id' in the header", 1),
    "a bad value": (b"id,name\n1,a\nx,b\n", "id 'x' is not a valid bigint", 3),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_told_with_file_and_line(jobs, fault):
    content, message, line = FAULTS[fault]
    jobs.declare(RAW, LOAD).deploy()
    jobs.land("raw/0.csv", "id,name\n0,fine\n")
    jobs.land("raw/1.csv", content)
    error = jobs.run().error("load")
    assert isinstance(error, SourceError), error
    assert message in error.message
    assert "raw/1.csv" in error.message
    assert (error.where.path, error.where.line) == (f"{PLACE}/raw/1.csv", line)
    assert jobs.snapshots() == {}


def test_notices_on_files_come_in_their_order(jobs):
    jobs.declare(RAW, LOAD).deploy()
    for number in range(40):
        jobs.land(f"raw/{number:02}.csv", "id,name,extra\n1,a,x\n")
    jobs.land("raw/99.csv", "\ufeffname,id\nlast,2")
    ran = jobs.run().all_succeeded()
    assert ran.notices == [
        "raw/00.csv and 39 more files: ignored columns: extra",
        "raw/99.csv: the last line has no line break; if the file was cut short, its last value may be",
    ]
    assert jobs.rows("raw")[-1] == (2, "last")


def test_large_files_are_read_piece_by_piece(jobs):
    jobs.declare(RAW, LOAD).deploy()
    rows = 200_000
    jobs.land("raw/a.csv", "id,name\n" + "".join(f"{n},{'é' * 9}\n" for n in range(rows)))
    assert jobs.run().succeeded("load").commit.rows_written == rows
    jobs.land("raw/b.csv", "id,name\n" + f"1,{'é' * 9}\n" * rows + "torn")
    error = jobs.run().error("load")
    assert (error.where.path, error.where.line) == (f"{PLACE}/raw/b.csv", rows + 2)


def test_a_landing_bucket_that_is_not_there(jobs):
    jobs.declare(RAW, LOAD).deploy()
    jobs.s3.delete_bucket(Bucket=BUCKET)
    error = jobs.run().error("load")
    assert isinstance(error, SourceError)
    assert f"landing files in {PLACE}/ cannot be listed: NoSuchBucket" in error.message
    assert error.remedy == "create it: alur deploy"


def test_no_file_matches(jobs):
    jobs.declare(RAW, LOAD).deploy()
    jobs.land("other/a.csv", "id,name\n")
    error = jobs.run().error("load")
    assert f"no file matches 'raw/*' in '{PLACE}/'" in error.message
    assert f"aws s3 ls --recursive {PLACE}/" in error.remedy


def test_an_object_that_may_not_be_read(jobs):
    jobs.declare(RAW, LOAD).deploy()
    jobs.land("raw/a.csv", "id,name\n1,a\n")
    policy = f"""{{"Version": "2012-10-17", "Statement": [{{"Effect": "Deny", "Principal": "*",
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::{BUCKET}/landing/*"}}]}}"""
    jobs.s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    error = jobs.run().error("load")
    assert isinstance(error, SourceError)
    assert "raw/a.csv cannot be read: 403" in error.message
    assert "role" in error.remedy
