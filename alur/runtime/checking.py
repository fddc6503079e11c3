"""Checks staged rows against a contract's rules, all of them in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from alur.contracts.columns import ArrayType, Column, ColumnType, MapType, PrimitiveType, StructType
from alur.contracts.rules import Rule
from alur.contracts.table import Contract
from alur.errors import QualityError, SchemaError
from alur.pipelines.pipeline import Pipeline
from alur.runtime.casting import LOST_PREFIX

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

SAMPLE_ROWS = 3
_MANY = 2**31 - 1


@dataclass(frozen=True, slots=True)
class RuleResult:
    """How staged rows stand to one rule.

    Attributes:
        violations: rows that break it; for ``unique``, rows beyond the first of each key.
        samples: some of the rows that break it, as text.
    """

    rule: Rule
    violations: int
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What one pass over the staged rows found."""

    rows: int
    results: tuple[RuleResult, ...]

    @property
    def broken(self) -> list[RuleResult]:
        """The rules that some row breaks."""
        return [result for result in self.results if result.violations]


def check(
    staged: DataFrame, made: Pipeline, lossy: tuple[str, ...], existing: DataFrame | None
) -> CheckReport:
    """Counts the rows and those that break each rule of the target's contract.

    Args:
        lossy: the columns whose lost values were staged beside them.
        existing: the rows that stay in the table beside the staged ones, where their keys must differ from these.

    Raises:
        SchemaError: a value could not be cast to its column's type.
    """
    contract = made.target
    conditions = {
        rule: violated(rule, contract) for rule in contract.rules if rule.kind != "unique"
    }
    counts = [F.count(F.lit(1)).alias("rows")]
    counts += [F.count(F.col(LOST_PREFIX + name)).alias(f"lost_{name}") for name in lossy]
    counts += [
        F.count(F.when(condition, 1)).alias(f"rule_{n}")
        for n, condition in enumerate(conditions.values())
    ]
    if contract.key:
        counts.append(F.countDistinct(*contract.key).alias("keys"))
    found = staged.agg(*counts).collect()[0].asDict()
    for name in lossy:
        if found[f"lost_{name}"]:
            raise _lost(staged, made, name, found[f"lost_{name}"])
    results = [
        _result(staged, contract, rule, condition, found[f"rule_{n}"])
        for n, (rule, condition) in enumerate(conditions.items())
    ]
    if contract.key:
        results.append(_unique(staged, contract, found["rows"] - found["keys"], existing))
    return CheckReport(found["rows"], tuple(results))


def refuse_broken(report: CheckReport, made: Pipeline) -> None:
    """Stops the write if rows break rules that stop it.

    Nulls in required columns always do: the table itself could not hold them.

    Raises:
        QualityError: with the counts and sample rows of every such rule.
    """
    stops = made.target.on_violation == "fail"
    fatal = [result for result in report.broken if stops or result.rule.kind == "not_null"]
    if not fatal:
        return
    lines = []
    for result in fatal:
        lines.append(f"{result.rule.describe()}: {result.violations:,} of {report.rows:,} rows")
        lines += [f"    {sample}" for sample in result.samples]
    raise QualityError(
        f"{made.name}: rows break the rules of {made.target.name}, and nothing was written\n  "
        + "\n  ".join(lines),
        where=made.location,
        remedy="correct or filter these rows in the pipeline, or the rule in "
        f"{made.target.name} ({made.target.location})",
        results=report.results,
    )


def violated(rule: Rule, contract: Contract) -> SparkColumn:
    """Whether a row breaks a rule on one column; never null."""
    name, *path = rule.columns[0].split(".")
    column = contract.column(name)
    assert column is not None, f"{rule} names a column of its own contract"
    return F.coalesce(_breaks(F.col(f"`{name}`"), column.type, path, rule), F.lit(False))


def _breaks(value: SparkColumn, type_: ColumnType, path: list[str], rule: Rule) -> SparkColumn:
    """Whether something at ``path`` within a value breaks the rule."""
    if not path:
        return _broken_by(value, type_, rule)
    head, *rest = path
    match type_:
        case StructType(fields):
            field = next(field for field in fields if field.name == head)
            inner = _breaks(value.getField(head), field.type, rest, rule)
            return value.isNotNull() & inner
        case ArrayType(element):
            return F.exists(value, lambda item: _breaks(item, element, rest, rule))
        case MapType(inner_type):
            return F.exists(F.map_values(value), lambda item: _breaks(item, inner_type, rest, rule))
        case _:
            raise AssertionError(f"{type_} holds no {head!r}")


def _broken_by(value: SparkColumn, type_: ColumnType, rule: Rule) -> SparkColumn:
    bound = _literal(rule.value)
    match rule.kind:
        case "not_null":
            return value.isNull()
        case "ge":
            return value < bound
        case "gt":
            return value <= bound
        case "le":
            return value > bound
        case "lt":
            return value >= bound
        case "min_length":
            return _length(value, type_) < bound
        case "max_length":
            return _length(value, type_) > bound
        case "pattern":
            return ~value.rlike(str(rule.value))
        case "one_of":
            assert isinstance(rule.value, tuple)
            return ~value.isin(*rule.value)
        case _:
            raise AssertionError(f"{rule.kind} is no rule on one value")


def _literal(bound: Any) -> SparkColumn:
    if isinstance(bound, tuple):
        return F.lit(None)  # a set of values is no bound
    if isinstance(bound, datetime) and bound.tzinfo is None:
        # PySpark would take it for a time on this machine's clock.
        bound = bound.replace(tzinfo=timezone.utc)
    return F.lit(bound)


def _length(value: SparkColumn, type_: ColumnType) -> SparkColumn:
    if isinstance(type_, PrimitiveType):
        return F.length(value)
    # Spark says that a null list has the length -1.
    return F.when(value.isNotNull(), F.size(value))


def _result(
    staged: DataFrame, contract: Contract, rule: Rule, condition: SparkColumn, violations: int
) -> RuleResult:
    if not violations:
        return RuleResult(rule, 0)
    shown = dict.fromkeys((*contract.key, rule.columns[0].partition(".")[0]))
    if not contract.key:
        shown = dict.fromkeys(column.name for column in contract.declared_columns)
    # The limit keeps Sail from pushing a condition on a list's elements down into the files, where it fails.
    broken = staged.limit(_MANY).filter(condition)
    return RuleResult(rule, violations, _samples(broken.select(*shown)))


def _unique(
    staged: DataFrame, contract: Contract, repeats: int, existing: DataFrame | None
) -> RuleResult:
    rule = next(rule for rule in contract.rules if rule.kind == "unique")
    keys = list(contract.key)
    doubled = staged.groupBy(*keys).count().filter("count > 1")
    if repeats:
        return RuleResult(rule, repeats, _samples(doubled))
    if existing is not None:
        clashes = staged.select(*keys).join(existing.select(*keys), keys, "left_semi")
        count = clashes.count()
        if count:
            return RuleResult(rule, count, _samples(clashes))
    return RuleResult(rule, 0)


def _samples(rows: DataFrame) -> tuple[str, ...]:
    found = rows.limit(SAMPLE_ROWS).collect()
    return tuple(
        ", ".join(f"{name}={value!r}" for name, value in row.asDict().items()) for row in found
    )


def _lost(staged: DataFrame, made: Pipeline, name: str, count: int) -> SchemaError:
    column: Column | None = made.target.column(name)
    assert column is not None
    lost = F.col(LOST_PREFIX + name)
    examples = staged.filter(lost.isNotNull()).select(lost.alias("value")).distinct()
    shown = ", ".join(repr(row["value"]) for row in examples.limit(SAMPLE_ROWS).collect())
    return SchemaError(
        f"{made.name}: {count:,} values of column {name!r} are no {column.type}: {shown}",
        where=made.location,
        remedy=f"convert them in the pipeline, or change {made.target.name}.{name}",
    )
