"""Records of pipelines' ends, as a run of the command line writes them, and what Dagster shows of them."""

import dagster as dg

KEY = dg.AssetKey(["silver", "clean"])


def record(snapshot, **changes):
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
        "run_id": f"run {snapshot}",
        "rows_read": {"raw": 2},
        "files": {},
        "seconds": {"read": 0.1},
        "commit": commit,
        "notices": ["größer als sonst"],
        "preview": [{"n": "1"}],
    } | changes


def failed(snapshot, text):
    """Return the record of a pipeline's failure."""
    given = record(snapshot)
    return {key: given[key] for key in ("pipeline", "layer", "table", "checks")} | {"error": text}


def snapshots(instance, key=KEY):
    """Return the recorded snapshots of a table, oldest first."""
    records = instance.fetch_materializations(key, limit=10_000).records
    metadata = [each.asset_materialization.metadata for each in reversed(records)]
    return [int(each["snapshot_id"].value) for each in metadata]


def shown(instance, key=KEY, check="n_ge"):
    """Return all that an instance has of one table, with its times."""
    materialized = instance.fetch_materializations(key, limit=1_000).records
    observed = instance.fetch_observations(key, limit=1_000).records
    history = instance.event_log_storage.get_asset_check_execution_history
    return {
        "tables": [
            (each.run_id, each.timestamp, each.asset_materialization) for each in materialized
        ],
        "observations": [(each.timestamp, each.asset_observation) for each in observed],
        "checks": [
            (each.run_id, each.event.timestamp, each.evaluation)
            for each in history(dg.AssetCheckKey(key, check), 1_000)
        ],
        "runs": [
            (each.dagster_run, _times(each), _log(instance, each.dagster_run.run_id))
            for each in instance.get_run_records()
        ],
        "latest": instance.get_latest_materialization_event(key),
    }


def _times(run):
    return [run.create_timestamp.timestamp(), run.start_time, run.end_time]


def _log(instance, run_id):
    return [(entry.timestamp, entry.dagster_event) for entry in instance.all_logs(run_id)]
