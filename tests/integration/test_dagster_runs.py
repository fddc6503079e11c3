"""Events of unusual runs in Dagster: nothing new, notices, checks without a table."""

import dagster as dg
import pytest

from alur.project.project import Project
from alur_dagster import build_definitions
from tests.tiny_project import TinyProject

CONTRACTS = """
class Raw(BronzeTable):
    n: int
    word: str
class Clean(SilverTable):
    n: int = Field(ge=0)
class Loose(SilverTable, on_violation="warn"):
    n: int = Field(ge=0)
"""

PIPELINES = """
@pipeline(sources={"rows": files("in/*.csv", schema=Raw)}, target=Raw, mode="append")
def load(rows):
    return rows
@pipeline(sources={"raw": Raw}, target=Clean)
def clean(raw):
    return raw.select("n")
@pipeline(sources={"raw": Raw}, target=Loose)
def loosen(raw):
    return raw.select("n")
"""

RAW = dg.AssetKey(["bronze", "raw"])
LOOSE = dg.AssetKey(["silver", "loose"])


@pytest.fixture
def numbers(project: TinyProject):
    project.declare(CONTRACTS, PIPELINES)
    project.land("in/a.csv", "n,word,other\n1,a,x\n-2,b,y\n")
    return project


@pytest.fixture
def instance(tmp_path):
    with dg.instance_for_test(temp_dir=str(tmp_path)) as made:
        yield made


def run(project, instance, *keys, selection=None):
    defs = build_definitions(Project.load(project.root))
    if selection is not None:
        job = dg.define_asset_job("chosen", selection=selection)
        merged = dg.Definitions.merge(defs, dg.Definitions(jobs=[job]))
        chosen = merged.resolve_job_def("chosen")
        return chosen.execute_in_process(instance=instance, raise_on_error=False)
    job = defs.resolve_implicit_global_asset_job_def()
    return job.execute_in_process(
        instance=instance, asset_selection=list(keys) or None, raise_on_error=False
    )


def materialized(result, key):
    (event,) = [e for e in result.get_asset_materialization_events() if e.asset_key == key]
    found = event.materialization
    return {name: value.value for name, value in found.metadata.items()}, found.tags


def message(result):
    (failure,) = result.get_step_failure_events()
    return failure.event_specific_data.error.message


def test_nothing_new_beside_a_failure_is_the_table_as_it_stands_and_not_red(numbers, instance):
    first, first_tags = materialized(run(numbers, instance), RAW)
    second = run(numbers, instance)
    assert not second.success  # clean refuses -2 both times
    again, tags = materialized(second, RAW)
    assert again["snapshot_id"] == first["snapshot_id"]
    assert (again["dagster/row_count"], again["rows_written"]) == (2, 0)
    assert "no new files; the table is unchanged" in again["notices"]
    assert again["preview"] == first["preview"]
    assert tags["dagster/data_version"] == first_tags["dagster/data_version"]
    checks = [c for c in second.get_asset_check_evaluations() if c.asset_key == RAW]
    assert {c.check_name: c.passed for c in checks} == {"n_not_null": True, "word_not_null": True}


def test_rules_that_warn_let_the_table_be_written(numbers, instance):
    result = run(numbers, instance, RAW, LOOSE)
    assert result.success
    metadata, _ = materialized(result, LOOSE)
    assert "1 of 2 rows violates: n must be at least 0" in metadata["notices"]
    (check,) = [c for c in result.get_asset_check_evaluations() if not c.passed]
    assert (check.asset_key, check.check_name) == (LOOSE, "n_ge")
    assert check.severity is dg.AssetCheckSeverity.WARN


def test_what_was_passed_over_is_a_notice(numbers, instance):
    metadata, _ = materialized(run(numbers, instance, RAW), RAW)
    assert "a.csv: ignored columns: other" in metadata["notices"]


def test_long_values_are_shortened(numbers, instance):
    numbers.land("in/b.csv", f"n,word\n3,{'x' * 5000}\n")
    metadata, _ = materialized(run(numbers, instance, RAW), RAW)
    assert "x" * 100 in metadata["preview"]
    assert len(metadata["preview"]) < 2000


def test_a_check_of_a_table_that_was_never_written_says_so(numbers, instance):
    checks = dg.AssetSelection.checks_for_assets(RAW)
    result = run(numbers, instance, selection=checks)
    assert "bronze.raw has never been written" in message(result)
    assert "fix: run the pipeline that writes it" in message(result)
