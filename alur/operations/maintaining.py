"""Keeps tables small: combines small files, expires old snapshots, deletes files that nothing needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from alur.contracts.contract import Contract
from alur.errors import AlurError, DeploymentError, SourceError
from alur.operations.events import Activity, MaintenanceFailed, Observer, ignore
from alur.project.project import Project
from alur.project.settings import LOCAL

if TYPE_CHECKING:
    from alur.runtime.tables.pyiceberg_warehouse import LocalWarehouse


def maintain(
    project: Project,
    tables: Iterable[str] | None = None,
    environment: str = LOCAL,
    *,
    observe: Observer = ignore,
) -> bool:
    """Maintain tables now, whether or not it is due; return whether all succeeded.

    A table that a run is writing is maintained after the run. After a failure, the other tables are maintained.

    Args:
        tables: their names, each of them once; None for all that have been written and that a pipeline writes.
        environment: ``local``, or a clone of it, for this machine; in any other, the Glue jobs that write the tables maintain them.
        observe: receives each event of ``alur.operations.events``.

    Raises:
        AlurError: there is no such table or environment, or AWS refuses.
        KeyboardInterrupt: somebody pressed Ctrl-C; the Glue jobs continue.

    >>> def maintain_every_table():
    ...     maintain(Project.load(), observe=print)
    """
    target = project.environment(environment)
    from alur.runtime.local import local_warehouse

    contracts = project.contracts if tables is None else [project.table(name) for name in tables]
    once = {contract.identifier: contract for contract in contracts}.values()
    if target.is_local:
        warehouse = local_warehouse(project, target.name)
        return _maintain_here(warehouse, once, observe, named=tables is not None)
    if target.clone:
        raise DeploymentError(
            f"the tables of {target.name} are not maintained: they share files with {target.clone.origin}",
            remedy=f"maintain those of {target.base}, or end the environment: alur drop-env {target.name}",
        )
    from alur.operations.glue_maintenance import GlueMaintenance

    return GlueMaintenance(project, target, observe).run(once, named=tables is not None)


def _maintain_here(
    warehouse: LocalWarehouse, contracts: Iterable[Contract], observe: Observer, *, named: bool
) -> bool:
    succeeded = True
    for contract in contracts:
        observe(Activity(f"maintaining {contract.identifier}"))
        try:
            observe(warehouse.maintain(contract, lambda text: observe(Activity(text))))
        except AlurError as error:
            # A table that has never been written is small.
            if named or not isinstance(error, SourceError):
                observe(MaintenanceFailed(contract.identifier, error))
                succeeded = False
    observe(Activity())
    return succeeded
