"""What operations return: plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from alur.aws.jobs import JobRun
    from alur.deployment.comparison import ObjectStatus
    from alur.runtime.tables.pyiceberg_publishing import PublishedTable
    from alur.runtime.tables.table_diff import TableDiff
    from alur.sandbox.proof.verification import Proof
    from alur.sandbox.state_file import JobEngineName


@dataclass(frozen=True, slots=True)
class Status:
    """What is deployed to an environment, beside what the project declares.

    Attributes:
        findings: the state of each declared object, and of those that are deployed and not declared.
        last_runs: the latest run of each job, by the job's name.
        schedules: for each deployed rule its expression, and whether it is enabled.
    """

    environment: str
    findings: tuple[ObjectStatus, ...]
    last_runs: dict[str, JobRun]
    schedules: dict[str, tuple[str, bool]]

    @property
    def in_step(self) -> bool:
        """Whether everything is deployed as declared."""
        return all(finding.state == "in step" for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Firing:
    """What firing rules has come to.

    Attributes:
        rules: how many times a rule has fired.
        instants: at how many instants.
        succeeded: whether all events were delivered, and all jobs started and succeeded.
    """

    rules: int
    instants: int
    succeeded: bool


@dataclass(frozen=True, slots=True)
class Verified:
    """A verification and its circumstances.

    Attributes:
        engine: the engine of the jobs in the sandbox.
        engine_version: the same for people, such as ``Sail 0.7.2``.
        engines_here: how many pipelines ran on each engine of this machine; ``sail or spark`` where it depends on rows.
        address: of the sandbox, if it was kept; None otherwise.
        seconds: the whole duration.
    """

    proof: Proof
    engine: JobEngineName
    engine_version: str
    engines_here: dict[str, int]
    address: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class EnvironmentDiff:
    """The differences between all tables of two environments.

    Attributes:
        first, second: the names of the environments.
        tables: the differences of each table that both have, by ``layer.table``.
        missing: the tables that only one of them has, with the name of the environment that lacks it.
    """

    first: str
    second: str
    tables: Mapping[str, TableDiff]
    missing: Mapping[str, str]

    @property
    def differs(self) -> bool:
        """Whether any table differs."""
        return bool(self.missing) or any(diff.differs for diff in self.tables.values())


@dataclass(frozen=True, slots=True)
class NewEnvironment:
    """An environment that was made.

    Attributes:
        tables: the number of its tables.
        can_be_published: whether it is on this machine.
    """

    name: str
    origin: str
    tables: int
    can_be_published: bool = True


@dataclass(frozen=True, slots=True)
class DroppedEnvironment:
    """An environment that was dropped.

    Attributes:
        bytes: the size of the data files that were deleted.
    """

    name: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Published:
    """An environment whose tables have been published, and which was dropped.

    Attributes:
        origin: the environment whose tables they have become.
        tables: those whose rows have changed there.
    """

    name: str
    origin: str
    tables: tuple[PublishedTable, ...]


@dataclass(frozen=True, slots=True)
class ListedEnvironment:
    """An environment that ``alur new-env`` made.

    Attributes:
        created: when it was made, in UTC.
        tables: the number of its tables; None if the sandbox is not up.
        written: the tables whose rows its runs have changed, as ``layer.table``.
        bytes: the size of the data files that its runs have written; None if they are in the sandbox.
    """

    name: str
    origin: str
    created: datetime
    tables: int | None = None
    written: tuple[str, ...] = ()
    bytes: int | None = None
