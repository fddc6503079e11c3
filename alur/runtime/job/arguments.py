"""The arguments of a Glue job: Glue's own, and those of the deployment."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from alur.contracts.contract import LAYERS, Layer
from alur.contracts.retention import KEEP, Retention, retention_of
from alur.deployment import job_arguments as names
from alur.errors import SettingsError
from alur.runtime.s3_location import S3Location
from alur.runtime.tables.spark_tables import LayerLocation

_ACTS_THROUGH_CONTEXT: Mapping[str, Callable[[str], bool]] = {
    # Any value enables the metrics, even "false".
    "enable-metrics": lambda value: True,
    "enable-observability-metrics": lambda value: value.lower() == "true",
    "job-bookmark-option": lambda value: value in ("job-bookmark-enable", "job-bookmark-pause"),
}
"""Glue's arguments without effect in a job without a GlueContext, each with the values that request something
(https://docs.aws.amazon.com/glue/latest/dg/monitor-observability.html)."""


@dataclass(frozen=True, slots=True)
class JobArguments:
    """The driver's arguments (https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html).

    Attributes:
        pipelines: those to run, one after the other.
        landing: where landing files arrive.
        databases: the layers' databases and locations.
        plans: the fingerprints of what pipelines mean, where they were known at the deployment.
        temporary: Glue's own ``--TempDir``.
        retentions: how long the targets of pipelines keep their snapshots; those of other pipelines stay for good.
        retry_of: the ids of the runs that this one repeats.
        only_maintains: whether to maintain the only pipeline's table instead of running the pipeline.
        rebuilds: whether to make the tables anew from all rows of their sources.
        job_name, run_id: Glue's names of the job and of this run; None if something else started the driver.
        without_effect: given arguments that require a GlueContext; the driver creates none.
    """

    pipelines: tuple[str, ...]
    environment: str
    landing: S3Location
    databases: Mapping[Layer, LayerLocation]
    code_version: str
    plans: Mapping[str, str]
    temporary: S3Location
    retentions: Mapping[str, Retention]
    retry_of: tuple[str, ...]
    only_maintains: bool
    rebuilds: bool
    job_name: str | None
    run_id: str | None
    without_effect: tuple[str, ...]

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> JobArguments:
        """Read a command line; ignore further arguments.

        Raises:
            SettingsError: an argument is missing or malformed.

        >>> given = JobArguments.parse(_EXAMPLE.split())
        >>> given.pipelines, given.databases["gold"].database, str(given.landing), given.run_id
        (('load',), 'shop_dev_gold', 's3://bronze/landing/', 'jr_1')
        >>> only = names.maintenance_arguments("load").items()
        >>> given = JobArguments.parse([*_EXAMPLE.split(), *(part for pair in only for part in pair)])
        >>> given.pipelines, given.only_maintains
        (('load',), True)
        """
        # Glue's own parser accepts abbreviations, so it could mistake one argument for another.
        parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
        for name in (
            *names.REQUIRED,
            *names.OPTIONAL,
            *names.SET_BY_RUNS,
            *names.SET_BY_GLUE,
        ):
            parser.add_argument(name, dest=name, default="")
        given = vars(parser.parse_known_args(list(arguments))[0])
        missing = [name for name in names.REQUIRED if not given[name]]
        if missing:
            raise SettingsError(
                f"the job lacks the arguments {', '.join(missing)}", remedy="alur deploy"
            )
        named = given[names.MAINTAIN] or given[names.REBUILD] or given[names.PIPELINE]
        pipelines = names.parsed_pipelines(named)
        return cls(
            pipelines=pipelines,
            environment=given[names.ENVIRONMENT],
            landing=S3Location.parse(given[names.LANDING]),
            databases={
                layer: _layer_location(layer, given[names.of_layer(layer)]) for layer in LAYERS
            },
            code_version=given[names.CODE_VERSION],
            plans=names.parsed_each(given[names.PLAN], pipelines),
            temporary=S3Location.parse(given[names.TEMPORARY]),
            retentions=_retentions(given[names.KEEP], given[names.KEEP_SNAPSHOTS], pipelines),
            retry_of=tuple(one for one in given[names.RETRY_OF].split(",") if one),
            only_maintains=bool(given[names.MAINTAIN]),
            rebuilds=bool(given[names.REBUILD]),
            job_name=given[names.JOB_NAME] or None,
            run_id=given[names.RUN_ID] or None,
            without_effect=tuple(_without_effect(arguments)),
        )


def _without_effect(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the given arguments that require a GlueContext.

    >>> list(_without_effect("--enable-metrics --job-bookmark-option job-bookmark-disable".split()))
    ['--enable-metrics']
    """
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    for name in _ACTS_THROUGH_CONTEXT:
        parser.add_argument(f"--{name}", dest=name, nargs="?", const="true")
    given = vars(parser.parse_known_args(list(arguments))[0])
    for name, requests_something in _ACTS_THROUGH_CONTEXT.items():
        if given[name] is not None and requests_something(given[name]):
            yield f"--{name}"


def _retentions(keep: str, snapshots: str, pipelines: Sequence[str]) -> dict[str, Retention]:
    """Return what two arguments ask for; both are empty if the deployment did not set them."""
    numbers = names.parsed_each(snapshots, pipelines)
    times = names.parsed_each(keep, pipelines)
    return {name: _retention(text, numbers.get(name, "")) for name, text in times.items()}


def _retention(keep: str, snapshots: str) -> Retention:
    if not re.fullmatch(KEEP, keep) or not snapshots.isdigit():
        raise SettingsError(
            f"{names.KEEP} {keep!r} with {names.KEEP_SNAPSHOTS} {snapshots!r} is not a time and a number",
            remedy="alur deploy",
        )
    retention = retention_of(keep, int(snapshots))
    assert retention, "the deployment sets no argument for snapshots that stay"
    return retention


def _layer_location(layer: Layer, text: str) -> LayerLocation:
    database, location = names.parsed_layer(text)
    if not database or not location:
        raise SettingsError(
            f"{names.of_layer(layer)} {text!r} is not a database and a location in S3",
            remedy="write it as shop_dev_gold=s3://bucket/tables/",
        )
    return LayerLocation(database, str(S3Location.parse(location)))


_EXAMPLE = (
    "--alur_pipeline load --alur_environment dev --alur_landing s3://bronze/landing/ --alur_code_version 1f "
    "--alur_bronze shop_dev_bronze=s3://bronze/tables/ --alur_silver shop_dev_silver=s3://silver/tables/ "
    "--alur_gold shop_dev_gold=s3://gold/tables/ --TempDir s3://artifacts/temp/ --JOB_RUN_ID jr_1 --enable-metrics"
)
"""The command line of the example above."""
