"""The arguments of a Glue job by name: the deployment sets them, and the driver in the job reads them.

Glue's own are among them (https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from alur.contracts.contract import LAYERS, Layer
from alur.contracts.retention import Retention

PIPELINE = "--alur_pipeline"
ENVIRONMENT = "--alur_environment"
LANDING = "--alur_landing"
CODE_VERSION = "--alur_code_version"
PLAN = "--alur_plan"
KEEP = "--alur_keep"
KEEP_SNAPSHOTS = "--alur_keep_snapshots"
MAINTAIN = "--alur_maintain"
RETRY_OF = "--alur_retry_of"
REBUILD = "--alur_rebuild"

TEMPORARY = "--TempDir"
PYTHON_MODULES = "--additional-python-modules"
PYTHON_INSTALLER = "--python-modules-installer-option"
SPARK_CONF = "--conf"
LOG_GROUP_PREFIX = "--custom-logGroup-prefix"
DATA_LAKE_FORMATS = "--datalake-formats"
BOOKMARKS = "--job-bookmark-option"

JOB_NAME = "--JOB_NAME"
RUN_ID = "--JOB_RUN_ID"

OF_CODE = frozenset({PYTHON_MODULES, CODE_VERSION, PLAN})
"""The arguments that change with the code alone."""


def of_layer(layer: Layer) -> str:
    """Return the name of the argument for a layer's tables.

    >>> of_layer("gold")
    '--alur_gold'
    """
    return f"--alur_{layer}"


def layer_text(database: str, location: str) -> str:
    """Return the value of the argument for a layer's tables.

    >>> layer_text("shop_dev_gold", "s3://bucket/tables/")
    'shop_dev_gold=s3://bucket/tables/'
    """
    return f"{database}={location}"


def parsed_layer(text: str) -> tuple[str, str]:
    """Return the database and the location of a layer's tables; a missing one is empty.

    >>> parsed_layer("shop_dev_gold=s3://bucket/tables/")
    ('shop_dev_gold', 's3://bucket/tables/')
    """
    database, _, location = text.partition("=")
    return database, location


def pipelines_text(pipelines: Iterable[str]) -> str:
    """Return the value of the argument with a job's pipelines.

    >>> pipelines_text(["load", "clean"]), parsed_pipelines("load,clean")
    ('load,clean', ('load', 'clean'))
    """
    return ",".join(pipelines)


def parsed_pipelines(text: str) -> tuple[str, ...]:
    """Return the pipelines of a job, in the order in which it runs them."""
    return tuple(text.split(","))


def each_text(pipelines: Sequence[str], values: Mapping[str, str]) -> str:
    """Return the value of an argument that each of a job's pipelines has for itself.

    Args:
        pipelines: all of the job.
        values: those of some of them, at least one; without commas and equals signs.

    >>> each_text(["load"], {"load": "7 hours"}), each_text(["load", "clean"], {"load": "7 hours"})
    ('7 hours', 'load=7 hours')
    """
    if len(pipelines) == 1:
        return values[pipelines[0]]
    return ",".join(f"{name}={values[name]}" for name in pipelines if name in values)


def parsed_each(text: str, pipelines: Sequence[str]) -> dict[str, str]:
    """Return an argument's values by pipeline, in a run of some of a job's pipelines.

    >>> parsed_each("7 hours", ["load"]), parsed_each("load=7 hours,clean=1 hours", ["clean"])
    ({'load': '7 hours'}, {'load': '7 hours', 'clean': '1 hours'})
    """
    if "=" not in text:
        return {pipelines[0]: text} if text else {}
    pairs = (pair.partition("=") for pair in text.split(","))
    return {name: value for name, _, value in pairs}


def retention_arguments(retentions: Mapping[str, Retention | None]) -> dict[str, str]:
    """Return the arguments for how long the targets keep their snapshots; none if these stay for good.

    Args:
        retentions: that of each of the job's pipelines.

    >>> retention_arguments({"load": Retention(timedelta(days=7), 3)})
    {'--alur_keep': '168 hours', '--alur_keep_snapshots': '3'}
    """
    known = {name: retention for name, retention in retentions.items() if retention}
    if not known:
        return {}
    keep = {name: f"{r.keep // timedelta(hours=1)} hours" for name, r in known.items()}
    snapshots = {name: f"{r.snapshots}" for name, r in known.items()}
    names = list(retentions)
    return {KEEP: each_text(names, keep), KEEP_SNAPSHOTS: each_text(names, snapshots)}


def maintenance_arguments(pipeline: str) -> dict[str, str]:
    """Return the arguments of a run that only maintains the table of a pipeline.

    Code that was deployed before it could do so fails for lack of a pipeline, and runs none.

    >>> maintenance_arguments("load")
    {'--alur_maintain': 'load', '--alur_pipeline': 'maintenance-only'}
    """
    return {MAINTAIN: pipeline, PIPELINE: "maintenance-only"}


def retry_arguments(arguments: Mapping[str, str], run_id: str) -> dict[str, str]:
    """Return the arguments of a run that repeats another one.

    Args:
        arguments: of the other run, with those of its job.
        run_id: of the other run.

    >>> retry_arguments({PIPELINE: "load,clean", RETRY_OF: "jr_1"}, "jr_2")
    {'--alur_pipeline': 'load,clean', '--alur_retry_of': 'jr_1,jr_2'}
    """
    earlier = [one for one in arguments.get(RETRY_OF, "").split(",") if one]
    return {PIPELINE: arguments[PIPELINE], RETRY_OF: ",".join([*earlier, run_id])}


def rebuild_arguments(pipelines: Iterable[str]) -> dict[str, str]:
    """Return the arguments of a run that makes the tables of pipelines anew, with the same care for earlier code.

    >>> rebuild_arguments(["load"])
    {'--alur_rebuild': 'load', '--alur_pipeline': 'rebuild-only'}
    """
    return {REBUILD: pipelines_text(pipelines), PIPELINE: "rebuild-only"}


REQUIRED = (PIPELINE, ENVIRONMENT, LANDING, *map(of_layer, LAYERS), CODE_VERSION, TEMPORARY)
"""The arguments required by the driver."""

OPTIONAL = (KEEP, KEEP_SNAPSHOTS, PLAN)
"""The arguments that a deployment sets where they are needed."""

SET_BY_RUNS = (MAINTAIN, RETRY_OF, REBUILD)
"""The arguments that only some runs of a job have."""

SET_BY_GLUE = (JOB_NAME, RUN_ID)
"""The arguments added by Glue to each run; a driver started by hand has none."""
