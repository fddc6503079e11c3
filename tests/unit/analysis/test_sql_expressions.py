"""SQL text is read like PySpark's own functions, with Spark's order of precedence; everything else is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql.connect import functions as F

from alur.analysis.sql_expressions import Unreadable, parsed_expression

A, B, C = (F.col(f"`{name}`") for name in "abc")


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("a = 1", A == 1),
        ("a <> 1", A != 1),
        ("a + b * c", A + B * C),
        ("(a + b) * c", (A + B) * C),
        ("a - b - c", A - B - C),
        ("a + b > c and not a = b or c is null", ((A + B > C) & ~(A == B)) | C.isNull()),
        ("not a = b", ~(A == B)),
        ("a or b and c", A | (B & C)),
        ("a between 1 and b and c", ((A >= 1) & (A <= B)) & C),
        ("a not in (1, 2)", ~A.isin(1, 2)),
        ("a in ('x')", A.isin("x")),
        ("a like 'x%'", A.like("x%")),
        ("a not like 'x%'", ~A.like("x%")),
        ("a rlike '^x'", A.rlike("^x")),
        ("a is not null", A.isNotNull()),
        ("a <=> b", A.eqNullSafe(B)),
        ("-a", -A),
        ("a = -1", A == -1),
        ("a || b", F.concat(A, B)),
        ("case when a then 1 when b then 2 else 3 end", F.when(A, 1).when(B, 2).otherwise(3)),
        ("case a when 1 then 'x' end", F.when(A == 1, "x")),
        ("cast(a as decimal(12, 2))", A.cast("decimal(12,2)")),
        ("upper(a)", F.upper(A)),
        ("COALESCE(a, 'x')", F.coalesce(A, F.lit("x"))),
        ("count(distinct a)", F.countDistinct(A)),
        ("a[0]", A[0]),
        ("a + 1 as b", (A + 1).alias("b")),
        ("a = 3000000000", F.lit(3000000000) == A),
        ("a = 1e3", A == 1000.0),
        ("true and a", F.lit(True) & A),
        ("null = a", F.lit(None) == A),
    ],
)
def test_text_is_what_pyspark_builds(text: str, column: Any) -> None:
    expected = column.to_plan(None)
    if text == "a = 3000000000":
        sides = expected.unresolved_function.arguments
        first, second = sides[1], sides[0]
        left, right = type(first)(), type(second)()
        left.CopyFrom(first)
        right.CopyFrom(second)
        del sides[:]
        sides.extend([left, right])
    assert parsed_expression(text) == expected


@pytest.mark.parametrize(
    ("text", "precision", "scale"),
    [("1.5", 2, 1), ("0.05", 2, 2), ("10.50", 4, 2), ("-2.25", 3, 2)],
)
def test_a_number_with_a_point_is_a_decimal_of_its_digits(text, precision, scale):
    literal = parsed_expression(text).literal.decimal
    assert (literal.value, literal.precision, literal.scale) == (text, precision, scale)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a +* 2",
            "a b",
            "a =",
            "(a",
            "a)",
            "a == == b",
            "'open",
            "'it\\'s'",
            "'a' 'b'",
            "a -- b",
        ),
        *(
            "/* a */ a",
            "interval 1 day",
            "date '2024-01-01'",
            "a is true",
            "sum(a) over (order by b)",
        ),
        *("a in (select 1)", "x -> x + 1", "a::int", "a.b[0].c", "extract(year from a)", "a not"),
        *(
            "99999999999999999999",
            "1.5BD",
            "a between 1",
            "case when a then 1",
            "",
            "a like 'x' escape '!'",
        ),
    ],
)
def test_what_is_not_read_is_refused(text):
    with pytest.raises(Unreadable):
        parsed_expression(text)
