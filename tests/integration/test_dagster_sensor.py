"""In a Dagster started without ``alur dev``, a sensor records runs of the command line."""

import dagster as dg
import pytest

from alur.project.project import Project
from alur_dagster import build_definitions
from alur_dagster.spool import Spool
from tests.ended_pipelines import record, snapshots
from tests.tiny_project import TinyProject

NAME = "alur_command_line_runs"


@pytest.fixture
def declared(project: TinyProject):
    project.declare(
        "class Raw(BronzeTable):\n    n: int\n",
        """
@pipeline(sources={"rows": files("in/*.csv", schema=Raw)}, target=Raw)
def load(rows):
    return rows
""",
    )
    return project.load()


def sensors(project: Project):
    return list(build_definitions(project).sensors or [])


def test_it_records_what_is_waiting(declared, tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.delenv("ALUR_DEV", raising=False)
    (sensor,) = sensors(declared)
    assert (sensor.name, sensor.default_status) == (NAME, dg.DefaultSensorStatus.RUNNING)
    spool = Spool(home)
    for number in (1, 2):
        spool.add(record(number))
    with dg.instance_for_test(temp_dir=str(tmp_path / "instance")) as instance:
        for message in ("pipelines recorded: 2", "pipelines recorded: 0"):
            context = dg.build_sensor_context(instance=instance)
            assert sensor.evaluate_tick(context).skip_message == message
        assert snapshots(instance) == [1, 2]
    assert spool.waiting() == []


def test_a_temporary_instance_and_alur_dev_have_none(declared, tmp_path, monkeypatch):
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    assert sensors(declared) == []
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("ALUR_DEV", "yes")
    assert sensors(declared) == []
