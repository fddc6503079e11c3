"""Every write mode into every state of its target: the effect on the table, its rows and its files."""

import pytest

from alur import Int32, SilverTable
from alur.contracts.columns import Column, PrimitiveType
from alur.contracts.partitioning import PartitionField
from alur.contracts.table import contract_of
from alur.errors import SchemaError
from alur.pipelines.modes import WRITE_MODES, Rows
from alur.runtime.tables.state import Snapshot, TableState
from alur.runtime.tables.write_plan import Files, WritePlan, plan_write

NOTHING, ALL, OTHERS, KEYS = Rows.NONE, Rows.ALL, Rows.OTHER_PARTITIONS, Rows.OTHER_KEYS
KEEP, REMOVE, TOUCHED = Files.NONE, Files.ALL, Files.TOUCHED_PARTITIONS
HOLDING = Files.HOLDING_KEYS
MODES = list(WRITE_MODES)
DAY = PartitionField("identity", "day")


def contract(key):
    class T(SilverTable, key=key, partition_by="day"):
        id: int
        day: str

    return contract_of(T)


def column(name, type_="string", *, nullable=False):
    return Column(name, PrimitiveType(type_), nullable)


BY_DAY = (DAY,)
SAME = (column("id", "bigint"), column("day"))
STATES = {
    "same": (SAME, BY_DAY),
    "repartitioned": (SAME, (PartitionField("identity", "id"),)),
    "not partitioned before": (SAME, ()),
    "narrower": ((column("id", "int"), column("day")), BY_DAY),
    "lacks a required column": ((column("id", "bigint"),), ()),
    "has another column": ((*SAME, column("more")), BY_DAY),
    "had a nullable column": ((column("id", "bigint"), column("day", nullable=True)), BY_DAY),
}
WRITTEN = Snapshot(id=7, parent=None, operation="append", added=1, total=1)


def state(name, snapshot=WRITTEN):
    columns, partitioning = STATES[name]
    kept = {} if snapshot is None else {snapshot.id: snapshot}
    return TableState("/t", columns, partitioning, snapshot, kept)


def planned(mode, before, *, key="id", **more):
    plan = plan_write(before, contract(key), WRITE_MODES[mode], **more)
    return plan.action, plan.kept, plan.removes


@pytest.mark.parametrize("mode", MODES)
def test_a_table_that_does_not_exist_is_created(mode):
    assert planned(mode, None) == ("create", NOTHING, KEEP)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("before", STATES)
def test_a_table_that_was_never_written_becomes_what_the_contract_says(mode, before):
    expected = ("evolve", NOTHING, KEEP) if before == "same" else ("replace", NOTHING, REMOVE)
    assert planned(mode, state(before, snapshot=None)) == expected


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("overwrite", ("evolve", NOTHING, REMOVE)),
        ("append", ("evolve", ALL, KEEP)),
        ("merge", ("evolve", KEYS, HOLDING)),
        ("overwrite_partitions", ("evolve", OTHERS, TOUCHED)),
    ],
)
def test_a_table_that_is_as_its_contract_says(mode, expected):
    assert planned(mode, state("same")) == expected


@pytest.mark.parametrize("before", ["repartitioned", "not partitioned before"])
@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("overwrite", ("replace", NOTHING, REMOVE)),
        ("append", ("rewrite", ALL, REMOVE)),
        ("merge", ("rewrite", KEYS, REMOVE)),
        ("overwrite_partitions", ("rewrite", OTHERS, REMOVE)),
    ],
)
def test_no_file_stays_in_another_partitioning(mode, before, expected):
    assert planned(mode, state(before)) == expected


@pytest.mark.parametrize(
    ("mode", "reads_narrower_files", "expected"),
    [
        ("overwrite", False, ("replace", NOTHING, REMOVE)),
        ("overwrite", True, ("replace", NOTHING, REMOVE)),
        ("append", False, ("rewrite", ALL, REMOVE)),
        ("append", True, ("evolve", ALL, KEEP)),
        ("merge", False, ("rewrite", KEYS, REMOVE)),
        ("merge", True, ("evolve", KEYS, HOLDING)),
        ("overwrite_partitions", False, ("rewrite", OTHERS, REMOVE)),
        ("overwrite_partitions", True, ("evolve", OTHERS, TOUCHED)),
    ],
)
def test_files_of_narrower_types_stay_where_readers_take_them(mode, reads_narrower_files, expected):
    found = planned(mode, state("narrower"), reads_narrower_files=reads_narrower_files)
    assert found == expected


@pytest.mark.parametrize(
    ("before", "message"),
    [
        ("lacks a required column", "day was added and is required"),
        ("has another column", "more was dropped"),
        ("had a nullable column", "day became required"),
    ],
)
def test_rows_that_stay_must_fit_the_contract(before, message):
    for mode in ("append", "merge", "overwrite_partitions"):
        with pytest.raises(SchemaError, match=f"cannot follow T: {message}"):
            planned(mode, state(before))
    assert planned("overwrite", state(before)) == ("replace", NOTHING, REMOVE)


@pytest.mark.parametrize(
    ("before", "action"),
    [("same", "evolve"), ("repartitioned", "rewrite"), ("narrower", "rewrite")],
)
@pytest.mark.parametrize(
    ("mode", "beside"),
    [("overwrite", NOTHING), ("append", ALL), ("merge", NOTHING), ("overwrite_partitions", OTHERS)],
)
def test_keys_must_differ_from_those_of_the_rows_that_stay(mode, beside, before, action):
    """A merge replaces the rows with the same keys."""
    plan = plan_write(state(before), contract("id"), WRITE_MODES[mode])
    assert plan.unique_against is beside
    assert plan.reads_before_commit == (mode != "overwrite")
    if mode != "merge":
        plan = plan_write(state(before), contract(()), WRITE_MODES[mode])
        assert plan.unique_against is NOTHING
        assert plan.reads_before_commit == (mode != "overwrite" and action == "rewrite")


@pytest.mark.parametrize("before", [None, state("same", snapshot=None), state("same")])
def test_which_files_are_new_follows_from_the_rows_of_the_table(before):
    append = WRITE_MODES["append"]
    assert not plan_write(before, contract(()), append).reads_before_commit
    assert plan_write(before, contract(()), append, takes_each_file_once=True).reads_before_commit


def test_rows_are_written_again_only_where_all_files_go():
    def written_again(mode, before):
        return plan_write(state(before), contract("id"), WRITE_MODES[mode]).written_again

    assert [written_again(mode, "same") for mode in MODES] == [NOTHING, NOTHING, NOTHING, NOTHING]
    assert [written_again(mode, "narrower") for mode in MODES] == [NOTHING, ALL, KEYS, OTHERS]


def test_what_a_table_follows_is_part_of_the_plan():
    class T(SilverTable):
        id: int
        day: str | None
        more: Int32 | None

    before = TableState("/t", (column("id", "int"), column("day")), (), WRITTEN, {})
    for mode in ("append", "overwrite"):
        plan = plan_write(before, contract_of(T), WRITE_MODES[mode])
        assert [change.message for change in plan.changes] == [
            "id: int became bigint",
            "day became nullable",
            "more was added",
        ]
    never = TableState("/t", before.columns, (), None, {})
    assert plan_write(never, contract_of(T), WRITE_MODES["append"]).changes == ()


def test_columns_that_are_added_leave_files_as_they_are():
    before = TableState("/t", (column("id", "bigint"),), (), WRITTEN, {})

    class T(SilverTable):
        id: int
        more: str | None

    plan = plan_write(before, contract_of(T), WRITE_MODES["append"])
    assert plan == WritePlan("evolve", ALL, KEEP, changes=plan.changes)
