"""The errors that Alur raises.

    AlurError                a message, a place, a remedy
    ├── ContractError        a table declared wrongly
    ├── PipelineError        a pipeline declared wrongly
    ├── ScheduleError        an expression that EventBridge would refuse
    ├── ProjectError         several problems of different kinds
    ├── SettingsError        alur.toml or an ALUR_ variable
    ├── DeploymentError      a declaration that AWS cannot hold
    ├── ExchangeError        a description by another tool that cannot be read, or a contract that cannot be written
    ├── PackagingError       code that cannot be packaged for AWS
    ├── AwsError             AWS refuses a request, or cannot be reached
    ├── SandboxError         the emulated AWS on this machine is not up, or does not start
    ├── TerraformError       Terraform is missing, or fails
    ├── NameTooLong          a name beyond the limits of the service that it goes to
    └── RunError             a run that stopped before it committed anything
        ├── SourceError      landing files that cannot be read as declared
        ├── TransformError   the user's function failed, or returned no DataFrame
        ├── SchemaError      columns that do not fit the contract
        ├── QualityError     rows that violate the contract's rules
        └── EngineError      the engine or the warehouse is not available

:class:`Problems` collects problems and raises them together, as one error of their kind; ``problems`` of that error lists
them.

The command line prints :meth:`AlurError.__str__` and exits with 1; it never shows a traceback unless
``--debug`` asks for one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Location:
    """A line of a user's file.

    >>> str(Location("contracts/silver.py", 12))
    'contracts/silver.py:12'
    """

    path: str
    line: int

    def __str__(self) -> str:
        # As short as a terminal can follow it: relative to the working directory.
        here = os.getcwd() + os.sep
        return f"{self.path.removeprefix(here)}:{self.line}"


class AlurError(Exception):
    """An error with what is wrong, where, and what to do about it.

    Attributes:
        message: what is wrong, without the place and the remedy.

    >>> print(AlurError("no such pipeline: 'ordrs'", remedy="did you mean 'orders'?"))
    no such pipeline: 'ordrs'
      fix: did you mean 'orders'?
    >>> print(AlurError("key 'id' is not a column", where=Location("contracts/gold.py", 3)))
    contracts/gold.py:3: key 'id' is not a column
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

    def at(self, where: Location | None) -> Self:
        """Return the error with a place; a place that it already has stays.

        >>> print(AlurError("no fields").at(Location("contracts/gold.py", 3)))
        contracts/gold.py:3: no fields
        """
        if self._parts:
            return self._of(part.at(where) for part in self._parts)
        changed = self._copy()
        changed.where = self.where or where
        return changed

    def about(self, subject: str) -> Self:
        """Return the error with what it is about before its message.

        >>> print(AlurError("no fields").about("DailySales"))
        DailySales: no fields
        """
        if self._parts:
            return self._of(part.about(subject) for part in self._parts)
        changed = self._copy()
        changed.message = f"{subject}: {self.message}"
        return changed

    def _copy(self) -> Self:
        twin = copy(self)
        # What --debug shows, which is not among the attributes that are copied.
        twin.__traceback__, twin.__cause__ = self.__traceback__, self.__cause__
        twin.__suppress_context__ = self.__suppress_context__
        twin.__context__ = self.__context__
        return twin

    def _of(self, parts: Iterable[AlurError]) -> Self:
        """Return an error of this kind that stands for several problems."""
        together = self._copy()
        together._parts = tuple(parts)
        together.message = "\n".join(str(part) for part in together._parts)
        return together

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f"\n  fix: {self.remedy}" if self.remedy else ""
        return f"{place}{self.message}{remedy}"


class ContractError(AlurError):
    """A table is declared wrongly."""


class PipelineError(AlurError):
    """A pipeline is declared wrongly."""


class ScheduleError(AlurError):
    """EventBridge would refuse a schedule's expression, or the expression would never fire."""


class SettingsError(AlurError):
    """alur.toml or an ``ALUR_`` variable holds an unknown key or an invalid value."""


class NameTooLong(AlurError):
    """A name breaks the limits of the service that it goes to."""


class DeploymentError(AlurError):
    """AWS cannot hold what a project declares."""


class ExchangeError(AlurError):
    """A description by another tool cannot be read, or no contract can hold what it describes."""


class PackagingError(AlurError):
    """The project's code, or a library that it needs, cannot be packaged for its jobs."""


class AwsError(AlurError):
    """AWS refuses a request, or cannot be reached."""


class TerraformError(AlurError):
    """Terraform is missing, or fails."""


class SandboxError(AlurError):
    """The emulated AWS on this machine is not up, or fails."""


class ProjectError(AlurError):
    """Several problems of different kinds, such as a contract and a schedule that are both wrong."""


class RunError(AlurError):
    """A pipeline's run stopped before it committed anything."""


class SourceError(RunError):
    """Landing files are missing, or cannot be read as declared."""


class TransformError(RunError):
    """The pipeline's function raised, or returned something that is not a DataFrame."""


class SchemaError(RunError):
    """The columns of a DataFrame do not fit the contract."""


class QualityError(RunError):
    """Rows violate the contract's rules.

    Attributes:
        results: the result of each rule of the contract, as ``alur.runtime.checking.RuleResult``.
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


class Problems:
    """Collects problems, and raises them together.

    One problem is raised as it is. Several are raised as one error of the kind that they share, so that
    ``except ContractError`` catches one mistake in a contract as well as two; those of different kinds as a ProjectError.

    >>> problems = Problems()
    >>> for name in "ab":
    ...     with problems.caught():
    ...         raise ContractError(f"no column {name!r}")
    >>> problems.raise_any()
    Traceback (most recent call last):
    alur.errors.ContractError: no column 'a'
    no column 'b'
    """

    def __init__(self, errors: Iterable[AlurError] = ()) -> None:
        self._errors: list[AlurError] = []
        self.add(*errors)

    def add(self, *errors: AlurError) -> None:
        """Add errors, or the problems that they stand for."""
        for error in errors:
            self._errors += error.problems

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Add what the ``with`` block raises, and continue after it."""
        try:
            yield
        except AlurError as error:
            self.add(error)

    def raise_any(self) -> None:
        """Raise the collected problems, if there are any.

        Raises:
            AlurError: the only problem itself, or an error whose ``problems`` are all of them.
        """
        if len(self._errors) == 1:
            raise self._errors[0]
        if self._errors:
            raise self._together()

    def _together(self) -> AlurError:
        first, *others = self._errors
        shared = next(k for k in type(first).__mro__ if all(isinstance(p, k) for p in others))
        kind: type[AlurError] = ProjectError if shared is AlurError else shared
        return kind("")._of(self._errors)

    def __iter__(self) -> Iterator[AlurError]:
        return iter(self._errors)

    def __len__(self) -> int:
        return len(self._errors)
