"""Checks a contract, and collects all its problems."""

from __future__ import annotations

import re

from alur.contracts.contract import Contract
from alur.contracts.declaration import field_location
from alur.contracts.partitioning import PartitionField
from alur.contracts.retention import FOREVER, KEEP, MOST_SNAPSHOTS
from alur.errors import ContractError, Location, Problems

TABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,127}")
COLUMN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")


class ContractProblems(Problems):
    """The problems of one contract's class."""

    def __init__(self, cls: type, location: Location) -> None:
        super().__init__()
        self._cls = cls
        self.location = location
        self._fields: set[str] = set()

    def note(self, message: str, remedy: str, field_name: str | None = None) -> None:
        """Add a problem; one about a field points at the field's line."""
        where, subject = None, self._cls.__name__
        if field_name is not None:
            self._fields.add(field_name)
            where = field_location(self._cls, field_name)
            subject = f"{subject}.{field_name}"
        error = ContractError(message, where=where, remedy=remedy)
        self.add(error.about(subject).at(self.location))

    def is_about(self, field_name: str) -> bool:
        """Return whether a field has a problem, and so may be missing among the columns."""
        return field_name in self._fields


def check_contract(contract: Contract, problems: ContractProblems) -> None:
    """Note every declaration that is impossible for a table, or would surprise its author."""
    _check_names(contract, problems)
    _check_key(contract, problems)
    _check_partitioning(contract, problems)
    _check_repeated_partitioning(contract, problems)
    _check_retention(contract, problems)


def _check_names(contract: Contract, problems: ContractProblems) -> None:
    if not TABLE_NAME.fullmatch(contract.table):
        problems.note(
            f"{contract.table!r} is not a valid table name",
            "use lower-case letters, digits and underscores, a letter first, at most 128",
        )
    seen: dict[str, str] = {}
    for column in contract.declared_columns:
        if not COLUMN_NAME.fullmatch(column.name):
            problems.note(
                f"{column.name!r} is not a valid column name",
                "use ASCII letters, digits and underscores, a letter first, at most 128",
                column.name,
            )
        other = seen.setdefault(column.name.lower(), column.name)
        if other != column.name:
            problems.note(
                f"{column.name!r} and {other!r} differ only in case, which Spark and Glue ignore",
                "rename one of them",
                column.name,
            )
    if contract.on_violation not in ("fail", "warn"):
        problems.note(
            f"on_violation={contract.on_violation!r} does not exist", 'use "fail" or "warn"'
        )


def _check_key(contract: Contract, problems: ContractProblems) -> None:
    names = [column.name for column in contract.declared_columns]
    for key in contract.key:
        column = contract.column(key)
        if column is None and problems.is_about(key):
            continue
        if column is None or column.system:
            problems.note(
                f"key {key!r} is not a column", f"use one of the columns {', '.join(names)}"
            )
        elif column.nullable:
            problems.note(f"key {key!r} is nullable, and null equals nothing", "drop | None", key)


def _check_partitioning(contract: Contract, problems: ContractProblems) -> None:
    names = [column.name for column in contract.declared_columns]
    for part in contract.partition_by:
        column = contract.column(part.column)
        if column is None and problems.is_about(part.column):
            continue
        if column is None:
            problems.note(
                f"partition column {part.column!r} is not a column",
                f"use one of the columns {', '.join(names)}",
            )
        elif not part.accepts(column.type):
            problems.note(
                f"{part} does not apply to {column.type}",
                f"use {part.transform} with {', '.join(sorted(part.allowed_types))}",
                part.column,
            )
        if part.width is not None and part.width < 1:
            problems.note(f"{part} has no width", "use a number of 1 or more")
        if part.transform != "identity" and contract.column(part.name):
            problems.note(
                f"the partition field {part.name!r} is also a column",
                "rename the column",
                part.name,
            )


def _check_retention(contract: Contract, problems: ContractProblems) -> None:
    keep, snapshots = contract.keep, contract.keep_snapshots
    if keep is not None and not (isinstance(keep, str) and re.fullmatch(KEEP, keep)):
        problems.note(f"keep={keep!r} is not a time", f'use "12 hours", "7 days" or "{FOREVER}"')
    if snapshots is not None and not (type(snapshots) is int and 1 <= snapshots <= MOST_SNAPSHOTS):
        problems.note(
            f"keep_snapshots={snapshots!r} is not a possible number",
            f"use a number from 1 to {MOST_SNAPSHOTS:,}",
        )


def _check_repeated_partitioning(contract: Contract, problems: ContractProblems) -> None:
    seen: dict[object, PartitionField] = {}
    for part in contract.partition_by:
        # Iceberg accepts one transform of time per column: the finer one implies the coarser.
        aspect = (
            "time" if part.transform in ("years", "months", "days", "hours") else part.transform
        )
        other = seen.setdefault((part.column, aspect), part)
        if other is part:
            continue
        if aspect == "time" and other.transform != part.transform:
            problems.note(
                f"{other} and {part} both partition the same timestamp column", "keep the finer one"
            )
        else:
            problems.note(f"the partition field {part.name!r} appears twice", "drop one of them")
