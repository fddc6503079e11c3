"""A contract as data: everything about a table for the back ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from alur.contracts.columns import Column
from alur.contracts.partitioning import PartitionField
from alur.contracts.rules import Rule
from alur.errors import Location

Layer = Literal["bronze", "silver", "gold"]
LAYERS: tuple[Layer, ...] = get_args(Layer)
OnViolation = Literal["fail", "warn"]


@dataclass(frozen=True, slots=True)
class Contract:
    """A table as a contract's class declares it.

    Attributes:
        name: the class's name.
        table: the table's name, unique within its layer; lower case, as Glue requires.
        layer: the layer, which is the Iceberg namespace locally and the database in AWS.
        columns: the declared columns, then the system columns.
        key: names of the columns whose values are unique together.
        on_violation: whether rows that break a rule stop the write or are only reported.
        keep: for how long replaced snapshots stay; None stands for the project's setting.
        keep_snapshots: the number of latest snapshots that stay in any case; None likewise.
    """

    name: str
    table: str
    layer: Layer
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    key: tuple[str, ...] = ()
    partition_by: tuple[PartitionField, ...] = ()
    owners: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    on_violation: OnViolation = "fail"
    keep: str | None = None
    keep_snapshots: int | None = None
    description: str = ""
    location: Location = field(default=Location("<unknown>", 0), compare=False)
    module: str = field(default="", compare=False)

    @property
    def identifier(self) -> str:
        """``layer.table``, the table's name in a catalog."""
        return f"{self.layer}.{self.table}"

    @property
    def declared_columns(self) -> tuple[Column, ...]:
        """The columns declared by the user."""
        return tuple(column for column in self.columns if not column.system)

    def stops_at(self, rule: Rule) -> bool:
        """Return whether rows that break a rule stop the write; nulls always do where the table cannot hold them."""
        return self.on_violation == "fail" or rule.kind == "not_null"

    def column(self, name: str) -> Column | None:
        """Return the column with this name, or None."""
        return next((column for column in self.columns if column.name == name), None)
