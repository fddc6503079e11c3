"""Lineage against a truth: no column changes a pipeline's result without being named in its facts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from alur.runtime.engines.engine import open_session
from tests.certification.generated import Generator
from tests.lineage.operators import OPERATORS, QUERIES, functions
from tests.lineage.oracle import Tally, facts_for, function_of, judge

pytestmark = pytest.mark.filterwarnings("ignore:WARN WindowExpression")

_OPAQUE = {
    "python_function",
    "map_in_pandas",
    "apply_in_pandas",
    "cogrouped",
    "struct_star",
}
"""Pipelines whose facts name a caveat."""


@pytest.fixture(scope="module")
def session() -> Iterator[SparkSession]:
    with open_session("sail") as opened:
        yield opened


def test_no_operator_hides_a_column_that_matters(session: SparkSession) -> None:
    tally = Tally()
    pipelines = {name: function_of(code) for name, code in OPERATORS.items()} | functions()
    for seed, (name, function) in enumerate(pipelines.items()):
        code = {**OPERATORS, **QUERIES}.get(name, name)
        judge(code, function, session, seed, tally, changes=1)
        assert bool(facts_for(function, session).caveats) == (name in _OPAQUE), name
    print(tally)
    assert tally.missed == []
    # Facts that name every column would miss nothing, too.
    assert sum(tally.claims.values()) > 0.8 * len(tally.claims)


@pytest.mark.parametrize(
    "count", [10, pytest.param(1000, marks=pytest.mark.nightly)], ids=["sample", "many"]
)
def test_generated_pipelines_hide_no_column_that_matters(
    session: SparkSession, count: int, request: pytest.FixtureRequest
) -> None:
    tally, refused = Tally(), []
    first = request.config.getoption("first_seed") * count
    for seed in range(first, first + count):
        # Which row comes first may change with any part of the plan.
        code = Generator(seed).pipeline().replace("F.first(", "F.min(")
        try:
            judge(code, function_of(code), session, seed, tally)
        except Exception as error:  # Sail refuses some pipelines, and fails for some values.
            refused.append(f"{seed}: {type(error).__name__}")
    print(tally, f"; refused: {len(refused)}")
    assert tally.missed == []
    assert len(refused) <= count * 0.05, refused
    assert sum(tally.claims.values()) > 0.6 * len(tally.claims)
