"""Ends of pipelines in the spool become events of Dagster's instance, each once and at its time."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import AssetMaterializationPlannedData as planned_data  # noqa: N813

from alur_dagster.instance import prepare_home
from alur_dagster.recording import record_waiting
from alur_dagster.spool import Spool
from tests.ended_pipelines import KEY, failed, record, shown, snapshots


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return prepare_home(tmp_path)


@pytest.fixture
def spool(home):
    return Spool(home)


@pytest.fixture
def instance(home):
    with dg.DagsterInstance.from_config(str(home)) as opened:
        yield opened


@pytest.fixture
def recorded(spool, instance):
    """Return a function that spools records and takes them up."""

    def take_up(*records):
        for each in records:
            spool.add(each)
        count = record_waiting(instance, spool)
        assert spool.waiting() == []
        return count

    return take_up


def latest(instance):
    """Return the status of the run by which the web UI shows a table as failed."""
    planned = instance.get_latest_planned_materialization_info(KEY)
    return instance.get_run_by_id(planned.run_id).status


def checks(instance, name="n_ge"):
    storage = instance.event_log_storage
    return storage.get_asset_check_execution_history(dg.AssetCheckKey(KEY, name), 5)


def test_each_success_becomes_events(recorded, instance):
    assert recorded(record(1), record(2)) == 2
    assert snapshots(instance) == [1, 2]
    newest, _ = checks(instance)
    assert not newest.evaluation.passed
    assert newest.evaluation.severity is dg.AssetCheckSeverity.ERROR
    event = instance.get_latest_materialization_event(KEY).asset_materialization
    assert event.metadata["notices"].value == "- größer als sonst"
    assert event.tags["dagster/data_version"] == "2"
    assert instance.get_runs() == []


def test_events_have_the_time_of_the_pipeline_s_end(spool, instance):
    ends = [record(1), failed(2, "no"), record(3), record(4, commit=None)]
    for each in ends:
        spool.add(each)
    times = [entry.ended_at for entry in spool.waiting()]
    record_waiting(instance, spool)
    found = shown(instance)
    assert [time for _, time, _ in found["tables"]] == [times[2], times[0]]
    assert [time for time, _ in found["observations"]] == [times[3]]
    assert [time for _, time, _ in found["checks"]] == [times[2], times[1], times[0]]
    third, second = found["runs"]
    for (_, at, log), time in ((third, times[2]), (second, times[1])):
        assert at == pytest.approx([time] * 3, abs=1e-6)
        assert {logged for logged, _ in log} == {time}


def test_ends_of_many_tables_keep_their_order(recorded, instance):
    ends = [record(n, table=f"t{n % 3}", pipeline=f"p{n % 3}", checks=[]) for n in range(60)]
    recorded(*ends)
    for number in range(3):
        found = snapshots(instance, dg.AssetKey(["silver", f"t{number}"]))
        assert found == list(range(number, 60, 3))


def test_a_damaged_file_keeps_no_other_back(spool, instance, capsys):
    for each in (record(1), record(8), {"layer": "x"}, record(9), record(2)):
        spool.add(each)
    _, torn, _, text, _ = spool.waiting()
    torn.path.write_bytes(torn.path.read_bytes()[:40])
    text.path.write_bytes(b"\xff not json")
    assert record_waiting(instance, spool) == 2
    assert snapshots(instance) == [1, 2]
    printed = capsys.readouterr().err
    assert printed.count("[WARNING] Dagster's web UI cannot show a pipeline's end: ") == 3
    assert torn.path.with_suffix(".unreadable").exists()
    # A second look is silent.
    assert record_waiting(instance, spool) == 0
    assert capsys.readouterr().err == ""


def test_nothing_new_is_an_observation(recorded, instance):
    recorded(record(1, commit=None))
    assert snapshots(instance) == []
    (seen,) = instance.fetch_observations(KEY, limit=5).records
    assert "Nothing new" in seen.asset_observation.description
    assert checks(instance) == []


def test_a_failure_is_a_failed_run_with_its_message(recorded, instance):
    text = "pl.py:3: clean: rows break the rules of Clean\n  fix: correct them"
    recorded(failed(1, text))
    (run,) = instance.get_runs()
    assert (run.status, run.asset_selection) == (dg.DagsterRunStatus.FAILURE, {KEY})
    assert run.tags["alur/pipeline"] == "clean"
    events = [entry.dagster_event for entry in instance.all_logs(run.run_id)]
    assert [event.message for event in events if event.is_failure] == [text]
    (check,) = checks(instance)
    assert check.run_id == run.run_id
    assert not check.evaluation.passed
    # The web UI would show an observation in green.
    assert instance.fetch_observations(KEY, limit=5).records == []
    assert latest(instance) is dg.DagsterRunStatus.FAILURE


@pytest.mark.parametrize("end", [record(2), record(2, commit=None)], ids=["written", "nothing new"])
def test_the_first_success_after_a_failure_ends_it(recorded, instance, end):
    recorded(record(1), failed(2, "no"), end, record(3))
    assert latest(instance) is dg.DagsterRunStatus.SUCCESS
    # Without a failure, a success needs no run.
    statuses = {run.status for run in instance.get_runs()}
    assert statuses == {dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS}
    assert len(instance.get_runs()) == 2
    newest, *_, oldest = instance.fetch_materializations(KEY, limit=10).records
    assert (newest.run_id, oldest.run_id) == ("", "")


def test_a_success_after_a_run_of_the_web_ui_that_failed_ends_that(recorded, instance):
    run = instance.add_run(dg.DagsterRun("__ASSET_JOB", asset_selection=frozenset([KEY])))
    planned = dg.DagsterEvent(
        "ASSET_MATERIALIZATION_PLANNED", "__ASSET_JOB", event_specific_data=planned_data(KEY)
    )
    instance.report_dagster_event(planned, run.run_id)
    instance.report_run_failed(run)
    assert latest(instance) is dg.DagsterRunStatus.FAILURE
    recorded(record(1))
    assert latest(instance) is dg.DagsterRunStatus.SUCCESS


def test_samples_stand_in_the_check_s_description_and_show_literally(recorded, instance):
    sample = "word='![x](http://host/p.png)'"
    check = record(1)["checks"][0] | {"samples": [sample, "word='a'\n# b"], "violations": 2}
    recorded(record(1, checks=[check]))
    (found,) = checks(instance)
    assert found.evaluation.description == (
        f"n must be at least 0: 2 rows break it, for example\n\n    {sample}\n    word='a'\\n# b"
    )
    assert found.evaluation.metadata["samples"].value == f"    {sample}\n    word='a'\\n# b"
    assert found.evaluation.blocking


def test_what_the_storage_refuses_stays_in_the_spool(spool, instance, home):
    for number in (1, 2):
        spool.add(record(number))
    index = home / "history" / "runs" / "index.db"
    moved = index.rename(index.with_suffix(".moved"))
    index.mkdir()
    with pytest.raises(Exception, match="unable to open database file"):
        record_waiting(instance, spool)
    assert len(spool.waiting()) == 2
    index.rmdir()
    moved.rename(index)
    assert record_waiting(instance, spool) == 2
    assert snapshots(instance) == [1, 2]


def test_five_processes_at_once_share_one_new_instance(tmp_path, spool, home):
    code = (
        "import sys, dagster as dg; from pathlib import Path;"
        "from alur_dagster.instance import opening;"
        "from alur_dagster.recording import record_waiting;"
        "from alur_dagster.spool import Spool; from tests.ended_pipelines import record;"
        "home = Path(sys.argv[1]); spool = Spool(home);"
        "[spool.add(record(10 * int(sys.argv[2]) + n)) for n in range(4)];"
        "lock = opening(home); lock.__enter__(); instance = dg.DagsterInstance.from_config(str(home));"
        "lock.__exit__(None, None, None); record_waiting(instance, spool)"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(home), str(number)],
            cwd=Path(__file__).parents[2],
            stderr=subprocess.PIPE,
        )
        for number in range(5)
    ]
    output = [process.communicate(timeout=120)[1] for process in started]
    assert output == [b""] * 5
    with dg.DagsterInstance.from_config(str(home)) as opened:
        # The last to look may have left the others' newest to a process that had finished its list.
        record_waiting(opened, spool)
        found = snapshots(opened)
    assert sorted(found) == [10 * process + n for process in range(5) for n in range(4)]
    for process in range(5):
        assert [n for n in found if n // 10 == process] == [10 * process + n for n in range(4)]


@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.nightly), 9])
def test_a_process_killed_at_any_moment_doubles_and_loses_nothing(spool, instance, home, step):
    """A table written, failed, written again, idle and written: each by its own way into the instance."""
    for each in (record(1), failed(2, "no"), record(3), record(4, commit=None), record(5)):
        spool.add(each)
    command = [sys.executable, "-m", "tests.recording_killed", str(home), str(step)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 50 / step
