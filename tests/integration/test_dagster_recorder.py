"""The recorder as a program: records in, events in the instance out, whatever happens to its parent."""

import json
import os
import signal
import subprocess
import sys
import time

import dagster as dg
import pytest
from dagster._core.events import AssetMaterializationPlannedData as planned_data  # noqa: N813

from alur_dagster.instance import opening, prepare_home

KEY = dg.AssetKey(["silver", "clean"])


def record(snapshot: int, **changes):
    """Return the record of a pipeline's success."""
    commit = {
        "snapshot_id": snapshot,
        "rows_written": 2,
        "rows_carried": 0,
        "total_rows": 2,
        "table_path": "/t",
    }
    check = {"name": "n_ge", "description": "n must be at least 0", "violations": 1}
    return {
        "pipeline": "clean",
        "layer": "silver",
        "table": "clean",
        "checks": [check | {"samples": ["n=-1"], "warns": False}],
        "run_id": "r",
        "rows_read": {"raw": 2},
        "files": {},
        "seconds": {"read": 0.1},
        "commit": commit,
        "notices": ["größer als sonst"],
        "preview": [{"n": "1"}],
    } | changes


@pytest.fixture
def start(tmp_path):
    """Start the recorder of the project in ``tmp_path``; return the process."""
    running = []

    def started():
        environment = {k: v for k, v in os.environ.items() if k != "DAGSTER_HOME"}
        process = subprocess.Popen(
            [sys.executable, "-m", "alur_dagster.recorder", str(tmp_path)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        running.append(process)
        return process

    yield started
    for process in running:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.fixture
def snapshots(tmp_path):
    """Return the snapshots recorded in the instance, oldest first."""

    def found():
        home = prepare_home(tmp_path)
        with opening(home):  # a recorder may be creating the tables of the same instance
            opened = dg.DagsterInstance.from_config(str(home))
        with opened as instance:
            records = instance.fetch_materializations(KEY, limit=100).records
        metadata = [r.asset_materialization.metadata for r in reversed(records)]
        return [int(m["snapshot_id"].value) for m in metadata]

    return found


def lines(*records):
    return b"".join(json.dumps(each).encode() + b"\n" for each in records)


def test_each_record_becomes_events(start, snapshots, tmp_path):
    process = start()
    _, output = process.communicate(lines(record(1), record(2)), timeout=60)
    assert (process.returncode, output) == (0, b"")
    assert snapshots() == [1, 2]
    with dg.DagsterInstance.from_config(str(prepare_home(tmp_path))) as instance:
        (check, _) = instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(KEY, "n_ge"), 5
        )
        event = instance.get_latest_materialization_event(KEY).asset_materialization
    evaluation = check.event.dagster_event.event_specific_data
    assert (evaluation.passed, evaluation.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert event.metadata["notices"].value == "- größer als sonst"
    assert event.tags["dagster/data_version"] == "2"


def test_a_broken_record_keeps_no_other_back(start, snapshots):
    torn = lines(record(9))[:40]  # a parent that died during a write
    given = lines(record(1)) + b"\xff not json\n" + lines({"layer": "x"}, record(2)) + torn
    process = start()
    _, output = process.communicate(given, timeout=60)
    assert process.returncode == 0
    assert output.decode().count("[WARNING] Dagster's web UI cannot show a pipeline's end") == 3
    assert b"Traceback" not in output
    assert snapshots() == [1, 2]


def test_ctrl_c_loses_nothing(start, snapshots):
    process = start()
    process.stdin.write(lines(record(1)))
    process.stdin.flush()
    deadline = time.monotonic() + 60
    while not snapshots() and time.monotonic() < deadline:
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, output = process.communicate(lines(record(2)), timeout=60)
    assert (process.returncode, output) == (0, b"")
    assert snapshots() == [1, 2]


def test_nothing_new_is_an_observation(start, snapshots, tmp_path):
    process = start()
    process.communicate(lines(record(1, commit=None)), timeout=60)
    assert snapshots() == []
    with dg.DagsterInstance.from_config(str(prepare_home(tmp_path))) as instance:
        (seen,) = instance.fetch_observations(KEY, limit=5).records
    assert "Nothing new" in seen.asset_observation.description


def test_an_instance_that_cannot_be_used_is_told_in_a_line(tmp_path):
    (tmp_path / "home").write_text("a file where Dagster's folder should be")
    done = subprocess.run(
        [sys.executable, "-m", "alur_dagster.recorder", str(tmp_path)],
        input=lines(record(1)),
        env=os.environ | {"DAGSTER_HOME": str(tmp_path / "home")},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("[WARNING] Dagster's web UI cannot show this run: ")


@pytest.fixture
def opened(tmp_path):
    with dg.DagsterInstance.from_config(str(prepare_home(tmp_path))) as instance:
        yield instance


def failed(snapshot: int, text: str):
    """Return the record of a pipeline's failure."""
    given = record(snapshot)
    return {key: given[key] for key in ("pipeline", "layer", "table", "checks")} | {"error": text}


def latest(instance):
    """Return the status of the run by which the web UI shows a table as failed."""
    planned = instance.get_latest_planned_materialization_info(KEY)
    return instance.get_run_by_id(planned.run_id).status


def test_a_failure_is_a_failed_run_with_its_message(start, opened):
    text = "pl.py:3: clean: rows break the rules of Clean\n  fix: correct them"
    _, output = start().communicate(lines(failed(1, text)), timeout=60)
    assert output == b""
    (run,) = opened.get_runs()
    assert (run.status, run.asset_selection) == (dg.DagsterRunStatus.FAILURE, {KEY})
    assert run.tags["alur/pipeline"] == "clean"
    events = [entry.dagster_event for entry in opened.all_logs(run.run_id)]
    assert [event.message for event in events if event.is_failure] == [text]
    (check,) = opened.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(KEY, "n_ge"), 5
    )
    assert check.run_id == run.run_id
    assert not check.event.dagster_event.event_specific_data.passed
    # The web UI would show an observation in green.
    assert opened.fetch_observations(KEY, limit=5).records == []
    assert latest(opened) is dg.DagsterRunStatus.FAILURE


@pytest.mark.parametrize("end", [record(2), record(2, commit=None)], ids=["written", "nothing new"])
def test_the_first_success_after_a_failure_ends_it(start, opened, end):
    start().communicate(lines(record(1), failed(2, "no"), end, record(3)), timeout=60)
    assert latest(opened) is dg.DagsterRunStatus.SUCCESS
    # Without a failure, a success needs no run.
    statuses = {run.status for run in opened.get_runs()}
    assert statuses == {dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS}
    assert len(opened.get_runs()) == 2
    newest, *_, oldest = opened.fetch_materializations(KEY, limit=10).records
    assert (newest.run_id, oldest.run_id) == ("", "")


def test_a_success_after_a_run_of_the_web_ui_that_failed_ends_that(start, opened):
    run = opened.add_run(dg.DagsterRun("__ASSET_JOB", asset_selection=frozenset([KEY])))
    planned = dg.DagsterEvent(
        "ASSET_MATERIALIZATION_PLANNED", "__ASSET_JOB", event_specific_data=planned_data(KEY)
    )
    opened.report_dagster_event(planned, run.run_id)
    opened.report_run_failed(run)
    assert latest(opened) is dg.DagsterRunStatus.FAILURE
    start().communicate(lines(record(1)), timeout=60)
    assert latest(opened) is dg.DagsterRunStatus.SUCCESS


def test_samples_stand_in_the_check_s_description_and_show_literally(start, opened):
    sample = "word='![x](http://host/p.png)'"
    check = record(1)["checks"][0] | {"samples": [sample, "word='a'\n# b"], "violations": 2}
    start().communicate(lines(record(1, checks=[check])), timeout=60)
    (found,) = opened.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(KEY, "n_ge"), 5
    )
    evaluation = found.event.dagster_event.event_specific_data
    assert evaluation.description == (
        f"n must be at least 0: 2 rows break it, for example\n\n    {sample}\n    word='a'\\n# b"
    )
    assert evaluation.metadata["samples"].value == f"    {sample}\n    word='a'\\n# b"
    assert evaluation.blocking


def test_five_that_start_at_once_share_one_new_instance(start, snapshots):
    started = [start() for _ in range(5)]
    for number, process in enumerate(started):
        process.stdin.write(lines(record(number)))
        process.stdin.close()
        process.stdin = None
    output = [process.communicate(timeout=120)[1] for process in started]
    assert output == [b""] * 5
    assert sorted(snapshots()) == [0, 1, 2, 3, 4]
