"""Runs send OpenLineage's events to a file or a server, and do not need them to arrive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.command import alur
from tests.tiny_project import TinyProject

CONTRACTS = """
    class Raw(BronzeTable):
        shop: str
        amount: int

    class Totals(GoldTable):
        shop: str
        total: int = Field(ge=0)
"""
PIPELINES = """
    @pipeline(sources={"raw": files("raw/*.csv", schema=Raw)}, target=Raw, mode="append")
    def load(raw):
        return raw

    @pipeline(sources={"raw": Raw}, target=Totals)
    def totals(raw):
        return raw.groupBy("shop").agg(F.sum("amount").alias("total"))
"""


class _Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert self.path == "/api/v1/lineage"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.events.append(json.loads(body))  # type: ignore[attr-defined]
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server() as started:
        thread = Thread(target=started.serve_forever)
        thread.start()
        yield started
        started.shutdown()
        thread.join()


@pytest.fixture
def shop(project: TinyProject) -> TinyProject:
    project.declare(CONTRACTS, PIPELINES)
    project.land("raw/1.csv", "shop,amount\na,2\na,3\nb,-9\n")
    return project


def run(project: TinyProject, url: str, *more: str) -> Any:
    return alur(project.root, "run", "--all", "--env", "local", "--openlineage-url", url, *more)


def test_a_server_receives_each_start_and_end_with_its_columns(
    shop: TinyProject, server: _Server
) -> None:
    result = run(shop, f"http://127.0.0.1:{server.server_port}/api/v1/lineage")
    assert result.returncode == 1, result.stderr
    loads, loaded, totals, failed = server.events
    assert [event["eventType"] for event in (loads, totals)] == ["START", "START"]
    assert loads["run"]["runId"] == loaded["run"]["runId"] != failed["run"]["runId"]
    assert totals["run"]["runId"] == failed["run"]["runId"]
    assert (loaded["job"]["name"], loaded["eventType"]) == ("load", "COMPLETE")
    assert loaded["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"] == 3
    fields = loaded["outputs"][0]["facets"]["columnLineage"]["fields"]
    assert fields["amount"]["inputFields"][0]["name"] == "raw/*.csv"
    assert (failed["job"]["name"], failed["eventType"]) == ("totals", "FAIL")
    assert "total must be at least 0" in failed["run"]["facets"]["errorMessage"]["message"]


def test_a_file_receives_a_line_for_each_start_and_end(shop: TinyProject) -> None:
    path = shop.root / "events" / "lineage.jsonl"
    shop.land("raw/1.csv", "shop,amount\na,2\n")
    assert run(shop, path.as_uri()).returncode == 0
    assert run(shop, path.as_uri(), "--json").returncode == 0
    assert jobs(path) == ["load", "load", "totals", "totals"] * 2


def test_without_a_url_the_latest_events_stay_in_the_project(shop: TinyProject) -> None:
    path = shop.root / ".alur" / "openlineage.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("{}\n" * 4_000_000)
    assert alur(shop.root, "run", "load", "--env", "local").returncode == 0
    assert alur(shop.root, "run", "load", "--env", "local").returncode == 0
    assert jobs(path) == ["load"] * 4
    assert path.with_name("openlineage.old.jsonl").stat().st_size == 12_000_000


def jobs(path: Path) -> list[str]:
    return [json.loads(line)["job"]["name"] for line in path.read_text().splitlines()]


def test_without_a_server_the_run_goes_on(shop: TinyProject) -> None:
    shop.land("raw/1.csv", "shop,amount\na,2\n")
    result = run(shop, "http://127.0.0.1:9/api/v1/lineage")
    assert result.returncode == 0
    assert result.stdout.count("OpenLineage's events cannot be sent to http://127.0.0.1:9") == 1
    assert shop.rows("gold.totals") == [("a", 2)]


def test_another_scheme_is_refused(shop: TinyProject) -> None:
    result = run(shop, "ftp://host/events")
    assert result.returncode == 1
    assert "fix: use http://HOST/api/v1/lineage, or file:///PATH for a file" in result.stderr
