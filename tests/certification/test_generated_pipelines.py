"""Generated pipelines: any composition that the guard allows on Sail gives Spark's rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.certification.comparing import difference
from tests.certification.engine import Engine, Query
from tests.certification.generated import Generator
from tests.certification.tables import write_tables

_FOR_EACH_SEED = 20


def test_pipelines_that_the_guard_lets_pass_give_sparks_rows(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    first, seeds = request.config.getoption("first_seed"), request.config.getoption("seeds")
    numbers = range(first * _FOR_EACH_SEED, (first + seeds) * _FOR_EACH_SEED)
    write_tables(tmp_path)
    engines = {name: Engine(name, tmp_path) for name in ("sail", "spark")}
    try:
        passed, differing = 0, {}
        for number in numbers:
            code = Generator(number).pipeline()
            (sail,) = engines["sail"].answers(Query("guarded", "groups", (code,)))
            if sail.refused:
                continue
            (spark,) = engines["spark"].answers(Query("relation", "groups", (code,)))
            passed += 1
            example = (spark.error or sail.error) and f"Spark {spark.error}, Sail {sail.error}"
            example = example or difference(spark, sail, in_order=False)
            # If Sail fails, the run moves to Spark.
            if example and not sail.error:
                differing[number] = f"{code}\n    {example}"
    finally:
        for engine in engines.values():
            engine.close()
    assert not differing, "\n".join(f"{n}: {text}" for n, text in differing.items())
    # Otherwise this test could not find anything.
    assert passed > len(numbers) / 10
