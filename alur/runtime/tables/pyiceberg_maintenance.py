"""Keeps tables small with PyIceberg, on this machine and in the sandbox on Sail: combines small files, expires old snapshots, and deletes files without a use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
from pyiceberg.exceptions import ValidationException

from alur.contracts.contract import Contract
from alur.contracts.retention import Retention
from alur.errors import EngineError
from alur.runtime.engines.errors import reason
from alur.runtime.tables.maintained import Maintained
from alur.runtime.tables.maintenance_thresholds import ORPHANS_STAY
from alur.runtime.tables.pyiceberg_clones import FilesNeeded, no_files_needed
from alur.runtime.tables.pyiceberg_compaction import compact, is_compaction_due
from alur.runtime.tables.pyiceberg_data_files import data_files
from alur.runtime.tables.pyiceberg_expiry import expire
from alur.runtime.tables.pyiceberg_folder import TableFolder
from alur.runtime.tables.pyiceberg_recovery import remove_orphans

if TYPE_CHECKING:
    from pyiceberg.table import Table


def maintain_after_run(
    table: Table,
    contract: Contract,
    before: int | None,
    retention: Retention | None,
    notice: Callable[[str], None],
    needed: FilesNeeded = no_files_needed,
) -> None:
    """Combine small files, and expire snapshots, if that is due.

    Args:
        before: the id of the table's snapshot before the run.
        notice: receives what went wrong: the run has succeeded, and an earlier snapshot may have been damaged for long.
        needed: gives the files that other tables need.
    """
    name = contract.identifier
    with _errors_as(notice, f"small files of {name} stay"):
        if is_compaction_due(table.metadata, before):
            compact(table, contract.key, gradually=True)
    with _errors_as(notice, f"old snapshots of {name} stay"):
        if retention is not None:
            expire(table, retention, datetime.now(UTC), needed)


@contextmanager
def _errors_as(notice: Callable[[str], None], text: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        notice(f"{text}: {reason(error)}")


def maintain(
    table: Table,
    contract: Contract,
    retention: Retention | None,
    needed: FilesNeeded = no_files_needed,
) -> Maintained:
    """Combine small files, expire snapshots, and delete files that no snapshot needs; the caller holds the table.

    Args:
        needed: gives the files that other tables need, which stay.

    Raises:
        EngineError: a file is missing or damaged, the disk has failed, or another program has committed meanwhile.
    """
    try:
        return _maintain(table, contract, retention, needed)
    except (OSError, pa.ArrowException, ValidationException) as error:
        raise EngineError(
            f"the table {contract.identifier} cannot be maintained: {reason(error)}",
            remedy="if another program has written it meanwhile, run alur maintain again; if a file is damaged, "
            "restore it from a backup",
        ) from error


def _maintain(
    table: Table, contract: Contract, retention: Retention | None, needed: FilesNeeded
) -> Maintained:
    folder = TableFolder.of(table)
    files, snapshots, size = len(data_files(table)), len(table.metadata.snapshots), folder.size()
    now = datetime.now(UTC)
    compact(table, contract.key)
    if retention is not None:
        expire(table, replace(retention, every=timedelta(0)), now, needed)
    orphans = remove_orphans(table, now - ORPHANS_STAY, needed)
    return Maintained(
        contract.identifier,
        files,
        len(data_files(table)),
        snapshots,
        len(table.metadata.snapshots),
        orphans,
        size,
        folder.size(),
    )
