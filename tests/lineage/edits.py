"""Edits of a pipeline's text: some keep its meaning, others change it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice

from tests.lineage.oracle import COLUMNS

KEEPING = (
    "# The same.\nrows = (\n    {code}\n)\nreturn rows",
    "groups = groups.select('*')\nreturn {code}",
    "groups = groups.hint('broadcast').repartition(2)\nreturn {code}",
    "groups = groups.withColumn('unused', F.lit(1)).drop('unused')\nreturn {code}",
    "groups = groups.withColumnRenamed('b_ts', 'x').withColumnRenamed('x', 'b_ts')\nreturn {code}",
)
"""Bodies of functions that return the same as an expression."""
_METHODS = {
    "sum": "min",
    "max": "sum",
    "count": "max",
    "upper": "lower",
    "union": "intersect",
    "intersect": "exceptAll",
    "exceptAll": "intersect",
    "rollup": "cube",
    "cube": "rollup",
    "lag": "lead",
    "explode": "explode_outer",
    "explode_outer": "explode",
    "isNotNull": "isNull",
    "month": "year",
}
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Gt: ast.GtE, ast.Eq: ast.LtE}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr,
}
_JOINS = {"left": "right", "right": "left", "full": "left", "semi": "anti", "anti": "semi"}


def changing(code: str) -> Iterator[str]:
    """Yield the text of a frame with one thing changed: a column, a number, a function, an operator or a kind of join."""
    for position, _ in enumerate(ast.walk(ast.parse(code, mode="eval"))):
        tree = ast.parse(code, mode="eval")
        if _change(next(islice(ast.walk(tree), position, None))):
            yield ast.unparse(tree)


def _change(node: ast.AST) -> bool:
    """Change a node in place; return whether it could be changed."""
    match node:
        case ast.Constant(value=bool()):
            return False
        case ast.Constant(value=int()):
            node.value += 1  # type: ignore[operator]
        case ast.Constant(value=str()) if node.value in COLUMNS:
            node.value = _other(str(node.value))
        case ast.Constant(value=str()) if node.value in _JOINS:
            node.value = _JOINS[str(node.value)]
        case ast.Attribute() if node.attr in COLUMNS:
            node.attr = _other(node.attr)
        case ast.Attribute() if node.attr in _METHODS:
            node.attr = _METHODS[node.attr]
        case ast.Compare() if type(node.ops[0]) in _COMPARISONS:
            node.ops = [_COMPARISONS[type(node.ops[0])]()]
        case ast.BinOp() if type(node.op) in _OPERATORS:
            node.op = _OPERATORS[type(node.op)]()
        case _:
            return False
    return True


def _other(column: str) -> str:
    """Return another column of the same type."""
    if column in ("k", "g"):
        return "g" if column == "k" else "k"
    return ("b" if column.startswith("a") else "a") + column[1:]
