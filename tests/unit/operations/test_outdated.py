"""Which pipelines need a run, for random graphs, edits and partial runs, held against a naive model.

The model knows no snapshots and compares nothing with earlier runs: each table carries, for its rows and for each column,
what it was made from, all the way up. A pipeline needs a run if its table differs from the one that a run of everything
would write.
"""

import zlib
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from alur import SilverTable
from alur.contracts.table import contract_of
from alur.lineage.facts import PlanFacts
from alur.lineage.fingerprints import PlanFingerprint
from alur.lineage.uses import SourceColumn
from alur.operations.planning.meaning import affected_pipelines, pipeline_changes
from alur.pipelines.pipeline import Pipeline
from alur.pipelines.sources import TableSource
from alur.project.project import Project
from alur.project.settings import Settings
from alur.runtime.tables.provenance import Provenance, RunIdentity
from alur.runtime.tables.state import Snapshot, TableState

COLUMNS = ("a", "b", "c")


@dataclass
class Definition:
    """What a pipeline means: versions of its rows and columns, and what these are made from.

    Attributes:
        uses: for each column, the columns of sources in its values.
        deciders: the columns of sources that decide the rows.
    """

    rows: int
    columns: dict[str, int]
    uses: dict[str, set[tuple[str, str]]]
    deciders: set[tuple[str, str]]


@dataclass
class Origins:
    """What rows and columns were made from, each as a number; two may turn out to be the same."""

    numbers: dict[tuple, int] = field(default_factory=dict)
    parents: dict[int, int] = field(default_factory=dict)
    count: int = 0

    def of(self, label, *read):
        """Return the number of what is made in a way from others."""
        key = label, tuple(map(self.find, read))
        if key not in self.numbers:
            self.count += 1
            self.numbers[key] = self.count
        return self.find(self.numbers[key])

    def find(self, number):
        while number in self.parents:
            number = self.parents[number]
        return number

    def unite(self, one, other):
        """Let two be the same, and with them what is made from them in the same way."""
        pairs = [(one, other)]
        while pairs:
            for first, second in pairs:
                if self.find(first) != self.find(second):
                    self.parents[self.find(first)] = self.find(second)
            alike, pairs = {}, []
            for (label, read), number in self.numbers.items():
                first = alike.setdefault((label, tuple(map(self.find, read))), number)
                if self.find(first) != self.find(number):
                    pairs.append((number, first))
        self.numbers = alike


@dataclass
class World:
    """A project, its tables, and the model of both."""

    dice: Random
    sources: dict[str, list[str]] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)
    states: dict[str, TableState | None] = field(default_factory=dict)
    made: dict[str, dict[str, int]] = field(default_factory=dict)
    origins: Origins = field(default_factory=Origins)
    edits: int = 0
    snapshots: int = 0

    def build(self):
        """Declare a random graph."""
        names = [f"t{n}" for n in range(self.dice.randint(3, 6))]
        for at, name in enumerate(names):
            self.sources[name] = self.dice.sample(names[:at], min(at, self.dice.randint(1, 2)))
            self.definitions[name] = Definition(0, dict.fromkeys(COLUMNS, 0), *self.lineage(name))
            self.states[f"silver.{name}"] = None
        tables = {
            name: contract_of(
                type(name, (SilverTable,), {"__annotations__": dict.fromkeys(COLUMNS, int)})
            )
            for name in names
        }
        pipelines = tuple(
            Pipeline(
                name=name,
                function=lambda: None,
                sources={source: TableSource(tables[source]) for source in self.sources[name]},
                target=tables[name],
            )
            for name in names
        )
        settings = Settings.model_validate({"project": {"name": "shop"}})
        self.project = Project(Path("/nowhere"), settings, tuple(tables.values()), pipelines)
        return self

    def lineage(self, name):
        """Return random uses and deciders."""
        read = [(source, column) for source in self.sources[name] for column in COLUMNS]
        some = lambda most: set(self.dice.sample(read, min(len(read), self.dice.randint(0, most))))  # noqa: E731
        return {column: some(2) for column in COLUMNS}, some(1)

    def edit(self):
        """Change what a pipeline means, or return to what it meant at first."""
        definition = self.definitions[self.dice.choice(list(self.definitions))]
        self.edits += 1
        kind = self.dice.choice(["rows", "column", "column", "column", "back"])
        if kind == "rows":
            definition.rows = self.edits
        elif kind == "column":
            definition.columns[self.dice.choice(COLUMNS)] = self.edits
        else:
            definition.rows, definition.columns = 0, dict.fromkeys(COLUMNS, 0)

    def run(self, names, *, finds_rows_in_place=0.0):
        """Run pipelines in order; what has never been written cannot be read, and that fails."""
        for name in self.project.graph.order(names):
            if all(source in self.made for source in self.sources[name]):
                in_place = name in self.made and self.dice.random() < finds_rows_in_place
                self.write(name, in_place=in_place)

    def write(self, name, *, in_place):
        table = f"silver.{name}"
        read = {
            f"silver.{source}": self.states[f"silver.{source}"] for source in self.sources[name]
        }
        run = Provenance(
            RunIdentity("", name, self.code_version, str(self.facts[name].meaning)),
            {source: state.snapshot.id for source, state in read.items()},
            meanings_read={source: state.last_run.meaning for source, state in read.items()},
        )
        state, made = self.states[table], self.written(name, self.made)
        if in_place:
            properties = {**state.properties, **run.confirming(state.snapshot.id)}
            self.states[table] = self.state(state.snapshot, state.snapshots, properties)
            for column, number in self.made[name].items():
                self.origins.unite(number, made[column])
        else:
            self.snapshots += 1
            parent = state.snapshot.id if state else None
            snapshot = Snapshot(self.snapshots, parent, "overwrite", 1, 1, 0, run.summary())
            kept = {**(state.snapshots if state else {}), snapshot.id: snapshot}
            self.states[table] = self.state(snapshot, kept, state.properties if state else {})
            self.made[name] = made

    def state(self, snapshot, snapshots, properties):
        columns = self.project.pipelines[0].target.columns
        return TableState(
            "/t",
            columns,
            (),
            snapshot,
            snapshots,
            schema_id=0,
            properties=properties,
            column_names={0: tuple(column.name for column in columns)},
        )

    def written(self, name, read):
        """Return what a run writes: for the rows and each column, what they are made from."""
        definition = self.definitions[name]
        deciders = (read[source][column] for source, column in sorted(definition.deciders))
        rows_read = (read[source]["rows"] for source in self.sources[name])
        rows = self.origins.of((name, definition.rows), *rows_read, *deciders)
        made = {
            column: self.origins.of(
                (name, column, definition.columns[column]),
                rows,
                *(read[source][used] for source, used in sorted(definition.uses[column])),
            )
            for column in COLUMNS
        }
        return {"rows": rows, **made}

    def needed(self):
        """Return the pipelines whose tables differ from those of a run of everything."""
        whole = {}
        for name in self.sources:
            whole[name] = self.written(name, whole)
        return {name for name in self.sources if not self.is_same(self.made.get(name), whole[name])}

    def is_same(self, one, other):
        find = self.origins.find
        return one is not None and all(find(one[key]) == find(other[key]) for key in other)

    def expire(self):
        """Remove each earlier snapshot with a chance of one half."""
        for table, state in self.states.items():
            if state:
                kept = {
                    number: snapshot
                    for number, snapshot in state.snapshots.items()
                    if snapshot == state.snapshot or self.dice.random() < 0.5
                }
                self.states[table] = self.state(state.snapshot, kept, state.properties)

    @property
    def code_version(self):
        return repr([(d.rows, d.columns) for d in self.definitions.values()])

    @property
    def facts(self):
        return {name: facts_of(name, known) for name, known in self.definitions.items()}

    def planned(self):
        """Return the pipelines that the plan lists."""
        facts, version = self.facts, self.code_version
        changes, _ = pipeline_changes(self.project, self.states, facts, version)
        affected = affected_pipelines(self.project, self.states, facts, changes, version)
        return {one.pipeline for one in (*changes, *affected)}


def facts_of(name, definition):
    parts = [definition.rows, *(definition.columns[column] for column in COLUMNS)]
    rows, *columns = (f"{part:04x}" for part in parts)
    whole = f"{zlib.crc32(repr((name, parts)).encode()):016x}"
    return PlanFacts(
        (),
        {
            column: {SourceColumn(f"silver.{table}", used): "value" for table, used in uses}
            for column, uses in definition.uses.items()
        },
        {SourceColumn(f"silver.{table}", used): frozenset() for table, used in definition.deciders},
        PlanFingerprint(whole, rows, tuple(columns)),
    )


def histories(count):
    """Yield random worlds, each with a function that takes one step in it."""
    for seed in range(count):
        dice = Random(seed)
        world = World(dice).build()
        yield seed, world


def subset(world):
    return world.dice.sample(list(world.sources), world.dice.randint(1, len(world.sources)))


def test_the_plan_names_exactly_what_differs_from_a_run_of_everything():
    compared = listed = 0
    for seed, world in histories(80):
        for _ in range(12):
            assert world.planned() == world.needed(), seed
            compared, listed = compared + 1, listed + len(world.needed())
            if world.dice.random() < 0.5:
                world.edit()
            else:
                world.run(subset(world))
        world.run(world.planned())
        assert not world.planned(), seed
    # Neither everything nor nothing, so that the comparison means something.
    assert 0.2 < listed / (compared * 4.5) < 0.8


@pytest.mark.parametrize("also", ["snapshots expire", "runs find their rows in place"])
def test_the_plan_misses_nothing_where_it_knows_less(also):
    in_place = 0.3 if also == "runs find their rows in place" else 0.0
    compared = extra = 0
    for seed, world in histories(80):
        for _ in range(12):
            planned, needed = world.planned(), world.needed()
            assert needed <= planned, seed
            compared, extra = compared + len(world.sources), extra + len(planned - needed)
            if world.dice.random() < 0.5:
                world.edit()
            else:
                world.run(subset(world), finds_rows_in_place=in_place)
            if also == "snapshots expire":
                world.expire()
        # Rows that a run found in place, of another meaning, are replaced only now.
        for _ in range(2):
            world.run(world.planned())
        assert not world.planned(), seed
    assert extra < compared / 20
