"""Differences of tables of any size are those that plain Python finds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from alur.runtime.tables.table_diff import TableDiff, TableState, table_diff

SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("text", pa.string()),
        ("number", pa.float64()),
        ("tags", pa.list_(pa.string())),
    ]
)
Given = tuple[int, str | None, float | None, tuple[str, ...] | None]


def state(name: str, rows: Sequence[tuple[Any, ...]], schema: pa.Schema = SCHEMA) -> TableState:
    """Return a state whose rows come in batches of three."""

    def read(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        for start in range(0, len(rows), 3):
            part = rows[start : start + 3]
            arrays = [
                pa.array(
                    [row[schema.get_field_index(name)] for row in part], schema.field(name).type
                )
                for name in columns
            ]
            yield pa.RecordBatch.from_arrays(arrays, list(columns))

    return TableState(name, schema, len(rows), len(rows), read)


def random_rows(rng: Random) -> tuple[list[Given], list[Given]]:
    first: list[Given] = [
        (
            n,
            rng.choice([None, "", "a"]),
            rng.choice([None, 0.5, math.nan]),
            rng.choice([None, ("x",)]),
        )
        for n in range(rng.randint(0, 60))
    ]
    second = [row for row in first if rng.random() > 0.1]
    second = [
        (*row[:1], rng.choice(["a", "b"]), *row[2:]) if rng.random() < 0.2 else row
        for row in second
    ]
    second += [(1000 + n, "new", 1.0, ()) for n in range(rng.randint(0, 4))]
    rng.shuffle(second)
    return first, second


def counts(diff: TableDiff) -> tuple[int, int, int]:
    return diff.removed, diff.added, diff.changed


@pytest.mark.parametrize("at_once", [10**6, 7])
@pytest.mark.parametrize("seed", range(25))
def test_counts_by_key(seed: int, at_once: int) -> None:
    first, second = random_rows(Random(seed))
    ours, theirs = ({row[0]: repr(row) for row in rows} for rows in (first, second))
    both = ours.keys() & theirs.keys()
    changed = {n for n in both if ours[n] != theirs[n]}

    diff = table_diff(state("a", first), state("b", second), ["id"], 0.0, 3, at_once)

    assert counts(diff) == (len(ours.keys() - both), len(theirs.keys() - both), len(changed))
    assert dict(diff.changed_columns) == ({"text": len(changed)} if changed else {})
    assert diff.differs == (sorted(map(repr, first)) != sorted(map(repr, second)))
    # The samples are the first ones by key.
    assert [row[0] for row in diff.samples.only_first] == sorted(ours.keys() - both)[:3]
    assert [row[0] for row in diff.samples.only_second] == sorted(theirs.keys() - both)[:3]
    assert [one[0] for one, _ in diff.samples.changed] == sorted(changed)[:3]


@pytest.mark.parametrize("at_once", [10**6, 7])
@pytest.mark.parametrize("seed", range(25))
def test_without_a_key_rows_are_a_multiset(seed: int, at_once: int) -> None:
    rng = Random(seed)
    first, second = random_rows(rng)
    first += rng.sample(first, min(3, len(first)))
    ours, theirs = (Counter(map(repr, rows)) for rows in (first, second))

    diff = table_diff(state("a", first), state("b", second), [], 0.0, 3, at_once)

    assert counts(diff) == ((ours - theirs).total(), (theirs - ours).total(), 0)


@pytest.mark.parametrize("at_once", [10**6, 1])
def test_a_tolerance_is_for_floats_alone(at_once: int) -> None:
    first = [(n, "a", 1.0 + n, None) for n in range(20)]
    second = [(n, "a", (1.0 + n) * (1 + 1e-12), None) for n in range(20)]
    assert not table_diff(state("a", first), state("b", second), [], 1e-9, 3, at_once).differs
    exact = table_diff(state("a", first), state("b", second), ["id"], 0.0, 3, at_once)
    assert (exact.changed, dict(exact.changed_columns)) == (20, {"number": 20})


def test_columns_of_one_side_are_named_and_the_others_compared() -> None:
    narrow = pa.schema([("id", pa.int32()), ("text", pa.string()), ("_run_id", pa.string())])
    wide = pa.schema(
        [("id", pa.int64()), ("text", pa.string()), ("_run_id", pa.string()), ("more", pa.int64())]
    )
    first, second = [(1, "a", "r1")], [(1, "b", "r2", 5)]

    diff = table_diff(state("a", first, narrow), state("b", second, wide), ["id"], 0.0, 3)

    assert [(c.column, c.first, c.second) for c in diff.columns] == [
        ("id", "int32", "int64"),
        ("more", None, "int64"),
    ]
    assert diff.left_out == ("_run_id",)
    assert diff.key == (), "the key cannot be compared, so rows are compared as a whole"
    assert counts(diff) == (1, 1, 0)


def test_repeated_keys_are_paired_one_by_one() -> None:
    first = [(1, "a", None, None), (1, "b", None, None), (1, "b", None, None)]
    second = [(1, "b", None, None), (1, "c", None, None)]
    diff = table_diff(state("a", first), state("b", second), ["id"], 0.0, 3)
    assert counts(diff) == (1, 0, 1)
