"""Keeps tables small: combines small files, expires old snapshots, deletes files that nothing needs."""

from __future__ import annotations

from collections.abc import Iterable

from alur.errors import AlurError, DeploymentError, SourceError
from alur.operations.events import Activity, MaintenanceFailed, Observer, ignore
from alur.project.project import Project
from alur.project.settings import LOCAL


def maintain(
    project: Project,
    tables: Iterable[str] | None = None,
    environment: str = LOCAL,
    *,
    observe: Observer = ignore,
) -> bool:
    """Maintain tables of this machine now, whether or not it is due; return whether all succeeded.

    A table that a run is writing is maintained after the run. After a failure, the other tables are maintained.

    Args:
        tables: their names, each of them once; None for all that have been written.
        environment: ``local``: the jobs maintain the tables in AWS.
        observe: receives each event of ``alur.operations.events``.

    Raises:
        AlurError: there is no such table or environment, or the environment is one of AWS.

    >>> def maintain_every_table():
    ...     maintain(Project.load(), observe=print)
    """
    if project.environment(environment).name != LOCAL:
        raise DeploymentError(
            f"tables in {environment} cannot be maintained from this machine",
            remedy="each job expires its table's snapshots after a commit, if keep is set; to combine small files, "
            "run OPTIMIZE in Athena, or enable Glue's table optimizers",
        )
    contracts = project.contracts if tables is None else [project.table(name) for name in tables]
    from alur.runtime.local import local_warehouse

    warehouse = local_warehouse(project)
    succeeded = True
    for contract in {contract.identifier: contract for contract in contracts}.values():
        observe(Activity(f"maintaining {contract.identifier}"))
        try:
            observe(warehouse.maintain(contract, lambda text: observe(Activity(text))))
        except AlurError as error:
            # A table that has never been written is small.
            if tables is not None or not isinstance(error, SourceError):
                observe(MaintenanceFailed(contract.identifier, error))
                succeeded = False
    observe(Activity())
    return succeeded
