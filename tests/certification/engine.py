"""An engine in a separate process, which evaluates Python text: expressions over a table, or whole queries."""

from __future__ import annotations

import pickle
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql.utils import is_remote

from alur.analysis.literals import size_of
from tests.child_process import child_environment

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession


@dataclass(frozen=True, slots=True)
class Answer:
    """An engine's answer: the type in Spark's words and the values, or the failure.

    Attributes:
        type: the type's simpleString; empty if the engine failed.
        rows: the values as a compressed Arrow stream.
        error: the first line of the failure.
        refused: whether the engine refused the plan before it read a row.
        failed: the indexes of rows on which the engine failed; their values are null.
    """

    type: str
    rows: bytes = b""
    error: str = ""
    refused: bool = False
    failed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """Expressions to evaluate in one query.

    Attributes:
        frame: the name of a method of :class:`Evaluation`.
        table: the name of the table.
        codes: the Python text of each expression.
    """

    frame: str
    table: str
    codes: tuple[str, ...]


def _exact(functions: Any, text: str) -> Any:
    """Return a decimal literal of its own size, as on Spark and from Alur to Sail; Spark Connect uses (10, 0)."""
    value = Decimal(text)
    if not (is_remote() or "connect" in functions.__name__):
        return functions.lit(value)
    from pyspark.sql.connect.column import Column
    from pyspark.sql.connect.expressions import LiteralExpression

    return Column(LiteralExpression(value, size_of(value)))


def namespace(functions: Any, window: Any) -> dict[str, Any]:
    """Return the names available in the text of an expression.

    Args:
        functions: PySpark's module ``functions``, the JVM's or Spark Connect's.
        window: PySpark's class ``Window``, likewise.
    """
    from pyspark.sql import types

    groups = window.partitionBy("g")
    return {
        "F": functions,
        "T": types,
        "W": window,
        "D": Decimal,
        "exact": partial(_exact, functions),
        "limited": lambda column: column,
        "at": datetime,
        "date": date,
        "nan": float("nan"),
        "inf": float("inf"),
        "whole": groups,
        "everything": window.partitionBy(),
        "ordered": groups.orderBy("o"),
        "falling": groups.orderBy(functions.desc("o")),
        "ties": groups.orderBy("t"),
        "everywhere": window.orderBy("k"),
    }


class Evaluation:
    """Evaluates queries in a session."""

    def __init__(self, session: SparkSession, folder: Path) -> None:
        self._tables = {
            path.name: session.read.parquet(str(path)) for path in folder.iterdir() if path.is_dir()
        }
        from pyspark.sql import Window, functions

        self._names = namespace(functions, Window) | self._tables | {"session": session}
        if is_remote():
            from tests.certification.plans import limited

            self._names["limited"] = limited

    def answers(self, query: Query) -> list[Answer]:
        """Return an answer for each expression; one failure does not affect the others."""
        try:
            return self._together(query)
        except Exception as error:
            if len(query.codes) == 1:
                return [_failure(error)]
        half = len(query.codes) // 2
        return [
            answer
            for codes in (query.codes[:half], query.codes[half:])
            for answer in self.answers(Query(query.frame, query.table, codes))
        ]

    def _together(self, query: Query) -> list[Answer]:
        frame: Callable[..., list[Answer]] = getattr(self, query.frame)
        values = [eval(code, self._names) for code in query.codes]
        return frame(values, self._tables[query.table])

    def select(self, columns: Sequence[Column], table: DataFrame) -> list[Answer]:
        """Evaluate each column for each row."""
        named = [column.alias(f"c{number}") for number, column in enumerate(columns)]
        return _each_column(table.select("k", *named), ["k"])

    def where(self, columns: Sequence[Column], table: DataFrame) -> list[Answer]:
        """Find the rows selected by each column, in one query for all."""
        from pyspark.sql import functions as F

        parts = [table.where(c).select("k", F.lit(n).alias("n")) for n, c in enumerate(columns)]
        union = parts[0]
        for part in parts[1:]:
            union = union.unionAll(part)
        rows = _collect(union)
        keys, numbers = rows.column(0).to_pylist(), rows.column(1).to_pylist()
        found: list[list[int]] = [[] for _ in columns]
        for key, number in zip(keys, numbers, strict=True):
            found[number].append(key)
        return [Answer("rows", _packed(pa.table({"k": sorted(some)}))) for some in found]

    def group(self, columns: Sequence[Column], table: DataFrame) -> list[Answer]:
        """Aggregate each column within groups."""
        named = [column.alias(f"c{number}") for number, column in enumerate(columns)]
        return _each_column(table.groupBy("g").agg(*named), ["g"])

    def whole(self, columns: Sequence[Column], table: DataFrame) -> list[Answer]:
        """Aggregate each column over all rows."""
        named = [column.alias(f"c{number}") for number, column in enumerate(columns)]
        return _each_column(table.agg(*named), [])

    def nothing(self, columns: Sequence[Column], table: DataFrame) -> list[Answer]:
        """Aggregate each column over no row."""
        return self.whole(columns, table.where("g < 0"))

    def relation(self, frames: Sequence[DataFrame], table: DataFrame) -> list[Answer]:
        """Collect whole queries, with rows in any order."""
        return self.ordered(frames, table)

    def ordered(self, frames: Sequence[DataFrame], table: DataFrame) -> list[Answer]:
        """Collect whole queries, with rows in the requested order."""
        return [Answer(frame.schema.simpleString(), _packed(_collect(frame))) for frame in frames]

    def guarded(self, frames: Sequence[DataFrame], table: DataFrame) -> list[Answer]:
        """Collect the queries that pass the guard, as a run does; the error of the others lists the findings."""
        return [self._guarded(frame) for frame in frames]

    def _guarded(self, frame: DataFrame) -> Answer:
        from alur.analysis.guard import Guard
        from alur.runtime.engines.watching import NotCertified, Watch

        sources: Any = self._tables.values()
        guard = Guard({source._plan._plan_id: source.schema for source in sources})
        try:
            return self.relation([Watch(guard, stops=True).check(frame)], frame)[0]
        except NotCertified as found:
            return Answer("", error=str(found), refused=True)


def _failure(error: Exception) -> Answer:
    refused = type(error).__name__ in _REFUSALS
    return Answer("", error=_first_line(error), refused=refused)


class QuickEvaluation(Evaluation):
    """Finds the rows on which an expression fails, in an engine that starts queries quickly."""

    def select(self, columns: Sequence[Column], table: DataFrame) -> list[Answer]:
        """Evaluate each column for each row; one beyond Sail's limits fails."""
        limits = [
            (n, column.beyond) for n, column in enumerate(columns) if "beyond" in vars(column)
        ]
        flags = [column.alias(f"beyond{number}") for number, column in limits]
        named = [column.alias(f"c{number}") for number, column in enumerate(columns)]
        answers = _each_column(table.select("k", *named, *flags), ["k"])
        for (number, _), flag in zip(limits, answers[len(columns) :], strict=True):
            failed = tuple(place for place, fails in enumerate(_values(flag)) if fails)
            answers[number] = replace(answers[number], failed=failed)
        return answers[: len(columns)]

    def rows(self, columns: Sequence[Column], table: DataFrame) -> list[Answer]:
        """Evaluate a column for each row on which it does not fail."""
        (column,) = columns
        count = table.count()
        failed: list[int] = []
        parts: list[pa.Table] = []
        type_ = table.select(column.alias("c")).schema.fields[0].dataType.simpleString()
        self._halve(column, table, (0, count), failed, parts)
        if not parts:
            raise ValueError("it fails for every row")
        whole = pa.concat_tables(parts)
        keys = pa.array(failed, whole.schema.field(0).type)
        nulls = pa.nulls(len(failed), whole.schema.field(1).type)
        missing = pa.Table.from_arrays([keys, nulls], schema=whole.schema)
        rows = pa.concat_tables([whole, missing]).sort_by("k")
        return [Answer(type_, _packed(rows.select(["c"])), failed=tuple(failed))]

    def _halve(
        self,
        column: Column,
        table: DataFrame,
        place: tuple[int, int],
        failed: list[int],
        parts: list[pa.Table],
    ) -> None:
        start, end = place
        try:
            some = table.where(f"k >= {start} and k < {end}").select("k", column.alias("c"))
            parts.append(_collect(some))
        except Exception:
            if end - start == 1:
                failed.append(start)
                if len(failed) > _MOST_FAILURES:
                    raise
                return
            middle = (start + end) // 2
            self._halve(column, table, (start, middle), failed, parts)
            self._halve(column, table, (middle, end), failed, parts)


class TogetherEvaluation(Evaluation):
    """Evaluates several queries in one, for an engine that starts queries slowly."""

    def relation(self, frames: Sequence[DataFrame], table: DataFrame) -> list[Answer]:
        """Collect whole queries; combine those with the same columns."""
        from pyspark.sql import functions as F

        together: dict[str, list[int]] = {}
        for number, frame in enumerate(frames):
            together.setdefault(frame.schema.simpleString(), []).append(number)
        answers: dict[int, Answer] = {}
        for type_, numbers in together.items():
            union: DataFrame | None = None
            for number in numbers:
                names = [f"c{place}" for place in range(len(frames[number].columns))]
                part = frames[number].toDF(*names).withColumn("n", F.lit(number))
                union = union.unionAll(part) if union else part
            rows = _collect(union)
            last = rows.num_columns - 1
            for number in numbers:
                own = rows.filter(pc.equal(rows.column(last), number)).remove_column(last)
                answers[number] = Answer(type_, _packed(own))
        return [answers[number] for number in range(len(frames))]


_MOST_FAILURES = 40
"""The number of rows on which an expression may fail before it counts as failing."""
_REFUSALS = (
    "AnalysisException",
    "ParseException",
    "SparkConnectGrpcException",
    "TypeError",
    "PySparkTypeError",
)


def _each_column(frame: DataFrame, keys: list[str]) -> list[Answer]:
    types = [field.dataType.simpleString() for field in frame.schema.fields]
    rows = _collect(frame)
    if keys:
        rows = rows.take(pc.sort_indices(rows.column(0)))
    return [
        Answer(types[number], _packed(pa.table({"c": rows.column(number)})))
        for number in range(len(keys), rows.num_columns)
    ]


def _collect(frame: Any) -> pa.Table:
    if hasattr(frame, "_collect_as_arrow"):
        batches = frame._collect_as_arrow()
        if batches:
            return pa.Table.from_batches(batches)
        from pyspark.sql.pandas.types import to_arrow_schema

        return to_arrow_schema(frame.schema).empty_table()
    client = frame.sparkSession.client
    return client.to_table(frame._plan.to_proto(client))[0]


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return zlib.compress(sink.getvalue(), 1)


def _values(answer: Answer) -> list[Any]:
    with pa.ipc.open_stream(zlib.decompress(answer.rows)) as reader:
        return list(reader.read_all().column(0).to_pylist())


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    is_wrapped = lines[0].startswith(("An error occurred while calling", "<_"))
    return lines[min(1, len(lines) - 1) if is_wrapped else 0].strip()[:300]


class Engine:
    """A worker process with an engine; if it dies or hangs, the next query starts another."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self._folder = name, folder
        self._process: subprocess.Popen[bytes] | None = None

    def answers(self, query: Query) -> list[Answer]:
        """Return an answer for each expression of a query."""
        process = self._process or self._start()
        assert process.stdin
        assert process.stdout
        try:
            pickle.dump(query, process.stdin)
            process.stdin.flush()
            answers: list[Answer] = pickle.load(process.stdout)
        except (EOFError, OSError):
            self.close()
            return self._without_the_deadly(query)
        return answers

    def _without_the_deadly(self, query: Query) -> list[Answer]:
        if len(query.codes) == 1:
            return [Answer("", error=f"{self.name} died")]
        half = len(query.codes) // 2
        parts = (query.codes[:half], query.codes[half:])
        return [a for part in parts for a in self.answers(Query(query.frame, query.table, part))]

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.certification.engine", self.name, str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            env=child_environment(),
        )
        return self._process

    def close(self) -> None:
        """Stop the process, if it runs."""
        if process := self._process:
            self._process = None
            with process:
                process.kill()


def _serve(name: str, folder: str) -> None:
    from alur.runtime.engines.engine import open_session

    answers = open(sys.stdout.fileno(), "wb", closefd=False)  # noqa: SIM115 - as long as the process
    sys.stdout = sys.stderr
    with open_session(name) as session:  # type: ignore[arg-type]
        # Without it, an expression's own code is the same; compiling it together with its neighbours takes seconds.
        session.conf.set("spark.sql.codegen.wholeStage", "false")
        # In one query Spark treats x * 0.0 and x * -0.0 as the same.
        session.conf.set("spark.sql.subexpressionElimination.enabled", "false")
        kind = TogetherEvaluation if name == "spark" else QuickEvaluation
        evaluation = kind(session, Path(folder))
        while True:
            try:
                query = pickle.load(sys.stdin.buffer)
            except EOFError:
                return
            pickle.dump(evaluation.answers(query), answers)
            answers.flush()


if __name__ == "__main__":
    # Pickled answers must name the classes of this module, not of "__main__".
    from tests.certification.engine import _serve as serve

    serve(sys.argv[1], sys.argv[2])
