"""``alur show`` reads only the rows it shows: the first in the order of the key, from any number of files."""

import pytest

from tests.tiny_project import csv_of, local_warehouse_at


@pytest.fixture(scope="module")
def numbers():
    # Unordered; the order of names differs from the order of numbers.
    return [(n * 37 % 101, f"s{n % 7}") for n in range(101)]


def test_the_first_rows_are_those_of_the_sorted_table(project, numbers):
    project.declare(
        """
class Raw(BronzeTable, partition_by="s"):
    n: int
    s: str

class Keyed(SilverTable, key=("s", "n"), partition_by=bucket(5, "n")):
    n: int
    s: str
""",
        """
@pipeline(sources={"raw": files("raw/*.csv", schema=Raw)}, target=Raw, mode="append")
def load(raw):
    return raw

@pipeline(sources={"raw": Raw}, target=Keyed)
def key(raw):
    return raw
""",
    )
    for start in range(0, 101, 25):
        project.land(f"raw/{start}.csv", csv_of("n,s", numbers[start : start + 25]))
    project.run().all_succeeded()
    warehouse = local_warehouse_at(project.root)
    keyed, raw = (project.contract(name) for name in ("keyed", "raw"))
    ordered = sorted(({"n": n, "s": s} for n, s in numbers), key=lambda row: (row["s"], row["n"]))
    for limit in (1, 2, 20, 101, 500):
        assert warehouse.rows(keyed, limit).to_pylist() == ordered[:limit]
        assert warehouse.rows(raw, limit).num_rows == min(limit, 101)
    assert warehouse.rows(keyed).to_pylist() == ordered
