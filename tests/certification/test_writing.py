"""What the suite finds, as entries of a certificate."""

from __future__ import annotations

import pytest

from alur.analysis.signatures import signatures
from tests.certification.catalog_python import functions
from tests.certification.judging import Finding
from tests.certification.rules import arguments_of, refusal
from tests.certification.writing import grouped


def test_what_the_guard_refuses_is_not_certified_even_if_the_engines_agreed() -> None:
    agreed = Finding(types={"float"}, agrees=True)
    parts = grouped({("greatest", s): agreed for s in ("float, float", "float, float, float")})
    assert parts["certified"] == {"greatest": {"float": ["float, float"]}}
    reason = refusal("greatest", "float, float, float")
    assert parts["differs"] == {"greatest": {"float, float, float": reason}}


def test_an_example_says_more_than_the_rule() -> None:
    found = Finding(types={"float"}, agrees=True, differs="greatest(a, b, c): Spark -0.0, Sail 0.0")
    parts = grouped({("greatest", "float, float, float"): found})
    assert parts["differs"] == {"greatest": {"float, float, float": found.differs}}


@pytest.mark.parametrize(
    ("subject", "signature", "is_refused"),
    [
        ("*", "decimal, double", False),
        ("*", "decimal38, double!", True),
        ("cast", "timestamp!, float", True),
        ("cast", "timestamp, bigint", False),
        ("except", "array<double>", True),
        ("except", "array<struct>", False),
        ("getitem", "array<string>, int=-1", True),
        ("getitem", "array<string>, int!", False),
        ("array_sort", "array<double>, lambda", False),
        ("agg grouping_id", "", False),
    ],
)
def test_a_signature_is_refused_if_a_rule_holds_for_all_its_types(
    subject: str, signature: str, is_refused: bool
) -> None:
    assert (refusal(subject, signature) is not None) is is_refused


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "void=None, decimal38",
        "map<string,array<struct>>, string!",
        """string, string='a\\'b", c', string="it's, so\"""",
        "double=-0.5, boolean=True, int=10000",
    ],
)
def test_a_signature_describes_its_arguments(signature: str) -> None:
    assert signature in signatures(list(arguments_of(signature)))


@pytest.mark.parametrize("signature", ["strin", "string,int", "int!!", "interval day"])
def test_an_unknown_signature_is_an_error(signature: str) -> None:
    with pytest.raises(ValueError, match="unknown"):
        list(arguments_of(signature))


def test_python_functions_are_tried_with_structs_that_the_guard_lets_pass() -> None:
    tried = {(relation.subject, relation.signature) for relation in functions()}
    assert ("udf arrow", "struct") in tried
    assert ("udf arrow", "array<struct>") not in tried, "its only fields are whole numbers"
    assert ("udf arrow", "bigint") in tried, "the file shows what differs for all whole numbers"
