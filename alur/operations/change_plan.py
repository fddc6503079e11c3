"""The result of ``alur plan``: what differs between a project and an environment, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from alur.contracts.evolution import ColumnChange
    from alur.deployment.costs import MonthlyCost
    from alur.errors import AlurError
    from alur.pipelines.modes import WriteModeName
    from alur.terraform.changes import Plan

Effect = Literal["create", "follow", "rewrite", "replace", "refused", "allowed"]
"""What the next run does to a table whose columns or partitions differ from its contract.

``create``: it creates the table. ``follow``: the columns follow the contract, and files stay. ``rewrite``: it writes all
rows again. ``replace``: it replaces all rows. ``refused``: rows that stay do not fit, so the run would stop. ``allowed``:
the same, and somebody has allowed it.
"""
Meaning = Literal["new", "changed", "unknown"]
"""``new``: the pipeline has never written its table. ``unknown``: nothing tells what its last run meant."""
Section = Literal["tables", "pipelines", "data", "infrastructure", "cost"]


@dataclass(frozen=True, slots=True)
class TableChange:
    """A table that differs from its contract.

    Attributes:
        pipeline: the pipeline that writes it.
        changes: the differences of its columns.
        partitions: the partitions before and now, in words; None if they stay.
        reaches: what a breaking change reaches downstream.
    """

    table: str
    pipeline: str
    mode: WriteModeName
    effect: Effect
    changes: tuple[ColumnChange, ...] = ()
    partitions: tuple[str, str] | None = None
    reaches: tuple[Affected, ...] = ()

    @property
    def is_breaking(self) -> bool:
        """Whether a column was dropped, narrowed, renamed or is newly required."""
        return any(not change.compatible for change in self.changes)


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs in a table after the next run of its pipeline.

    Attributes:
        columns: the columns with other values, sorted; all of them if other rows may be there.
        rows: whether other rows may be there.
    """

    columns: tuple[str, ...] = ()
    rows: bool = False

    @property
    def is_any(self) -> bool:
        """Whether anything differs."""
        return self.rows or bool(self.columns)

    def union(self, other: Difference) -> Difference:
        """Return what differs for one reason or another.

        >>> Difference(("a",)).union(Difference(("b",), rows=True))
        Difference(columns=('a', 'b'), rows=True)
        """
        columns = tuple(sorted({*self.columns, *other.columns}))
        return Difference(columns, self.rows or other.rows)


@dataclass(frozen=True, slots=True)
class PipelineChange:
    """A pipeline whose next run means something else than its last one.

    Attributes:
        because: why the meaning of the last run is unknown; empty otherwise.
    """

    pipeline: str
    table: str
    mode: WriteModeName
    meaning: Meaning
    difference: Difference
    because: str = ""


@dataclass(frozen=True, slots=True)
class Affected:
    """A pipeline whose table differs because its sources do.

    Attributes:
        because: why it does, where no pipeline before it needs a run.
    """

    pipeline: str
    table: str
    difference: Difference
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedRun:
    """A pipeline whose next run is sure to be refused.

    Attributes:
        problem: the error that the run would raise.
    """

    pipeline: str
    problem: AlurError


@dataclass(frozen=True, slots=True)
class RewrittenTable:
    """Rows of a table that the next run of its pipeline writes again.

    Attributes:
        rows: the number of rows in the table.
        bytes: the size of its data files; None if the table's engine has not recorded it.
        at_most: whether the run may rewrite fewer, by the rows it finds.
    """

    table: str
    pipeline: str
    rows: int
    bytes: int | None
    at_most: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that the plan cannot tell.

    Attributes:
        subject: the pipeline or the table that it concerns; empty for the whole section.
        stops: whether the plan is not complete without it.
    """

    section: Section
    reason: str
    remedy: str = ""
    subject: str = ""
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Sharing:
    """What it costs to have shared jobs, or not to have them.

    Attributes:
        is_on: whether the environment has them.
        pipelines, jobs: how many pipelines share how many jobs, or could.
        otherwise: the cost if they did not, or if they did; None if AWS cannot hold that.
    """

    is_on: bool
    pipelines: int
    jobs: int
    otherwise: MonthlyCost | None


@dataclass(frozen=True, slots=True)
class CostChange:
    """What the schedules of an environment cost in the present month.

    Attributes:
        before: as they are deployed; None if nothing is.
        after: as the project declares them.
        left_out: deployed schedules that ``before`` lacks: a job of theirs has workers of a type without a known size.
        sharing: what shared jobs change; None if they change nothing.
        alone: for each pipeline that shares no job although the environment asks for it, the reason.
    """

    before: MonthlyCost | None
    after: MonthlyCost
    left_out: tuple[str, ...] = ()
    sharing: Sharing | None = None
    alone: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ChangePlan:
    """What a project's present state changes in an environment.

    Attributes:
        tables: tables that differ from their contracts.
        pipelines: pipelines whose meaning differs from that of their last run.
        same_meaning: pipelines whose code has changed since their last run, and whose meaning has not.
        affected: pipelines whose tables will differ because their sources do.
        to_run: the pipelines that need a run, in the order of the graph.
        refused_runs: those among them whose run is sure to be refused.
        rewritten: what their runs write again.
        infrastructure: Terraform's plan; None on this machine, or if it is not known.
        cost: of the schedules, before and after; None on this machine, or if it is not known.
        unknown: what could not be found out.
    """

    project: str
    environment: str
    tables: tuple[TableChange, ...] = ()
    pipelines: tuple[PipelineChange, ...] = ()
    same_meaning: tuple[str, ...] = ()
    affected: tuple[Affected, ...] = ()
    to_run: tuple[str, ...] = ()
    refused_runs: tuple[RefusedRun, ...] = ()
    rewritten: tuple[RewrittenTable, ...] = ()
    infrastructure: Plan | None = None
    cost: CostChange | None = None
    unknown: tuple[Unknown, ...] = ()

    @property
    def refused(self) -> tuple[TableChange, ...]:
        """The tables whose breaking changes nobody has allowed."""
        return tuple(table for table in self.tables if table.effect == "refused")

    @property
    def has_changes(self) -> bool:
        """Whether anything differs."""
        infrastructure = self.infrastructure is not None and self.infrastructure.changes
        return bool(self.tables or self.pipelines or self.affected or infrastructure)

    @property
    def exit_code(self) -> Literal[0, 1, 2]:
        """0 if nothing changes, 2 for changes; 1 if something is refused, or the plan is not complete."""
        if self.refused or self.refused_runs or any(unknown.stops for unknown in self.unknown):
            return 1
        return 2 if self.has_changes else 0
