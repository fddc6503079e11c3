"""Random pipelines over the tables of edge values, as Python text for either engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

KINDS = ("i32", "i64", "f64", "d12", "str", "bool", "date", "ts")
"""The kinds of columns to use, by the names of the tables' columns."""

_ORDERED = ("i32", "i64", "d12", "str", "date", "ts", "f64")
_NUMBERS = ("i32", "i64", "f64", "d12")
_LITERALS = {
    "i32": ("0", "1", "7", "-3", "100"),
    "i64": ("F.lit(3000000000)", "F.lit(-5000000000)"),
    "f64": ("0.0", "2.5", "-1.5", "1e10"),
    "d12": ("F.lit(D('1.50'))", "F.lit(D('-0.25'))"),
    "str": ("F.lit('a')", "F.lit('')", "F.lit('2024-02-29')"),
    "bool": ("F.lit(True)", "F.lit(False)"),
    "date": ("F.lit(date(2024, 2, 29))", "F.lit(date(1970, 1, 1))"),
    "ts": ("F.lit(at(2024, 1, 1))", "F.lit(at(1969, 12, 31, 23, 59, 59))"),
}
_FORMS: dict[str, tuple[str, ...]] = {
    "bool": (
        *(
            "{any} == {same}",
            "{ord} < {same}",
            "{ord} >= {same}",
            "{any}.isNull()",
            "{any}.isNotNull()",
        ),
        *("({bool}) & ({bool})", "({bool}) | ({bool})", "~({bool})", "{any}.eqNullSafe({same})"),
        *("{str}.contains('a')", "{str}.startswith('2')", "{any}.isin({lit}, {lit})"),
        *("{str}.like('%a%')", "{str}.rlike('^[a-z]+$')", "{ord}.between({lit}, {lit})"),
    ),
    "i32": (
        *(
            "F.length({str})",
            "F.year({date})",
            "F.month({ts})",
            "F.dayofmonth({date})",
            "F.hour({ts})",
        ),
        *(
            "F.datediff({date}, {date})",
            "({i32}) + ({i32})",
            "({i32}) - ({i32})",
            "({i32}) * ({i32})",
        ),
        *("({i32}) % 7", "F.abs({i32})", "({i64}).cast('int')", "F.coalesce({i32}, {i32})"),
        *("F.when({bool}, {i32}).otherwise({i32})", "F.size(F.split({str}, ','))"),
    ),
    "i64": (
        *("({i64}) + ({i64})", "({i64}) * 2", "({i32}).cast('bigint')", "F.abs({i64})"),
        *("F.coalesce({i64}, {i64})", "F.when({bool}, {i64})", "F.greatest({i64}, {i64})"),
        *("({d12}).cast('bigint')", "F.unix_timestamp({ts})", "({i64}) - ({i32})"),
    ),
    "f64": (
        *("({f64}) + ({f64})", "({f64}) * ({f64})", "({i32}).cast('double')", "F.abs({f64})"),
        *("({i64}) / ({i64})", "F.sqrt({f64})", "F.round({f64}, 2)", "F.coalesce({f64}, {f64})"),
        *(
            "-({f64})",
            "({d12}).cast('double')",
            "F.least({f64}, {f64})",
            "F.when(F.isnan({f64}), 0.0).otherwise({f64})",
        ),
    ),
    "d12": (
        *("F.when({bool}, {d12}).otherwise({d12})", "F.coalesce({d12}, {d12})", "F.abs({d12})"),
        *("(({d12}) + ({d12})).cast('decimal(12,2)')", "({i32}).cast('decimal(12,2)')"),
        *("(({d12}) * ({i32})).cast('decimal(12,2)')", "(({d12}) / ({d12})).cast('decimal(12,2)')"),
    ),
    "str": (
        *("F.upper({str})", "F.lower({str})", "F.trim({str})", "F.concat({str}, {str})"),
        *("F.substring({str}, 2, 3)", "F.coalesce({str}, F.lit('-'))", "({i32}).cast('string')"),
        *("({d12}).cast('string')", "F.date_format({ts}, 'yyyy-MM-dd')", "F.lpad({str}, 5, '0')"),
        *(
            "F.regexp_replace({str}, '[^a-z]', '')",
            "({date}).cast('string')",
            "F.concat_ws('-', {str}, {str})",
        ),
        *("F.when({bool}, {str}).otherwise(F.lit('none'))", "F.split({str}, ',').getItem(0)"),
    ),
    "date": (
        *(
            "F.to_date({ts})",
            "F.date_add({date}, 3)",
            "F.trunc({date}, 'month')",
            "F.last_day({date})",
        ),
        *("F.add_months({date}, 1)", "F.coalesce({date}, {date})", "F.to_date({str})"),
    ),
    "ts": (
        *("F.date_trunc('day', {ts})", "({date}).cast('timestamp')", "F.coalesce({ts}, {ts})"),
        *("F.date_trunc('month', {ts})", "F.greatest({ts}, {ts})", "F.to_timestamp({str})"),
    ),
}
"""Expressions by the kind of their result. ``{same}`` and ``{lit}`` share the kind of ``{any}`` or ``{ord}``."""
_AGGREGATES = {
    "F.count({str})": "i64",
    "F.count('*')": "i64",
    "F.sum({i64})": "i64",
    "F.sum({i32})": "i64",
    "F.min({i32})": "i32",
    "F.max({str})": "str",
    "F.min({date})": "date",
    "F.max({ts})": "ts",
    "F.max({f64})": "f64",
    "F.min({f64})": "f64",
    "F.avg({i32})": "f64",
    "F.sum({f64})": "f64",
    "F.sum({d12}).cast('decimal(12,2)')": "d12",
    "F.avg({d12}).cast('decimal(12,2)')": "d12",
    "F.countDistinct({str})": "i64",
    "F.max({bool})": "bool",
    "F.first({i32})": "i32",
    "F.max({d12})": "d12",
}
_TEXTS = (
    "{i32} > 3 and {i64} is not null",
    "{str} in ('a', 'b') or {d12} >= 1.5",
    "not ({i32} between -1 and 10)",
    "case when {d12} > 0 then {i32} else 0 end = 0",
    "{str} like 'a%' and {date} is null",
    "{f64} < 2.5 or {f64} is null",
    "cast({str} as int) = {i32}",
    "{i32} % 2 = 0",
)


@dataclass
class Pipeline:
    """A growing pipeline: its text, and the kinds of its columns by name."""

    text: str
    columns: dict[str, str]


class Generator:
    """Generates pipelines, always the same for one seed."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(seed)
        self._names = 0

    def pipeline(self) -> str:
        """Return the text of a pipeline."""
        made = self._source()
        steps: Sequence[Callable[[Pipeline], Pipeline]] = (
            *[self._with_column] * 4,
            *[self._where] * 3,
            *[self._group] * 2,
            *[self._join] * 2,
            *[self._window] * 2,
            self._where_text,
            self._set_operation,
            self._distinct,
            self._limit,
            self._fill,
            self._renamed,
        )
        for _ in range(self._rng.randint(2, 6)):
            made = self._rng.choice(steps)(made)
        return made.text

    def _source(self) -> Pipeline:
        """Return some columns of the groups' table: its key, an order and values."""
        kinds = self._rng.sample(KINDS, self._rng.randint(4, len(KINDS)))
        letter = self._rng.choice("ab")
        names = [f"{letter}_{kind}" for kind in kinds]
        chosen = ", ".join(repr(name) for name in ("k", "g", *names))
        columns = {"k": "i32", "g": "i32"} | dict(zip(names, kinds, strict=True))
        return Pipeline(f"groups.select({chosen})", columns)

    def _fresh(self) -> str:
        self._names += 1
        return f"v{self._names}"

    def _expression(self, kind: str, columns: dict[str, str], depth: int = 0) -> str:
        own = [name for name, its in columns.items() if its == kind]
        if own and (depth > 1 or self._rng.random() < 0.5):
            return f"F.col({self._rng.choice(own)!r})"
        if depth > 2 or (depth and self._rng.random() < 0.2):
            literal = self._rng.choice(_LITERALS[kind])
            return literal if literal.startswith("F.") else f"F.lit({literal})"
        return self._filled(self._rng.choice(_FORMS[kind]), columns, depth + 1)

    def _filled(self, form: str, columns: dict[str, str], depth: int) -> str:
        same = self._rng.choice(_ORDERED if "{ord}" in form else KINDS)
        while "{" in form:
            start = form.index("{")
            end = form.index("}", start)
            name = form[start + 1 : end]
            if name == "lit":
                made = self._rng.choice(_LITERALS[same])
            else:
                kind = same if name in ("any", "ord", "same") else name
                made = f"({self._expression(kind, columns, depth)})"
            form = f"{form[:start]}{made}{form[end + 1 :]}"
        return form

    def _with_column(self, made: Pipeline) -> Pipeline:
        kind, name = self._rng.choice(KINDS), self._fresh()
        expression = self._expression(kind, made.columns)
        return Pipeline(
            f"{made.text}.withColumn({name!r}, {expression})", made.columns | {name: kind}
        )

    def _where(self, made: Pipeline) -> Pipeline:
        return Pipeline(
            f"{made.text}.where({self._expression('bool', made.columns)})", made.columns
        )

    def _where_text(self, made: Pipeline) -> Pipeline:
        text = self._rng.choice(_TEXTS)
        for kind in KINDS:
            own = [name for name, its in made.columns.items() if its == kind]
            if f"{{{kind}}}" in text:
                if not own:
                    return made
                text = text.replace(f"{{{kind}}}", self._rng.choice(own))
        return Pipeline(f"{made.text}.where({text!r})", made.columns)

    def _group(self, made: Pipeline) -> Pipeline:
        most = min(2, len(made.columns))
        keys = self._rng.sample(list(made.columns), self._rng.randint(1, most))
        columns = {key: made.columns[key] for key in keys}
        parts = []
        for _ in range(self._rng.randint(1, 3)):
            form, kind = self._rng.choice(list(_AGGREGATES.items()))
            name = self._fresh()
            parts.append(f"{self._filled(form, made.columns, 1)}.alias({name!r})")
            columns[name] = kind
        chosen = ", ".join(map(repr, keys))
        return Pipeline(f"{made.text}.groupBy({chosen}).agg({', '.join(parts)})", columns)

    def _join(self, made: Pipeline) -> Pipeline:
        """Return a join with other columns of the same table, on a column of the same kind."""
        how = self._rng.choice(("inner", "left", "right", "full", "semi", "anti"))
        key, kind = self._rng.choice(list(made.columns.items()))
        name, other = self._fresh(), self._fresh()
        third = self._rng.choice(KINDS)
        right = (
            f"line.select(F.col('a_{kind}').alias({name!r}), F.col('a_{third}').alias({other!r}))"
        )
        columns = (
            made.columns if how in ("semi", "anti") else made.columns | {name: kind, other: third}
        )
        condition = f"F.col({key!r}) == F.col({name!r})"
        return Pipeline(f"{made.text}.join({right}, {condition}, {how!r})", columns)

    def _window(self, made: Pipeline) -> Pipeline:
        """Return a window function over a total order, so there is one right answer."""
        if made.columns.get("k") != "i32" or ".join(" in made.text or ".union" in made.text:
            return self._with_column(made)
        by = self._rng.choice(list(made.columns))
        name = self._fresh()
        form, kind = self._rng.choice(
            (
                ("F.row_number()", "i32"),
                ("F.rank()", "i32"),
                ("F.lag({i32}).over_", "i32"),
                ("F.lead({str}, 2).over_", "str"),
                ("F.sum({i64})", "i64"),
                ("F.max({ts})", "ts"),
                ("F.count('*')", "i64"),
                ("F.min({d12})", "d12"),
            )
        )
        function = self._filled(form.removesuffix(".over_"), made.columns, 2)
        order = self._rng.choice(("'k'", "F.desc('k')"))
        window = f"{function}.over(W.partitionBy({by!r}).orderBy({order}))"
        return Pipeline(f"{made.text}.withColumn({name!r}, {window})", made.columns | {name: kind})

    def _set_operation(self, made: Pipeline) -> Pipeline:
        other = self._where(made)
        method = self._rng.choice(("unionByName", "union", "intersect", "subtract", "exceptAll"))
        return Pipeline(f"{made.text}.{method}({other.text})", made.columns)

    def _distinct(self, made: Pipeline) -> Pipeline:
        chosen = self._rng.sample(
            list(made.columns), self._rng.randint(1, min(3, len(made.columns)))
        )
        columns = {name: made.columns[name] for name in chosen}
        names = ", ".join(map(repr, chosen))
        return Pipeline(f"{made.text}.select({names}).distinct()", columns)

    def _limit(self, made: Pipeline) -> Pipeline:
        """Return a limit over an order by all columns, so tied rows are the same."""
        names = ", ".join(map(repr, made.columns))
        return Pipeline(
            f"{made.text}.orderBy({names}).limit({self._rng.randint(1, 30)})", made.columns
        )

    def _fill(self, made: Pipeline) -> Pipeline:
        numbers = [name for name, kind in made.columns.items() if kind in _NUMBERS]
        if not numbers or self._rng.random() < 0.3:
            return Pipeline(
                f"{made.text}.dropna(subset=[{next(iter(made.columns))!r}])", made.columns
            )
        return Pipeline(
            f"{made.text}.fillna(0, subset=[{self._rng.choice(numbers)!r}])", made.columns
        )

    def _renamed(self, made: Pipeline) -> Pipeline:
        old, new = self._rng.choice(list(made.columns)), self._fresh()
        columns = {new if name == old else name: kind for name, kind in made.columns.items()}
        return Pipeline(f"{made.text}.withColumnRenamed({old!r}, {new!r})", columns)
