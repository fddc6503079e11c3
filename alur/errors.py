"""Everything Alur raises on purpose.

    AlurError                a message, a place, a remedy
    ├── ContractError        a table declared wrongly
    ├── PipelineError        a pipeline declared wrongly
    ├── ScheduleError        an expression EventBridge would refuse
    ├── ProjectError         several problems of different kinds
    ├── SettingsError        alur.toml or an ALUR_ variable
    ├── DeploymentError      something declared that AWS cannot hold
    ├── PackagingError       code that cannot go to AWS as it is
    ├── AwsError             AWS refuses something, or cannot be reached
    ├── SandboxError         the emulated AWS on this machine is not up, or does not start
    ├── TerraformError       Terraform is missing, or says why it could not do something
    ├── NameTooLong          an outside name beyond the limits of the service it goes to
    └── RunError             a run that stopped before it committed anything
        ├── SourceError      landing files that cannot be read as declared
        ├── TransformError   the user's function failed or returned something else
        ├── SchemaError      columns that do not fit the contract
        ├── QualityError     rows that break the contract's rules
        └── EngineError      the engine or the warehouse is not available

Each has ``problems``: several problems that are found together are raised together, as one error of their kind.

The command line prints :meth:`AlurError.__str__` and exits with 1; it never shows a traceback unless
``--debug`` asks for one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Location:
    """A line of a user's file.

    >>> str(Location("contracts/silver.py", 12))
    'contracts/silver.py:12'
    """

    path: str
    line: int

    def __str__(self) -> str:
        # As short as a terminal can follow it: relative to where the reader stands.
        here = os.getcwd() + os.sep
        return f"{self.path.removeprefix(here)}:{self.line}"


class AlurError(Exception):
    """What is wrong, where, and what to do about it.

    Attributes:
        message: what is wrong, without the place and the remedy.

    >>> print(AlurError("no such pipeline: 'ordrs'", remedy="did you mean 'orders'?"))
    no such pipeline: 'ordrs'
      fix: did you mean 'orders'?
    >>> print(AlurError("key 'id' is no column", where=Location("contracts/gold.py", 3)))
    contracts/gold.py:3: key 'id' is no column
    """

    def __init__(
        self, message: str, *, where: Location | None = None, remedy: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy
        self._parts: tuple[AlurError, ...] = ()

    @property
    def problems(self) -> list[AlurError]:
        """Return every problem that the error stands for, in the order in which a reader meets them."""
        return [*self._parts] or [self]

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f"\n  fix: {self.remedy}" if self.remedy else ""
        return f"{place}{self.message}{remedy}"


class ContractError(AlurError):
    """A table is declared wrongly."""


class PipelineError(AlurError):
    """A pipeline is declared wrongly."""


class ScheduleError(AlurError):
    """A schedule's expression is one that EventBridge would refuse, or that would never fire."""


class SettingsError(AlurError):
    """alur.toml or an ``ALUR_`` variable holds something Alur does not know."""


class NameTooLong(AlurError):
    """A name made for an outside service breaks that service's limits."""


class DeploymentError(AlurError):
    """A project declares something that AWS cannot hold."""


class PackagingError(AlurError):
    """The project's code, or a library that it needs, cannot be packaged for its jobs."""


class AwsError(AlurError):
    """AWS refuses something, or cannot be reached."""


class TerraformError(AlurError):
    """Terraform is missing, or says why it could not do something."""


class SandboxError(AlurError):
    """The emulated AWS on this machine is not up, or does not do what is asked of it."""


class ProjectError(AlurError):
    """Several problems of different kinds, such as a contract and a schedule that are both wrong."""


class RunError(AlurError):
    """A pipeline's run stopped before it committed anything."""


class SourceError(RunError):
    """Landing files are missing, or cannot be read as declared."""


class TransformError(RunError):
    """The pipeline's function raised, or returned something that is no DataFrame."""


class SchemaError(RunError):
    """The columns of a DataFrame do not fit the contract."""


class QualityError(RunError):
    """Rows break the contract's rules.

    Attributes:
        results: what every rule of the contract said, as ``alur.runtime.checking.RuleResult``.
    """

    def __init__(
        self,
        message: str,
        *,
        where: Location | None = None,
        remedy: str | None = None,
        results: tuple[Any, ...] = (),
    ) -> None:
        super().__init__(message, where=where, remedy=remedy)
        self.results = results


class EngineError(RunError):
    """The Spark engine or the warehouse is not available."""


def combined(problems: Sequence[AlurError]) -> AlurError:
    """Return one error for all problems, so that ``except`` finds one mistake and several alike.

    Returns:
        The only problem itself; for several of one kind an error of that kind, for others a ProjectError.

    Args:
        problems: at least one.

    >>> two = combined([ContractError("no column 'a'"), ContractError("no column 'b'")])
    >>> type(two).__name__, [problem.message for problem in two.problems]
    ('ContractError', ["no column 'a'", "no column 'b'"])
    >>> type(combined([ContractError("no column 'a'"), ScheduleError("no such day")])).__name__
    'ProjectError'
    """
    if len(problems) == 1:
        return problems[0]
    shared = next(
        kind for kind in type(problems[0]).__mro__ if all(isinstance(p, kind) for p in problems)
    )
    error_type = ProjectError if shared is AlurError else shared
    error: AlurError = error_type("\n".join(str(problem) for problem in problems))
    error._parts = tuple(part for problem in problems for part in problem.problems)
    return error
