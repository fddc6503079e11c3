"""A project in Dagster: real definitions, real runs on the engine, a real instance."""

import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import dagster as dg
import pytest

from alur.errors import AlurError
from alur.operations import new_environment
from alur.project.project import Project
from alur.runtime.local import local_warehouse
from alur_dagster import AlurTranslator, build_definitions
from alur_dagster.instance import prepare_home
from alur_dagster.recording import record_waiting
from alur_dagster.spool import Spool
from benchmarks.generated import write_project
from tests.tiny_project import TinyProject

EXAMPLE = Path(__file__).parents[2] / "example_repo"

CONTRACTS = """
from pydantic import Field
from alur import BronzeTable, SilverTable, GoldTable

class Raw(BronzeTable):
    \"\"\"As it came.\"\"\"
    n: int = Field(description="A number")

class Clean(SilverTable, key="n", owners=["team:data", "a@example.com"], tags={"domain": "numbers"}):
    \"\"\"Cleaned.\"\"\"
    n: int = Field(ge=0)

class Other(SilverTable):
    n: int

class Total(GoldTable):
    n: int
"""

PIPELINES = """
from alur import files, pipeline, schedule
from contracts.tables import *
from pyspark.sql import functions as F

@pipeline(sources={"rows": files("in/*.csv", schema=Raw)}, target=Raw, mode="append")
def load(rows):
    \"\"\"Takes files.\"\"\"
    return rows

@schedule(cron="cron(0 8 15W * ? *)", description="Mid-month", scope="both")
@schedule(cron="rate(7 days)", enabled=False)
@pipeline(sources={"raw": Raw}, target=Clean)
def clean(raw):
    return raw.select("n")

@pipeline(sources={"raw": Raw}, target=Other)
def other(raw):
    return raw.select("n")

@pipeline(sources={"clean": Clean}, target=Total)
def total(clean):
    return clean.agg(F.sum("n").alias("n"))
"""


@pytest.fixture
def numbers(project: TinyProject):
    """Return a project: files -> raw -> clean -> total, and raw -> other."""
    project.write({"contracts/tables.py": CONTRACTS, "pipelines/all.py": PIPELINES})
    project.land("in/a.csv", "n\n1\n2\n")
    return project


@pytest.fixture
def instance(tmp_path):
    with dg.instance_for_test(temp_dir=str(tmp_path)) as made:
        yield made


def definitions(project):
    return build_definitions(Project.load(project.root))


def materialize(project, instance, *keys):
    job = definitions(project).resolve_implicit_global_asset_job_def()
    selection = [dg.AssetKey(key.split("/")) for key in keys] or None
    return job.execute_in_process(
        instance=instance, asset_selection=selection, raise_on_error=False
    )


def written(result):
    return {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}


def spec_of(defs, key):
    return next(s for s in defs.resolve_all_asset_specs() if s.key == dg.AssetKey(key.split("/")))


class TestGraph:
    def test_the_example_from_landing_files_to_gold(self):
        defs = build_definitions(Project.load(EXAMPLE))
        edges = {
            spec.key.to_user_string(): {dep.asset_key.to_user_string() for dep in spec.deps}
            for spec in defs.resolve_all_asset_specs()
        }
        assert edges == {
            "landing/orders": set(),
            "bronze/ordersbronze": {"landing/orders"},
            "silver/orderssilver": {"bronze/ordersbronze"},
            "silver/customerssilver": {"silver/orderssilver"},
            "gold/dailysalesmetrics": {"silver/orderssilver"},
            "gold/cohortrevenue": {"silver/orderssilver", "silver/customerssilver"},
        }

    def test_an_asset_says_what_the_contract_says(self, numbers):
        spec = spec_of(definitions(numbers), "silver/clean")
        assert spec.group_name == "silver"
        assert spec.description == "Cleaned."
        assert list(spec.owners) == ["team:data", "a@example.com"]
        assert spec.tags["domain"] == "numbers"
        assert {"pyspark", "iceberg"} <= spec.kinds
        (column,) = spec.metadata["dagster/column_schema"].columns
        assert (column.name, column.type) == ("n", "bigint")
        assert column.constraints == dg.TableColumnConstraints(
            nullable=False, unique=True, other=["at least 0"]
        )
        references = spec.metadata["dagster/code_references"].code_references
        places = {r.label: f"{Path(r.file_path).name}:{r.line_number}" for r in references}
        assert places == {"pipeline": "all.py:14", "contract": "tables.py:9"}

    def test_columns_carry_their_descriptions(self, numbers):
        schema = spec_of(definitions(numbers), "bronze/raw").metadata["dagster/column_schema"]
        described = {column.name: column.description for column in schema.columns}
        assert described["n"] == "A number"
        assert "landing file" in described["_source_file"]

    def test_each_rule_is_a_check(self, numbers):
        defs = definitions(numbers)
        keys = {
            key.name
            for key in defs.resolve_asset_graph().asset_check_keys
            if key.asset_key == dg.AssetKey(["silver", "clean"])
        }
        assert keys == {"n_not_null", "n_ge", "n_unique"}

    def test_a_team_can_show_it_otherwise(self, numbers):
        class Prefixed(AlurTranslator):
            def get_asset_key(self, contract):
                return super().get_asset_key(contract).with_prefix("shop")

        defs = build_definitions(Project.load(numbers.root), Prefixed())
        assert spec_of(defs, "shop/gold/total").group_name == "gold"


class TestMaterialization:
    def test_of_an_environment_made_by_new_env(self, numbers, instance):
        materialize(numbers, instance)
        project = Project.load(numbers.root)
        new_environment(project, "trial")
        numbers.land("in/b.csv", "n\n3\n")
        job = build_definitions(project, environment="trial")
        job = job.resolve_implicit_global_asset_job_def()
        assert job.execute_in_process(instance=instance).success
        totals = {
            name: local_warehouse(project, name).rows(project.table("total"))["n"].to_pylist()
            for name in ("local", "trial")
        }
        assert totals == {"local": [3], "trial": [6]}
        with pytest.raises(AlurError, match="'sandbox' is not an environment on this machine"):
            build_definitions(project, environment="sandbox")

    def test_everything_with_what_people_look_for(self, numbers, instance):
        result = materialize(numbers, instance)
        assert result.success
        assert written(result) == {"bronze/raw", "silver/clean", "silver/other", "gold/total"}
        event = instance.get_latest_materialization_event(dg.AssetKey(["silver", "clean"]))
        metadata = {k: v.value for k, v in event.asset_materialization.metadata.items()}
        assert metadata["dagster/row_count"] == 2
        assert metadata["rows_read/raw"] == 2
        assert metadata["snapshot_id"].isdigit()
        assert metadata["table_path"].endswith("/silver/clean")
        assert Path(metadata["table_path"]).is_dir()
        assert metadata["preview"].startswith("| n |\n|---|\n| ")
        checks = result.get_asset_check_evaluations()
        assert all(check.passed for check in checks)
        assert {c.check_name for c in checks if c.asset_key.path[-1] == "clean"} == {
            "n_not_null",
            "n_ge",
            "n_unique",
        }

    def test_the_columns_of_sources(self, numbers, instance):
        assert "dagster/column_lineage" not in spec_of(definitions(numbers), "gold/total").metadata
        materialize(numbers, instance)
        event = instance.get_latest_materialization_event(dg.AssetKey(["gold", "total"]))
        assert event.asset_materialization.metadata["alur/lineage"].value == (
            "| column | comes from |\n|---|---|\n| n | aggregated from silver.clean.n |"
        )
        clean = dg.TableColumnDep(asset_key=dg.AssetKey(["silver", "clean"]), column_name="n")
        lineage = event.asset_materialization.metadata["dagster/column_lineage"].value
        assert lineage == dg.TableColumnLineage({"n": [clean]})
        # The next load of the definitions has what the run has found out.
        defs = definitions(numbers)
        assert spec_of(defs, "gold/total").metadata["dagster/column_lineage"] == lineage
        files = spec_of(defs, "bronze/raw").metadata["dagster/column_lineage"].deps_by_column
        assert [dep.asset_key.to_user_string() for dep in files["n"]] == ["landing/in"]

    def test_a_part_of_the_graph(self, numbers, instance):
        assert written(materialize(numbers, instance, "bronze/raw")) == {"bronze/raw"}
        result = materialize(numbers, instance, "silver/clean", "gold/total")
        assert written(result) == {"silver/clean", "gold/total"}

    def test_no_new_files_claims_no_new_rows(self, numbers, instance):
        materialize(numbers, instance, "bronze/raw")
        again = materialize(numbers, instance, "bronze/raw")
        assert again.success
        (event,) = again.get_asset_materialization_events()
        metadata = {k: v.value for k, v in event.materialization.metadata.items()}
        assert (metadata["dagster/row_count"], metadata["rows_written"]) == (2, 0)
        assert "no new files" in metadata["notices"]

    def test_a_failure_stops_only_what_depends_on_it_and_shows_the_rule(self, numbers, instance):
        numbers.land("in/a.csv", "n\n1\n-2\n")
        result = materialize(numbers, instance)
        assert not result.success
        assert written(result) == {"bronze/raw", "silver/other"}
        (failure,) = result.get_step_failure_events()
        message = failure.event_specific_data.error.message
        assert "1 of 2 rows violates: n must be at least 0" in message
        assert "total skipped: it waits for clean, which failed" in message
        failed = [c for c in result.get_asset_check_evaluations() if not c.passed]
        assert [(c.check_name, c.metadata["violations"].value) for c in failed] == [("n_ge", 1)]

    def test_a_check_alone_looks_at_the_table_as_it_is(self, numbers, instance):
        materialize(numbers, instance)
        defs = definitions(numbers)
        key = dg.AssetCheckKey(dg.AssetKey(["silver", "clean"]), "n_ge")
        only = dg.define_asset_job("only", selection=dg.AssetSelection.checks(key))
        merged = dg.Definitions.merge(defs, dg.Definitions(jobs=[only]))
        result = merged.resolve_job_def("only").execute_in_process(instance=instance)
        (check,) = result.get_asset_check_evaluations()
        assert (check.check_name, check.passed) == ("n_ge", True)
        assert written(result) == set()


class TestSchedules:
    def tick(self, project, instance, name, instant):
        schedule = definitions(project).resolve_schedule_def(name)
        context = dg.build_schedule_context(instance=instance, scheduled_execution_time=instant)
        return schedule.evaluate_tick(context)

    def test_the_example_on_and_off_as_declared(self):
        schedules = build_definitions(Project.load(EXAMPLE)).schedules
        found = {s.name: (s.cron_schedule, s.default_status.value) for s in schedules}
        assert found == {
            "load_orders_schedule": ("0 * * * *", "RUNNING"),
            "clean_orders_schedule": ("0-45/15 * * * *", "RUNNING"),
            "daily_sales_rollup_schedule": ("0 2 * * *", "RUNNING"),
            "monthly_cohorts_schedule": ("0 0 1 * *", "STOPPED"),
        }
        assert {s.execution_timezone for s in schedules} == {"UTC"}
        daily = next(s for s in schedules if s.name == "daily_sales_rollup_schedule")
        assert "cron(0 2 * * ? *): at 02:00 UTC every day" in daily.description
        assert daily.tags["alur/expression"] == "cron_0_2_x_x_q_x"

    def test_a_tick_starts_what_the_scope_says(self, numbers, instance):
        instant = datetime(2026, 12, 15, 8, tzinfo=timezone.utc)
        (request,) = self.tick(numbers, instance, "clean_schedule", instant).run_requests
        started = {key.to_user_string() for key in request.asset_selection}
        assert started == {"bronze/raw", "silver/clean", "gold/total"}

    def test_a_tick_at_which_aws_would_not_fire_is_skipped(self, numbers, instance):
        # The superset of 15W ticks from the 13th to the 17th.
        instant = datetime(2026, 12, 14, 8, tzinfo=timezone.utc)
        data = self.tick(numbers, instance, "clean_schedule", instant)
        assert not data.run_requests
        assert "cron(0 8 15W * ? *) does not fire at 2026-12-14 08:00 UTC" in data.skip_message

    def test_a_schedule_s_page_shows_its_own_targets(self, numbers):
        defs = definitions(numbers)
        job = defs.resolve_schedule_def("clean_schedule_2").job
        keys = job.selection.resolve(defs.resolve_asset_graph())
        assert {key.to_user_string() for key in keys} == {"silver/clean"}

    def test_a_large_project_starts_the_same_by_way_of_one_job(self, project, instance):
        write_project(project.root, 25)
        instant = datetime(2026, 12, 1, 7, 7, tzinfo=timezone.utc)
        assert (
            definitions(project).resolve_schedule_def("make_table7_schedule").job_name
            == "__ASSET_JOB"
        )
        (request,) = self.tick(project, instance, "make_table7_schedule", instant).run_requests
        assert [key.to_user_string() for key in request.asset_selection] == ["silver/table7"]

    def test_a_rate_says_from_when_it_counts(self, numbers):
        second = definitions(numbers).resolve_schedule_def("clean_schedule_2")
        assert second.default_status is dg.DefaultScheduleStatus.STOPPED
        assert "Counts from 1970-01-01" in second.description


class TestCommandLineInTheSameInstance:
    def test_both_leave_their_events_there(self, numbers):
        alur = Path(sys.executable).with_name("alur")
        environment = {k: v for k, v in os.environ.items() if k != "DAGSTER_HOME"}
        command = [alur, "run", "--all", "--env", "local"]
        run = subprocess.run(
            command, cwd=numbers.root, env=environment, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stdout + run.stderr
        home = prepare_home(numbers.root)
        key = dg.AssetKey(["silver", "clean"])
        with dg.DagsterInstance.from_config(str(home)) as instance:
            assert record_waiting(instance, Spool(home)) == 4
            assert materialize(numbers, instance).success
            records = instance.fetch_materializations(key, limit=10).records
            newer, older = (r.asset_materialization for r in records)
            assert [bool(r.run_id) for r in records] == [True, False]
            # Two engines' runs on one table: the second found the first's rows, and says so.
            # Dagster's own runs trace columns.
            lineage = {"alur/lineage", "dagster/column_lineage"}
            assert newer.metadata.keys() - older.metadata.keys() == {"notices", *lineage}
            assert newer.metadata["dagster/row_count"] == older.metadata["dagster/row_count"]
            assert newer.metadata["table_path"] == older.metadata["table_path"]
            check = dg.AssetCheckKey(key, "n_ge")
            evaluations = instance.event_log_storage.get_asset_check_execution_history(check, 5)
            assert len(evaluations) == 2

    def test_trouble_with_the_instance_stops_no_run(self, numbers):
        numbers.write({"home": "a file where Dagster's folder should be"})
        alur = Path(sys.executable).with_name("alur")
        run = subprocess.run(
            [alur, "run", "--all", "--env", "local"],
            cwd=numbers.root,
            env=os.environ | {"DAGSTER_HOME": str(numbers.root / "home")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0
        printed = run.stdout + run.stderr
        # The first end is reported, and no other.
        assert (
            printed.count("load: Dagster's web UI cannot show this run: [Errno 20] Not a dir") == 1
        )
        assert printed.count("cannot show") == 1
        assert "Traceback" not in printed

    def test_a_broken_rule_shows_as_a_failed_check(self, numbers):
        numbers.land("in/a.csv", "n\n-1\n")
        alur = Path(sys.executable).with_name("alur")
        environment = {k: v for k, v in os.environ.items() if k != "DAGSTER_HOME"}
        command = [alur, "run", "--all", "--env", "local"]
        run = subprocess.run(
            command, cwd=numbers.root, env=environment, capture_output=True, check=False
        )
        assert run.returncode == 1
        home = prepare_home(numbers.root)
        with dg.DagsterInstance.from_config(str(home)) as instance:
            record_waiting(instance, Spool(home))
            key = dg.AssetKey(["silver", "clean"])
            (record,) = instance.event_log_storage.get_asset_check_execution_history(
                dg.AssetCheckKey(key, "n_ge"), 5
            )
            evaluation = record.event.dagster_event.event_specific_data
            assert not evaluation.passed
            assert "n=-1" in evaluation.metadata["samples"].value
            assert instance.get_latest_materialization_event(key) is None
