"""Generated tables of every type, by every source and write mode, against the result of plain Python.

``--seeds N`` tries N seeds instead of the two of a normal run, and ``--first-seed K`` begins at the seed K.
"""

from __future__ import annotations

from random import Random

import pytest

from tests.engines import each_engine
from tests.generated_nested import Model
from tests.generated_tables import (
    Row,
    Shape,
    land_csv,
    land_parquet,
    shape_of,
    sorted_rows,
    written,
)
from tests.tiny_project import TinyProject

FILE_MODES = ("overwrite", "append", "merge")
MODES = (*FILE_MODES, "overwrite_partitions")
EACH_ONCE = ("append", "merge")
BATCHES = 2
COLOURS = 'class Colour(Enum):\n    RED = "red"\n    BLUE = "dark blue"\n\n'


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    first, seeds = (metafunc.config.getoption(name) for name in ("--first-seed", "--seeds"))
    metafunc.parametrize("seed", range(first, first + seeds))


class Landing:
    """The files below one folder of a landing location, and their rows."""

    def __init__(self, project: TinyProject, rng: Random, format_: str, mode: str) -> None:
        self.project, self.rng, self.format, self.mode = project, rng, format_, mode
        self.files: dict[str, list[Row]] = {}
        self.taken = 0

    def add(self, shape: Shape) -> list[Row]:
        """Land some files; return the rows for the next run, in the order of the files' names."""
        folder = self.project.root / "landing" / self.mode
        folder.mkdir(parents=True, exist_ok=True)
        if self.mode not in EACH_ONCE:
            for name in self.files:
                (folder / name).unlink()
            self.files.clear()
        batch = self._batch(shape)
        for rows in batch:
            self._forget_some(shape, rows)
            ending = self.rng.choice((".csv", ".csv.gz")) if self.format == "csv" else ".parquet"
            name = f"{self.rng.choice('abxé')}{self.taken}{ending}"
            self.taken += 1
            land = land_csv if self.format == "csv" else land_parquet
            land(self.rng, folder / name, shape, rows)
            self.files[name] = [{**row, "_source_file": f"{folder.name}/{name}"} for row in rows]
        files = sorted(self.files) if self.mode == "merge" else list(self.files)[-len(batch) :]
        return [row for name in files for row in self.files[name]]

    def _batch(self, shape: Shape) -> list[list[Row]]:
        """Return the rows of some files; if the mode takes each file once, keys occur again in other files."""
        if self.mode in EACH_ONCE:
            return [shape.rows(self.rng, 6) for _ in range(self.rng.randint(1, 3))]
        rows = shape.rows(self.rng, 12)
        half = len(rows) // 2
        return [part for part in (rows[:half], rows[half:]) if part]

    def _forget_some(self, shape: Shape, rows: list[Row]) -> None:
        for column in shape.columns:
            if column.nullable and self.rng.random() < 0.15:
                for row in rows:
                    row[column.name] = None


def declare(
    project: TinyProject, rng: Random, format_: str, shape: Shape, models: list[Model]
) -> None:
    contracts = [COLOURS, *(model.declaration() for model in models)]
    pipelines = []
    options = ', options={"sep": ";"}' if format_ == "csv" else ""
    for mode in MODES:
        if mode in FILE_MODES:
            contracts.append(contract(rng, f"b_{mode}", "Bronze", shape, mode))
            files = f'files("{mode}/*", schema=b_{mode}, format="{format_}"{options})'
            pipelines.append(pipeline(f"load_{mode}", files, f"b_{mode}", mode))
        contracts.append(contract(rng, f"s_{mode}", "Silver", shape, mode))
        pipelines.append(pipeline(f"write_{mode}", "b_overwrite", f"s_{mode}", mode))
    project.declare("".join(contracts), "".join(pipelines))


def pipeline(name: str, source: str, target: str, mode: str) -> str:
    return f"""
@pipeline(sources={{"rows": {source}}}, target={target}, mode="{mode}")
def {name}(rows):
    return rows
"""


def contract(rng: Random, name: str, layer: str, shape: Shape, mode: str) -> str:
    """Return a contract with the shape's columns in any order."""
    more = f", key={shape.key!r}" if mode == "merge" else ""
    if mode == "overwrite_partitions" or rng.random() < 0.5:
        more += f", partition_by={shape.partition.declaration()}"
    fields = [column.declaration() for column in rng.sample(shape.columns, len(shape.columns))]
    return f"class {name}({layer}Table{more}):\n{''.join(fields)}\n"


@each_engine
def test_tables_hold_what_the_rows_and_the_modes_say(project, seed):
    """Even seeds use CSV files, odd ones Parquet."""
    rng = Random(seed)
    format_ = ("csv", "parquet")[seed % 2]
    shape, models = shape_of(rng, csv=format_ == "csv")
    declare(project, rng, format_, shape, models)
    landings = {mode: Landing(project, rng, format_, mode) for mode in FILE_MODES}
    expected: dict[str, list[Row]] = {}
    for _ in range(BATCHES):
        incoming = {mode: landing.add(shape) for mode, landing in landings.items()}
        project.run().all_succeeded()
        for mode in MODES:
            for layer, new in (("b", incoming.get(mode)), ("s", incoming["overwrite"])):
                if new is not None:
                    table = f"{layer}_{mode}"
                    expected[table] = written(mode, shape, expected.get(table, []), new)
        check(project, shape, expected)


def check(project: TinyProject, shape: Shape, expected: dict[str, list[Row]]) -> None:
    for table, rows in expected.items():
        names = [column.name for column in shape.columns]
        names += ["_source_file"] if table.startswith("b") else []
        found = project.arrow(table).to_pylist()
        assert sorted_rows(found, names) == sorted_rows(rows, names), table
