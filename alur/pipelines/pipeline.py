"""The ``@pipeline`` decorator and its result."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from alur.contracts.contract import Contract
from alur.contracts.table import Table, contract_of
from alur.errors import AlurError, Location, PipelineError, Problems
from alur.pipelines.modes import WRITE_MODES, WriteMode, WriteModeName
from alur.pipelines.sources import FileSource, Source, TableSource, source_of
from alur.scheduling.schedule import Schedule, pending_schedules

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Pipeline:
    """A function from sources to one target. Calling the pipeline calls the function, so a unit test needs nothing else.

    Attributes:
        name: the function's name.
        function: the decorated function.
        sources: the sources, by the function's parameters.
        target: the contract of the written table.
        mode: how rows are written: ``overwrite``, ``append``, ``merge`` or ``overwrite_partitions``.
        resource_profile: the size of the Glue job; without effect on a laptop.
        schedules: its schedules, the outermost decorator first.
        description: the function's docstring.
        location: the line of the ``def``.
        module: the declaring module.
    """

    name: str
    function: Callable[..., DataFrame]
    sources: Mapping[str, Source]
    target: Contract
    mode: WriteModeName = "overwrite"
    resource_profile: str = "small"
    schedules: tuple[Schedule, ...] = ()
    description: str = ""
    location: Location = field(default=Location("<unknown>", 0), compare=False)
    module: str = field(default="", compare=False)

    def __call__(self, *args: Any, **kwargs: Any) -> DataFrame:
        """Return the function's result for these DataFrames."""
        return self.function(*args, **kwargs)

    @property
    def file_sources(self) -> dict[str, FileSource]:
        """The file sources, by parameter."""
        return {name: s for name, s in self.sources.items() if isinstance(s, FileSource)}

    @property
    def table_sources(self) -> dict[str, Contract]:
        """The contracts of the table sources, by parameter."""
        return {name: s.contract for name, s in self.sources.items() if isinstance(s, TableSource)}

    @property
    def changes_sources(self) -> dict[str, TableSource]:
        """The sources of which a run receives the changes, by parameter."""
        tables = {n: s for n, s in self.sources.items() if isinstance(s, TableSource)}
        return {name: source for name, source in tables.items() if source.is_changes}

    @property
    def write_mode(self) -> WriteMode:
        """The details of the mode."""
        return WRITE_MODES[self.mode]

    @property
    def takes_each_file_once(self) -> bool:
        """Whether runs skip files already in the target; ``overwrite`` reads all files every time."""
        return bool(self.file_sources) and self.write_mode.accumulates

    def with_schedule(self, schedule: Schedule) -> Pipeline:
        """Return a copy with one more schedule, in front of the others."""
        return replace(self, schedules=(schedule, *self.schedules))


def pipeline(
    *,
    sources: Mapping[str, type[Table] | TableSource | FileSource],
    target: type[Table],
    mode: WriteModeName = "overwrite",
    resource_profile: str = "small",
) -> Callable[[Callable[..., DataFrame]], Pipeline]:
    """Make a function a pipeline.

    Args:
        sources: the contracts, changes and files to read, by the function's parameters, which receive PySpark DataFrames.
        target: the contract of the table to write; the function returns the rows as a DataFrame.
        mode: ``overwrite``, ``append``, ``merge`` (on the contract's key) or ``overwrite_partitions``.
        resource_profile: ``small``, ``medium``, ``large``, ``xlarge``, or one from alur.toml.

    Raises:
        PipelineError: parameters and sources differ, or the target does not meet the mode's requirements; ``problems``
            lists every mistake.

    >>> from alur import BronzeTable, SilverTable, pipeline
    >>> class Raw(BronzeTable):
    ...     n: int
    >>> class Clean(SilverTable):
    ...     n: int
    >>> @pipeline(sources={"raw": Raw}, target=Clean)
    ... def clean(raw):
    ...     return raw.select("n")
    >>> clean.name, clean.target.identifier
    ('clean', 'silver.clean')
    """

    def decorate(function: Callable[..., DataFrame]) -> Pipeline:
        where = _location(function)
        try:
            declared = Pipeline(
                name=function.__name__,
                function=function,
                sources={name: source_of(value) for name, value in sources.items()},
                target=contract_of(target),
                mode=mode,
                resource_profile=resource_profile,
                schedules=pending_schedules(function),
                description=inspect.getdoc(function) or "",
                location=where,
                module=function.__module__,
            )
        except AlurError as error:
            problem = PipelineError(error.message, remedy=error.remedy)
            raise problem.about(function.__name__).at(where) from None
        _check(declared)
        return declared

    return decorate


def _location(function: Callable[..., Any]) -> Location:
    """Return the line of the ``def``, below any decorators."""
    code = function.__code__
    first = code.co_firstlineno
    try:
        lines, start = inspect.getsourcelines(function)
    except (OSError, TypeError):
        return Location(code.co_filename, first)
    offset = next((i for i, line in enumerate(lines) if line.lstrip().startswith("def ")), 0)
    return Location(code.co_filename, start + offset)


def _check(pipeline: Pipeline) -> None:
    """Raise all problems of a pipeline by itself."""
    problems = Problems(
        PipelineError(message, remedy=remedy).about(pipeline.name).at(pipeline.location)
        for message, remedy in (*_parameter_problems(pipeline), *_mode_problems(pipeline))
    )
    if not _NAME.fullmatch(pipeline.name):
        problems.add(
            PipelineError(
                f"{pipeline.name!r} is not a valid name for a pipeline",
                where=pipeline.location,
                remedy="name the function with lower-case letters, digits and underscores",
            )
        )
    problems.raise_any()


def _parameter_problems(pipeline: Pipeline) -> list[tuple[str, str]]:
    parameters = inspect.signature(pipeline.function).parameters
    variadic = [p.name for p in parameters.values() if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if variadic:
        return [(f"*{variadic[0]} is not a source", "name each source as a parameter")]
    if not pipeline.sources:
        return [("no sources", 'give it one, such as sources={"orders": OrdersBronze}')]
    missing = [name for name in pipeline.sources if name not in parameters]
    extra = [name for name in parameters if name not in pipeline.sources]
    if missing:
        instead = f", but {extra[0]!r}, which is not a source" if extra else ""
        wanted = ", ".join(pipeline.sources)
        message = f"no parameter for the source {missing[0]!r}{instead}"
        return [(message, f"write def {pipeline.name}({wanted})")]
    return [
        (
            f"parameter {name!r} is not a source",
            f"name it in sources={{...}}, or drop it; the sources are {list(pipeline.sources)}",
        )
        for name in extra
    ]


def _mode_problems(pipeline: Pipeline) -> list[tuple[str, str]]:
    target = pipeline.target
    if pipeline.mode not in WRITE_MODES:
        return [(f"mode {pipeline.mode!r} does not exist", f"use one of {', '.join(WRITE_MODES)}")]
    mode = pipeline.write_mode
    if mode.needs_key and not target.key:
        return [
            (
                f"mode {pipeline.mode!r} needs a key, and {target.name} has none",
                f'write class {target.name}(..., key="...")',
            )
        ]
    if mode.needs_partitions and not target.partition_by:
        return [
            (
                f"mode {pipeline.mode!r} needs partitions, and {target.name} has none",
                f'write class {target.name}(..., partition_by="...")',
            )
        ]
    if pipeline.file_sources and not mode.takes_files:
        return [
            (
                f"files cannot be written with mode {pipeline.mode!r}",
                "ingest them with mode='append' and replace partitions in a later table",
            )
        ]
    if pipeline.changes_sources and not mode.accumulates:
        return [
            (
                f"changes(...) cannot be written with mode {pipeline.mode!r}, which would keep only the last ones",
                "use mode='append' or mode='merge', or name the contract itself to read all rows",
            )
        ]
    if pipeline.changes_sources and pipeline.file_sources:
        return [
            (
                "changes(...) and files(...) cannot be sources of one pipeline",
                "ingest the files into a BronzeTable, and use its changes",
            )
        ]
    if pipeline.takes_each_file_once and target.layer != "bronze":
        return [
            (
                f"files with mode {pipeline.mode!r} need a BronzeTable as target, "
                f"whose _source_file column records its files; {target.name} is {target.layer}",
                "ingest into a BronzeTable first, or use mode='overwrite'",
            )
        ]
    return []
