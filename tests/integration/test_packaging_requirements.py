"""The libraries in an artifact are pinned, complete and compatible, or a message names the fault."""

import hashlib
import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from zipfile import ZipFile

import pytest

from alur import __version__
from alur.errors import AlurError, PackagingError
from alur.packaging.alur_wheel import alur_pins

PYDANTIC = alur_pins()["pydantic"].version


def refusal(packaged) -> AlurError:
    with pytest.raises(PackagingError) as caught:
        packaged.build()
    return caught.value


def test_what_the_project_needs_is_packaged(packaged, index, laptop):
    (laptop / "geo.py").write_text("")
    index.add(
        "geo", "1.2.0", "shapes>=2; python_version >= '3.8'", "winshapes; sys_platform == 'win32'"
    )
    index.add("shapes", "2.1")
    packaged.require(
        "# what the pipelines import",
        "Geo == 1.2  # at least",
        "shapes==2.1 \\",
        "    ; python_version < '4'",
        "winshapes==1.0; sys_platform == 'win32'",
    )
    packaged.use("import geo")
    artifact = packaged.build()
    assert {"geo-1.2.0-py3-none-any.whl", "shapes-2.1-py3-none-any.whl"} <= set(artifact.wheels)
    with ZipFile(artifact.path) as archive:
        listed = archive.read("wheels/requirements.txt").decode().splitlines()
    assert {"geo==1.2.0", "shapes==2.1", f"pydantic=={PYDANTIC}"} <= set(listed)
    assert len(listed) == len(artifact.wheels)


def test_what_jobs_have_anyway_is_left_out(packaged, index):
    packaged.require(
        "boto3==1.42.1",
        "pyspark[connect]==3.5.6",
        f"alur[all]=={__version__}",
        f"pydantic=={PYDANTIC}",
    )
    artifact = packaged.build()
    assert artifact.left_out == ("boto3==1.42.1", "pyspark==3.5.6")
    assert not [name for name in artifact.wheels if name.startswith(("boto3", "pyspark"))]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("geo", "geo is not pinned to one version"),
        ("geo>=1.2", "geo is not pinned to one version"),
        ("geo==1.*", "geo is not pinned to one version"),
        ("geo==1.2,!=1.3", "geo is not pinned to one version"),
        ("geo===1.2", "geo is not pinned to one version"),
        ("geo @ https://me:secret@example.com/geo.whl", "geo is given by a URL"),
        ("https://me:secret@example.com/geo.whl", "this line is not of the form name==version"),
        ("git+ssh://me:secret@example.com/geo", "this line is not of the form name==version"),
        ("./geo-1.2-py3-none-any.whl", "this line is not of the form name==version"),
        ("geo==1.2 --config-settings=x=secret", "this line is not of the form name==version"),
        ("-e .", "options of pip"),
        ("-r secret.txt", "options of pip"),
        ("-i https://me:secret@example.com/simple", "options of pip"),
    ],
)
def test_a_line_that_is_no_pin_is_refused(packaged, index, line, message):
    packaged.require("shapes==2.1", line)
    error = refusal(packaged)
    assert message in error.message
    assert (error.where.path, error.where.line) == (
        str(packaged.project.root / "requirements.txt"),
        2,
    )
    assert "secret" not in str(error)
    assert error.remedy


def test_every_wrong_line_is_listed(packaged, index):
    packaged.require("geo", "shapes==2.1", "shapes==2.2", "lines>1")
    error = refusal(packaged)
    assert [problem.where.line for problem in error.problems] == [1, 3, 4]


def test_a_list_that_is_not_there(packaged, index):
    packaged.require()
    (packaged.project.root / "requirements.txt").unlink()
    assert "requirements.txt cannot be read" in refusal(packaged).message


def test_another_version_of_what_alur_brings_is_refused(packaged, index):
    packaged.require("pydantic==2.10.0")
    error = refusal(packaged)
    assert f"brings to jobs: pydantic=={PYDANTIC}" in error.message
    assert error.where.line == 1


def test_what_the_list_lacks_is_found_before_a_job_starts(packaged, index):
    index.add("geo", "1.2", "shapes>=2", "lines; extra == 'fast'")
    packaged.require("geo[fast]==1.2")
    error = refusal(packaged)
    assert [problem.message for problem in error.problems] == [
        "geo 1.2 needs lines, which is not in the list",
        "geo 1.2 needs shapes>=2, which is not in the list",
    ]
    assert error.problems[0].where.line == 1


def test_versions_that_do_not_go_together(packaged, index):
    index.add("geo", "1.2", "shapes<2")
    index.add("shapes", "2.1", f"pydantic!={PYDANTIC}")
    index.add("queue", "1.0", "boto3>=1.42")
    packaged.require("geo==1.2", "shapes==2.1", "queue==1.0")
    messages = [problem.message for problem in refusal(packaged).problems]
    assert messages == [
        "geo 1.2 needs shapes<2, and jobs get 2.1",
        f"shapes 2.1 needs pydantic!={PYDANTIC}, and jobs get {PYDANTIC}",
        "queue 1.0 needs boto3>=1.42, and Glue 5.1 has 1.40.61",
    ]


def test_an_import_that_no_job_can_do(packaged, index, laptop):
    (laptop / "geo").mkdir()
    (laptop / "geo" / "maps.py").write_text("")
    packaged.use(
        "import json, numpy, os.path",
        "try:",
        "    import faster",
        "except ImportError:",
        "    faster = None",
        "from geo.maps import __name__ as name",
    )
    error = refusal(packaged)
    assert error.message == "jobs do not have the module 'geo'"
    assert error.where.line == 6
    index.add("geography", "1.0", files={"geo/maps.py": b""})
    packaged.require("geography==1.0")
    assert "geography-1.0-py3-none-any.whl" in packaged.build().wheels


def test_a_file_that_is_not_what_was_pinned(packaged, index):
    path = index.add("geo", "1.2")
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    packaged.require(f"geo==1.2 --hash=sha256:{right}")
    packaged.build()
    packaged.require(f"geo==1.2 --hash=sha256:{'0' * 64}")
    error = refusal(packaged)
    assert error.message == f"geo==1.2 is not the file that was pinned: its SHA-256 is {right}"
    assert error.remedy


def test_a_line_without_a_hash_among_lines_with_one(packaged, index):
    packaged.require(f"geo==1.2 --hash=sha256:{'0' * 64}", "shapes==2.1")
    error = refusal(packaged)
    assert error.message == "shapes has no hash, and other lines have one"
    assert error.where.line == 2


def test_a_version_that_no_index_has(packaged, index):
    index.add("geo", "1.2")
    packaged.require("geo==9.9")
    error = refusal(packaged)
    assert "no package index has a wheel of geo==9.9 for CPython 3.11 on Linux" in error.message
    assert error.remedy == "pin a version that has one"


def test_a_library_for_another_platform_only(packaged, index):
    path = index.add("geo", "1.2")
    path.rename(path.with_name("geo-1.2-cp311-cp311-macosx_11_0_arm64.whl"))
    packaged.require("geo==1.2")
    assert "has a wheel of geo==1.2 for CPython 3.11 on Linux x86_64" in refusal(packaged).message


@pytest.mark.parametrize(
    "tags", ["cp311-cp311-manylinux_2_34_x86_64", "cp38-abi3-manylinux2010_x86_64"]
)
def test_a_library_for_glues_platform(packaged, index, tags):
    path = index.add("geo", "1.2")
    path.rename(path.with_name(f"geo-1.2-{tags}.whl"))
    packaged.require("geo==1.2")
    assert f"geo-1.2-{tags}.whl" in packaged.build().wheels


def test_no_network(packaged, index, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://me:secret@127.0.0.1:{port}/simple")
    packaged.require("geo==1.2")
    error = refusal(packaged)
    assert "Connection refused" in error.message
    assert "can reach your package index" in error.remedy
    assert "secret" not in str(error)
    assert not list((packaged.project.root / "out").glob("*.zip"))


@pytest.mark.parametrize("status", [401, 403])
def test_an_index_that_wants_a_password(packaged, index, monkeypatch, status):
    class Denied(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    packaged.require("geo==1.2")
    with HTTPServer(("127.0.0.1", 0), Denied) as server:
        Thread(target=server.serve_forever).start()
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/token/simple")
        error = refusal(packaged)
        server.shutdown()
    assert str(status) in error.message
    assert "credentials" in error.remedy
    assert "token" not in str(error)


def test_a_second_build_needs_no_index(packaged, index):
    path = index.add("geo", "1.2")
    packaged.require("geo==1.2")
    first = packaged.build()
    path.unlink()
    assert packaged.build() == first


def test_a_damaged_download_is_fetched_again(packaged, index):
    index.add("geo", "1.2")
    packaged.require("geo==1.2")
    first = packaged.build()
    (kept,) = (packaged.project.root / ".alur").rglob("geo-*.whl")
    kept.write_bytes(b"")
    assert packaged.build() == first


def test_a_file_that_is_no_wheel(packaged, index):
    index.add("geo", "1.2").write_bytes(b"<html>Please log in</html>")
    packaged.require("geo==1.2")
    assert "geo-1.2" in refusal(packaged).message


def test_without_pip(packaged, index, monkeypatch, tmp_path):
    """Environments created by other tools may lack pip."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / "bin" / "python"))
    packaged.require("geo==1.2")
    assert "alur[aws]" in refusal(packaged).remedy
