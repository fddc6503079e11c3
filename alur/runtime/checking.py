"""Checks staged rows against a contract's rules, all of them in one pass."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from alur.contracts.columns import SOURCE_FILE, Column
from alur.contracts.contract import Contract
from alur.contracts.partitioning import PartitionField
from alur.contracts.rules import Rule
from alur.errors import QualityError, SchemaError
from alur.pipelines.pipeline import Pipeline
from alur.runtime.conforming import LOST_PREFIX
from alur.runtime.rule_conditions import violated
from alur.runtime.tables.partitions import without_partition
from alur.runtime.unique_keys import distinct_keys, repeated_keys, shares_by_key
from alur.text import counted

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

SAMPLE_ROWS = 3
_MANY = 2**31 - 1


@dataclass(frozen=True, slots=True)
class RuleResult:
    """The result of one rule over the staged rows.

    Attributes:
        violations: the number of rows that break the rule; for ``unique``, rows beyond the first of each key.
        samples: some of these rows, as text.
    """

    rule: Rule
    violations: int
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The results of one pass over the staged rows."""

    rows: int
    results: tuple[RuleResult, ...]

    @property
    def broken(self) -> list[RuleResult]:
        """The results of broken rules."""
        return [result for result in self.results if result.violations]

    def describe(self, result: RuleResult) -> str:
        """Return how many of the rows break a rule, in words.

        >>> report = CheckReport(5, (RuleResult(Rule("ge", ("amount",), 0), 3),))
        >>> report.describe(report.results[0])
        '3 of 5 rows violate: amount must be at least 0'
        """
        verb = "violates" if result.violations == 1 else "violate"
        shares = f"{result.violations:,} of {counted(self.rows, 'row')}"
        return f"{shares} {verb}: {result.rule.describe()}"


def unwritable(rows: DataFrame, contract: Contract) -> SparkColumn:
    """Return whether a table cannot hold a row: it lost a value, lacks a required one, or lies in no partition."""
    conditions = [F.col(name).isNotNull() for name in rows.columns if name.startswith(LOST_PREFIX)]
    conditions += [violated(rule, contract) for rule in contract.rules if rule.kind == "not_null"]
    conditions += without_partition(contract).values()
    return reduce(or_, conditions, F.lit(False))


def check(
    staged: DataFrame, pipeline: Pipeline, existing: DataFrame | None, count: int | None = None
) -> CheckReport:
    """Count the rows and those that break each rule of the target's contract.

    Args:
        count: the number of the staged rows, if it is known already.
        existing: the rows that stay in the table, if the staged rows must not repeat their keys.

    Raises:
        SchemaError: a value could not be cast to its column's type, or lies in no partition.
    """
    contract = pipeline.target
    unpartitioned = without_partition(contract)
    lossy_columns = [
        name.removeprefix(LOST_PREFIX) for name in staged.columns if name.startswith(LOST_PREFIX)
    ]
    conditions = {
        rule: violated(rule, contract) for rule in contract.rules if rule.kind != "unique"
    }
    counts = [F.count(F.lit(1))]
    counts += [F.count(F.col(LOST_PREFIX + name)) for name in lossy_columns]
    counts += [F.count(F.when(condition, 1)) for condition in unpartitioned.values()]
    counts += [F.count(F.when(condition, 1)) for condition in conditions.values()]
    shares = shares_by_key(staged, contract.key, count) if contract.key else []
    if len(shares) == 1:
        counts.append(F.countDistinct(*contract.key))
    # Read by position, since a column may have any name.
    named = [count.alias(f"count_{n}") for n, count in enumerate(counts)]
    values = iter(staged.agg(*named).collect()[0])
    rows = next(values)
    for name in lossy_columns:
        if count := next(values):
            raise _lost(staged, pipeline, name, count)
    for part, condition in unpartitioned.items():
        if count := next(values):
            raise _no_partition(staged.filter(condition), pipeline, part, count)
    results = [
        _result(staged, contract, rule, condition, next(values))
        for rule, condition in conditions.items()
    ]
    if shares:
        distinct = next(values) if len(shares) == 1 else distinct_keys(shares, contract.key)
        results.append(_unique(staged, contract, shares, rows - distinct, existing))
    return CheckReport(rows, tuple(results))


def check_file_names(staged: DataFrame, pipeline: Pipeline, files: Collection[str]) -> None:
    """Raise an error unless every staged row names one of the files taken by this run.

    If the table lacked a file's exact name, the next run would take the file again.

    Raises:
        SchemaError: the pipeline has changed or dropped a row's file name.
    """
    names = {row[0] for row in staged.select(SOURCE_FILE).distinct().collect()}
    strange = sorted(names - set(files), key=lambda name: (name is not None, name))
    if strange:
        shown = "null" if strange[0] is None else repr(strange[0])
        raise SchemaError(
            f"{pipeline.name}: rows have {SOURCE_FILE} {shown}, which is not a file of this run",
            where=pipeline.location,
            remedy=f"keep {SOURCE_FILE} unchanged: it records which files are in the table",
        )


def refuse_broken(report: CheckReport, pipeline: Pipeline) -> None:
    """Raise an error if rows break rules that stop the write.

    Nulls in required columns always stop it: the table itself cannot hold them.

    Raises:
        QualityError: with the counts and sample rows of every such rule.
    """
    fatal = [result for result in report.broken if pipeline.target.stops_at(result.rule)]
    if not fatal:
        return
    lines = []
    for result in fatal:
        lines.append(report.describe(result))
        lines += [f"    {sample}" for sample in result.samples]
    raise QualityError(
        f"{pipeline.name}: rows break the rules of {pipeline.target.name}, and nothing was written\n  "
        + "\n  ".join(lines),
        where=pipeline.location,
        remedy="correct or filter these rows in the pipeline, or change the rule in "
        f"{pipeline.target.name} ({pipeline.target.location})",
        results=report.results,
    )


def _result(
    staged: DataFrame, contract: Contract, rule: Rule, condition: SparkColumn, violations: int
) -> RuleResult:
    if not violations:
        return RuleResult(rule, 0)
    shown = dict.fromkeys((*contract.key, rule.columns[0].partition(".")[0]))
    if not contract.key:
        shown = dict.fromkeys(column.name for column in contract.declared_columns)
    # Without the limit, Sail pushes a condition on a list's elements down into the files, and fails there.
    broken = staged.limit(_MANY).filter(condition)
    return RuleResult(rule, violations, _samples(broken.select(*shown)))


def _unique(
    staged: DataFrame,
    contract: Contract,
    shares: Sequence[DataFrame],
    repeats: int,
    existing: DataFrame | None,
) -> RuleResult:
    rule = next(rule for rule in contract.rules if rule.kind == "unique")
    keys = list(contract.key)
    if repeats:
        doubled = repeated_keys(shares, keys, SAMPLE_ROWS)
        samples = (f"{_sample(row[:-1], keys)} ({row[-1]:,} rows)" for row in doubled)
        return RuleResult(rule, repeats, tuple(samples))
    if existing is not None:
        clashes = staged.select(*keys).join(existing.select(*keys), keys, "left_semi")
        # PySpark Connect returns counts as numpy numbers, which JSON cannot write.
        count = int(clashes.count())
        if count:
            return RuleResult(rule, count, _samples(clashes))
    return RuleResult(rule, 0)


def _samples(rows: DataFrame) -> tuple[str, ...]:
    return tuple(_sample(row, rows.columns) for row in rows.limit(SAMPLE_ROWS).collect())


def _sample(values: Iterable[object], names: Iterable[str]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in zip(names, values, strict=True))


def _lost(staged: DataFrame, pipeline: Pipeline, name: str, count: int) -> SchemaError:
    column: Column | None = pipeline.target.column(name)
    assert column is not None
    lost = F.col(LOST_PREFIX + name)
    shown = _texts(staged.filter(lost.isNotNull()).select(lost))
    return SchemaError(
        f"{pipeline.name}: {counted(count, 'value')} of column {name!r} cannot become {column.type}: {shown}",
        where=pipeline.location,
        remedy=f"convert them in the pipeline, or change {pipeline.target.name}.{name}",
    )


def _texts(column: DataFrame) -> str:
    """Return some of the texts of a single column."""
    return ", ".join(repr(row[0]) for row in column.distinct().limit(SAMPLE_ROWS).collect())


def _no_partition(
    rows: DataFrame, pipeline: Pipeline, part: PartitionField, count: int
) -> SchemaError:
    column: Column | None = pipeline.target.column(part.column)
    assert column is not None
    shown = _texts(rows.select(F.col(f"`{part.column}`").cast("string")))
    return SchemaError(
        f"{pipeline.name}: {part} has no partition for {counted(count, 'value')} of column {part.column!r}, "
        f"since it would begin below the least {column.type}: {shown}",
        where=pipeline.location,
        remedy=f"give {pipeline.target.name}.{part.column} one more digit, or partition by something else",
    )
