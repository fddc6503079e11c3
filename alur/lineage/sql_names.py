"""The columns named in an SQL expression that Alur's own parser does not read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache


@lru_cache(maxsize=1024)
def column_names(text: str) -> tuple[Sequence[list[str]] | None, str | None]:
    """Return the names of all columns in an expression, each as its parts in lower case, and the expression's alias.

    The first is None if the text cannot be read or may use other columns, as by a star or a query.

    >>> column_names("sum(o.amount) over (partition by day) as total")
    ([['day'], ['o', 'amount']], 'total')
    """
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    try:
        expression = parse_one(text, dialect="spark")
    except SqlglotError:
        return None, None
    if isinstance(expression, exp.Aliases) or expression.find(exp.Query):
        return None, None
    stars = [
        star for star in expression.find_all(exp.Star) if not isinstance(star.parent, exp.Count)
    ]
    name = expression.alias_or_name or None
    if stars:
        return None, name
    bound = {
        name.name.lower()
        for function in expression.find_all(exp.Lambda)
        for name in function.expressions
    }
    columns = ([part.name.lower() for part in c.parts] for c in expression.find_all(exp.Column))
    return [parts for parts in columns if parts[0] not in bound], name
