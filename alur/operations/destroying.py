"""Destroys an environment of AWS."""

from __future__ import annotations

from collections.abc import Callable

from alur.aws.buckets import empty, holds_anything
from alur.aws.deployed import read_deployed
from alur.aws_clients import Clients
from alur.deployment.resources import Deployment
from alur.errors import DeploymentError
from alur.operations.applying import apply
from alur.operations.connection import connect
from alur.operations.events import (
    Activity,
    BucketEmptied,
    Destroyed,
    DestructionDeclined,
    Observer,
    StageBegun,
    TerraformDestroyed,
    ignore,
)
from alur.operations.preparation import Prepared, prepare_destruction
from alur.project.project import Project
from alur.terraform.binary import Terraform
from alur.text import counted


def destroy(
    project: Project,
    environment: str,
    *,
    approve: Callable[[], bool],
    force: bool = False,
    observe: Observer = ignore,
) -> bool:
    """Destroy everything that was deployed to an AWS environment; return whether it was approved.

    Args:
        environment: a name in alur.toml, or ``sandbox``.
        approve: decides, after all that can be checked before.
        force: whether to destroy the data, too: all versions of everything in the environment's buckets.
        observe: receives each event of ``alur.operations.events``.

    Raises:
        DeploymentError: a bucket holds data and ``force`` is False, or objects outside of Terraform's state are left.
        AlurError: AWS or Terraform refuses.
    """
    target = project.environment(environment)
    prepared = prepare_destruction(project, target)
    clients = connect(project, target)
    if not force:
        _refuse_data(prepared.deployment, clients)
    if not approve():
        observe(DestructionDeclined())
        return False
    observe(StageBegun(1, 2, "Emptying S3 buckets"))
    _empty(prepared.deployment, clients, observe)
    observe(StageBegun(2, 2, "Destroying Terraform infrastructure"))
    _destroy(prepared, observe)
    _refuse_remains(prepared.deployment, clients)
    declared = prepared.deployment
    state = f"s3://{declared.state_bucket}/{declared.state_key}" if declared.state_bucket else None
    observe(Destroyed(state))
    return True


def _refuse_data(declared: Deployment, clients: Clients) -> None:
    """Refuse to destroy buckets with more than Alur's own files.

    Raises:
        DeploymentError: a bucket holds data.
    """
    kept = [b.name for b in declared.buckets if b.kind != "artifacts"]
    full = [name for name in kept if holds_anything(clients, name)]
    if full:
        raise DeploymentError(
            f"there is data in {', '.join(full)}",
            remedy=f"alur destroy --env {declared.environment} --force destroys it, too",
        )


def _empty(declared: Deployment, clients: Clients, observe: Observer) -> None:
    """Empty the buckets; without ``force``, they hold only old versions and Alur's own files."""
    for bucket in declared.buckets:

        def progress(count: int, name: str = bucket.name) -> None:
            observe(Activity(f"emptying {name}: {counted(count, 'version')} deleted"))

        observe(Activity(f"emptying {bucket.name}"))
        count = empty(clients, bucket.name, progress)
        observe(Activity())
        observe(BucketEmptied(bucket.name, count))


def _destroy(prepared: Prepared, observe: Observer) -> None:
    """Destroy what Terraform's state holds."""
    for _ in prepared.write(prepared.folder):
        pass
    observe(Activity("destroying"))
    terraform = Terraform(prepared.folder)
    terraform.initialise()
    terraform.plan(destroy=True)
    applied = apply(prepared.folder, "destroying", observe)
    observe(TerraformDestroyed(applied.destroyed))


def _refuse_remains(declared: Deployment, clients: Clients) -> None:
    """Refuse to leave objects with the project's name: made by hand, or lost from the state.

    Raises:
        DeploymentError: there are some.
    """
    left = read_deployed(clients, declared)
    names = [*sorted(left.buckets), *left.jobs, *left.schedules]
    names += sorted(left.databases & {database.name for database in declared.databases})
    if names:
        raise DeploymentError(
            f"not in Terraform's state, and so still there: {', '.join(names)}",
            remedy="delete it by hand",
        )
