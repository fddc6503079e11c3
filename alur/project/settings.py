"""alur.toml, typed. Every setting of an environment can be overridden by an ``ALUR_`` variable."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from alur.contracts.contract import Contract
from alur.contracts.retention import KEEP, MOST_SNAPSHOTS, Retention, retention_of
from alur.errors import AlurError, Location, Problems, SettingsError
from alur.project.setting_forms import ACCOUNT_ID, BUCKET, EMAIL, IN_WORDS, PROJECT_NAME, REGION
from alur.project.setting_tables import DocsTable, PackageTable, StrictTable, TagTable
from alur.project.suggestions import did_you_mean
from alur.project.toml_file import TomlFile

FILE_NAME = "alur.toml"

WorkerType = Literal["G.1X", "G.2X", "G.4X", "G.8X"]
"""Worker types accepted by every supported release of the AWS provider
(https://docs.aws.amazon.com/glue/latest/dg/worker-types.html)."""

LOCAL = "local"
"""The environment of this machine."""

SANDBOX = "sandbox"
"""The environment of an emulated AWS on this machine."""

_ENVIRONMENT_NAME = re.compile(r"[a-z][a-z0-9]{0,15}")


class ProjectTable(StrictTable):
    """``[project]``: the project's name, and the packages with its contracts and pipelines.

    Attributes:
        name: the project's name: up to 31 lower-case letters, digits and hyphens, a letter first.
        modules: the packages to import.
        requirements: a pip requirements file, relative to alur.toml, with the pinned packages that the project's code
            needs in AWS in addition to Alur.
        default_env: the environment of commands without ``--env``.
    """

    name: str = Field(pattern=PROJECT_NAME)
    modules: tuple[str, ...] = ("contracts", "pipelines")
    requirements: str | None = None
    default_env: str | None = None


class ResourceProfile(StrictTable):
    """``[resource_profiles.NAME]``: the size of a Glue job.

    Attributes:
        worker_type: Glue's worker type.
        number_of_workers: the number of workers of a run.
    """

    worker_type: WorkerType
    number_of_workers: int = Field(ge=2, le=299)


RESOURCE_PROFILES: dict[str, ResourceProfile] = {
    "small": ResourceProfile(worker_type="G.1X", number_of_workers=2),
    "medium": ResourceProfile(worker_type="G.1X", number_of_workers=5),
    "large": ResourceProfile(worker_type="G.2X", number_of_workers=10),
    "xlarge": ResourceProfile(worker_type="G.4X", number_of_workers=20),
}


class EnvironmentTable(StrictTable):
    """``[defaults]`` and ``[env.NAME]``: the settings of one environment.

    Attributes:
        engine: the engine for PySpark on this machine: ``sail`` (no JVM), ``spark`` (Glue's version of Spark, on the JVM),
            or ``auto``: Sail for pipelines certified to give Spark's rows there, and Spark for the rest.
        landing: the folder of landing files on this machine, relative to alur.toml.
        keep: for how long tables keep a snapshot after the next one has replaced it: a number of hours or days, such as
            ``7 days``, or ``forever``, the default.
        keep_snapshots: the number of latest snapshots that stay even if they are older.
        bronze_keep: the same as ``keep``, for bronze tables.
        bronze_keep_snapshots: the same as ``keep_snapshots``, for bronze tables.
        silver_keep: the same as ``keep``, for silver tables.
        silver_keep_snapshots: the same as ``keep_snapshots``, for silver tables.
        gold_keep: the same as ``keep``, for gold tables.
        gold_keep_snapshots: the same as ``keep_snapshots``, for gold tables.
        aws_region: the AWS region.
        glue_version: the Glue version; 5.1 has Spark 3.5.6.
        account_id: the only AWS account allowed for deployments: 12 digits.
        alerts_email: the address for alerts of failed runs.
        state_bucket: an existing bucket for Terraform's state, in the same region.
        bronze_bucket: the bucket of bronze tables and landing files; by default ``alur-<project>-bronze-<env>``, followed
            by the account id if ``account_id`` is set.
        silver_bucket: the bucket of silver tables, named alike.
        gold_bucket: the bucket of gold tables, named alike.
        artifacts_bucket: the bucket of code and temporary files, named alike.
        job_roles: the roles of jobs: ``shared`` is one role for all jobs, ``pipeline`` a role for each job, which reads
            only the pipeline's sources and writes only its target.
        fuse: ``schedule`` runs pipelines as one Glue job if the same schedules start them and their resource profiles are of
            one size; by default each pipeline has a job.
        job_timeout_minutes: the minutes after which Glue stops a run; at most
            [7 days](https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-job.html).
        job_max_retries: how often Glue repeats a failed run.
        dpu_hour_price: the price of a DPU-hour in US dollars, for the cost of an environment; by default
            [AWS's list price](https://aws.amazon.com/glue/pricing/) of the region, where Alur knows it.
        log_retention_days: the days for which CloudWatch keeps the jobs' logs; one of
            [its periods](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html).
    """

    engine: Literal["auto", "sail", "spark"] = "auto"
    landing: str = "landing"
    keep: str | None = Field(None, pattern=KEEP)
    keep_snapshots: int = Field(1, ge=1, le=MOST_SNAPSHOTS)
    bronze_keep: str | None = Field(None, pattern=KEEP)
    bronze_keep_snapshots: int | None = Field(None, ge=1, le=MOST_SNAPSHOTS)
    silver_keep: str | None = Field(None, pattern=KEEP)
    silver_keep_snapshots: int | None = Field(None, ge=1, le=MOST_SNAPSHOTS)
    gold_keep: str | None = Field(None, pattern=KEEP)
    gold_keep_snapshots: int | None = Field(None, ge=1, le=MOST_SNAPSHOTS)
    aws_region: str = Field("us-east-1", pattern=REGION)
    glue_version: Literal["5.1"] = "5.1"
    account_id: str | None = Field(None, pattern=ACCOUNT_ID)
    alerts_email: str | None = Field(None, pattern=EMAIL)
    state_bucket: str | None = Field(None, pattern=BUCKET)
    bronze_bucket: str | None = None
    silver_bucket: str | None = None
    gold_bucket: str | None = None
    artifacts_bucket: str | None = None
    job_roles: Literal["shared", "pipeline"] = "shared"
    fuse: Literal["schedule"] | None = None
    job_timeout_minutes: int = Field(480, ge=1, le=10_080)
    job_max_retries: int = Field(0, ge=0, le=10)
    dpu_hour_price: float | None = Field(None, gt=0, allow_inf_nan=False)
    # fmt: off
    log_retention_days: Literal[
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
    ] = 30
    # fmt: on

    def retention(self, contract: Contract) -> Retention | None:
        """Return how long a table keeps its snapshots: by its contract, else its layer, else the project.

        >>> from alur import SilverTable, contract_of
        >>> class Orders(SilverTable):
        ...     id: int
        >>> EnvironmentTable(keep="7 days", silver_keep="1 day").retention(contract_of(Orders))
        Retention(keep=datetime.timedelta(days=1), snapshots=1, every=datetime.timedelta(days=1))
        """
        layer = contract.layer
        keep = contract.keep or getattr(self, f"{layer}_keep") or self.keep
        snapshots = contract.keep_snapshots or getattr(self, f"{layer}_keep_snapshots")
        return retention_of(keep, snapshots or self.keep_snapshots)


class Settings(StrictTable):
    """The whole of alur.toml."""

    project: ProjectTable
    package: PackageTable = PackageTable()
    defaults: dict[str, Any] = Field(default_factory=dict)
    env: dict[str, dict[str, Any]] = Field(default_factory=dict)
    resource_profiles: dict[str, ResourceProfile] = Field(default_factory=dict)
    tags: dict[str, TagTable] = Field(default_factory=dict)
    docs: DocsTable = DocsTable()

    @property
    def profiles(self) -> dict[str, ResourceProfile]:
        """Alur's resource profiles, with the project's additions and changes."""
        return RESOURCE_PROFILES | self.resource_profiles

    @property
    def environment_names(self) -> list[str]:
        """The names of all environments: those of the file, and the two without a table there."""
        return list(dict.fromkeys((*self.env, LOCAL, SANDBOX)))


def read_settings(root: Path) -> Settings:
    """Read and check the alur.toml in ``root``.

    Raises:
        SettingsError: the file cannot be read, is not valid TOML, or holds invalid keys or values, all of them listed.
    """
    path = root / FILE_NAME
    try:
        file = TomlFile.read(path)
        values = tomllib.loads(file.text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise _unreadable(path, error) from None
    problems = Problems()
    settings = None
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems.add(*(_problem(detail, (), Settings, file) for detail in error.errors()))
    problems.add(*_environment_problems(values, file))
    if settings is not None:
        problems.add(*_default_problems(settings, file))
    problems.raise_any()
    assert settings is not None, "without settings there are problems"
    return settings


def _unreadable(path: Path, error: Exception) -> SettingsError:
    line = re.search(r"line (\d+)", str(error))
    return SettingsError(
        f"{FILE_NAME} cannot be read: {error}",
        where=Location(str(path), int(line[1]) if line else 1),
        remedy="correct the TOML there",
    )


def _environment_problems(values: dict[str, Any], file: TomlFile) -> list[AlurError]:
    """Return the problems in [defaults] and the [env.NAME] tables, whether or not a command uses them."""
    problems: list[AlurError] = []
    tables: dict[tuple[str, ...], Any] = {("defaults",): values.get("defaults")}
    environments = values.get("env")
    for name, table in (environments if isinstance(environments, dict) else {}).items():
        tables[("env", name)] = table
        if not _ENVIRONMENT_NAME.fullmatch(name):
            problems.append(
                SettingsError(
                    f"{name!r} is not a valid name for an environment",
                    where=file.place(("env", name)),
                    remedy="use up to 16 lower-case letters and digits, a letter first",
                )
            )
    for path, table in tables.items():
        if not isinstance(table, dict):
            continue
        try:
            EnvironmentTable(**table)
        except ValidationError as error:
            problems += [
                _problem(detail, path, EnvironmentTable, file) for detail in error.errors()
            ]
    return problems


def _default_problems(settings: Settings, file: TomlFile) -> list[AlurError]:
    """Return the problems of the default environment."""
    name = settings.project.default_env
    if name is None or name in settings.environment_names:
        return []
    return [
        SettingsError(
            f"project.default_env: no environment {name!r}",
            where=file.place(("project", "default_env")),
            remedy=did_you_mean(name, settings.environment_names, "environments"),
        )
    ]


def _problem(
    detail: ErrorDetails, prefix: tuple[str, ...], model: type[BaseModel], file: TomlFile
) -> SettingsError:
    path = (*prefix, *map(str, detail["loc"]))
    where = file.place(path)
    shown = ".".join(path)
    if detail["type"] == "extra_forbidden":
        known = _known_keys(model, path[len(prefix) : -1])
        return SettingsError(
            f"unknown key {shown!r}", where=where, remedy=did_you_mean(path[-1], known, "keys")
        )
    if detail["type"] == "missing":
        return SettingsError(f"{shown!r} is missing", where=where, remedy="add it")
    return SettingsError(
        f"{shown}: {reason(detail)}", where=where, remedy=f"replace {detail['input']!r}"
    )


def _known_keys(model: type[BaseModel], path: tuple[str, ...]) -> list[str]:
    """Return the valid keys of a table in alur.toml."""
    tables: dict[str, type[BaseModel]] = {
        "project": ProjectTable,
        "package": PackageTable,
        "resource_profiles": ResourceProfile,
        "tags": TagTable,
        "docs": DocsTable,
    }
    owner = tables.get(path[0], model) if path else model
    return list(owner.model_fields)


def reason(detail: ErrorDetails) -> str:
    """Return pydantic's objection to a value, as the continuation of a sentence."""
    if form := _right_form(detail):
        return f"{detail['input']!r} is not valid; {form}"
    message = detail["msg"]
    return message[0].lower() + message[1:]


def _right_form(detail: ErrorDetails) -> str | None:
    """Return which form a text needs, if that is the objection."""
    if detail["type"] != "string_pattern_mismatch":
        return None
    return f"use {IN_WORDS[detail['ctx']['pattern']]}"
