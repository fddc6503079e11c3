"""Plans clones of environments in AWS: which databases, tables and permissions an environment made by ``alur new-env`` has.

Its runs are runs of the other environment's jobs, with other arguments: the clone's databases, and code of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alur.contracts.contract import LAYERS, Layer
from alur.deployment import job_arguments
from alur.deployment.permissions import PERMISSIONS
from alur.naming import ENVIRONMENTS_PREFIX, Names


@dataclass(frozen=True, slots=True)
class ClonedTable:
    """A table that a clone begins with.

    Attributes:
        origin: the database that it comes from.
        database: the clone's database.
        name: its name in both.
        snapshot: the snapshot whose rows it has.
        rows: their number.
        location: where its own files go.
    """

    layer: Layer
    origin: str
    database: str
    name: str
    snapshot: int
    rows: int
    location: str


@dataclass(frozen=True, slots=True)
class ClonePlan:
    """What making a clone in AWS does.

    Attributes:
        databases: the databases to create, with the locations of their tables.
        tables: the tables to create.
        roles: the roles of jobs that get the permissions.
        policy: the name of the policy that gives these.
        document: the policy.
        tag: the tag that keeps the snapshots of the origin's tables from expiring.
    """

    name: str
    origin: str
    databases: Mapping[str, str]
    tables: tuple[ClonedTable, ...]
    roles: tuple[str, ...]
    policy: str
    document: Mapping[str, Any]
    tag: str


NEEDED_TO_MAKE = (
    "glue:CreateDatabase",
    "glue:CreateTable",
    "glue:GetDatabase",
    "glue:GetTable",
    "glue:GetTables",
    "glue:UpdateTable",
    "iam:PutRolePolicy",
    "s3:GetObject",
    "s3:PutObject",
)
"""The IAM actions of whoever makes a clone."""


def tag_of(clone: str) -> str:
    """Return the name of the Iceberg tag that holds the snapshots that a clone began with."""
    return f"alur_env_{clone}"


def policy_of(clone: str) -> str:
    """Return the name of the policy by which jobs may write a clone's tables."""
    return f"environment-{clone}"


def run_arguments(names: Names) -> dict[str, str]:
    """Return the arguments by which a run of the origin's job writes a clone's tables.

    >>> run_arguments(Names("shop", "dev", clone="x"))["--alur_gold"]
    'shop_x_gold=s3://alur-shop-gold-dev/environments/x/'
    """
    assert names.clone is not None, "other environments have jobs of their own"
    return {
        job_arguments.ENVIRONMENT: names.clone,
        **{
            job_arguments.of_layer(layer): job_arguments.layer_text(
                names.database(layer), names.tables(layer)
            )
            for layer in LAYERS
        },
    }


def clone_policy(names: Names, partition: str, region: str, account: str) -> dict[str, Any]:
    """Return the policy with what a job's role needs for a clone's tables, beyond what it may do already.

    Files of the origin's tables can be read, but not changed, by these statements
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html).
    """
    prefix = f"{ENVIRONMENTS_PREFIX}{names.clone}/"
    buckets = [f"arn:{partition}:s3:::{names.bucket(layer)}" for layer in LAYERS]
    catalog = f"arn:{partition}:glue:{region}:{account}"
    databases = [names.database(layer) for layer in LAYERS]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": list(PERMISSIONS["write_files"]),
                "Resource": [f"{bucket}/{prefix}*" for bucket in buckets],
            },
            {
                "Effect": "Allow",
                "Action": list(PERMISSIONS["list_files"]),
                "Resource": buckets,
                "Condition": {"StringLike": {"s3:prefix": [f"{prefix}*"]}},
            },
            {
                "Effect": "Allow",
                "Action": list(PERMISSIONS["find_buckets"]),
                "Resource": buckets,
            },
            {
                "Effect": "Allow",
                "Action": list(PERMISSIONS["write_tables"]),
                "Resource": [
                    f"{catalog}:catalog",
                    *(f"{catalog}:database/{name}" for name in databases),
                    *(f"{catalog}:table/{name}/*" for name in databases),
                ],
            },
        ],
    }
