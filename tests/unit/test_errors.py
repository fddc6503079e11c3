"""Errors: the details of several problems are kept, for any number of them."""

from __future__ import annotations

import pytest

from alur.errors import (
    AlurError,
    ContractError,
    Location,
    Problems,
    ProjectError,
    QualityError,
    RunError,
    ScheduleError,
    SourceError,
)

HERE = Location("contracts/gold.py", 3)


def raised(*errors: AlurError) -> AlurError:
    with pytest.raises(AlurError) as caught:
        Problems(errors).raise_any()
    return caught.value


def test_one_problem_is_raised_as_it_is():
    problem = ContractError("no fields")
    assert raised(problem) is problem


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ((ContractError("a"), ContractError("b")), ContractError),
        ((SourceError("a"), QualityError("b")), RunError),
        ((ContractError("a"), ScheduleError("b")), ProjectError),
    ],
)
def test_several_are_caught_as_what_they_share(errors, kind):
    error = raised(*errors)
    assert type(error) is kind
    assert error.problems == list(errors)
    assert str(error) == "a\nb"


def test_no_problem_raises_nothing():
    Problems().raise_any()


def test_what_blocks_raise_is_collected_one_by_one():
    problems = Problems()
    with problems.caught():
        raise raised(ContractError("a"), ContractError("b"))
    with problems.caught():
        raise ContractError("c")
    assert [problem.message for problem in problems] == ["a", "b", "c"]


def test_a_place_that_is_known_stays():
    error = raised(ContractError("a", where=HERE), ContractError("b"))
    placed = error.at(Location("contracts/gold.py", 9))
    assert [str(problem) for problem in placed.problems] == [
        "contracts/gold.py:3: a",
        "contracts/gold.py:9: b",
    ]
    assert str(placed) == "contracts/gold.py:3: a\ncontracts/gold.py:9: b"
    assert [problem.where for problem in error.problems] == [HERE, None]


def test_a_subject_stands_before_each_message_and_all_else_stays():
    error = QualityError("3 rows", remedy="drop them", results=("r",)).about("load").at(HERE)
    assert (type(error), error.results) == (QualityError, ("r",))
    assert str(error) == "contracts/gold.py:3: load: 3 rows\n  fix: drop them"
    several = raised(ContractError("a"), ContractError("b")).about("Orders")
    assert type(several) is ContractError
    assert [problem.message for problem in several.problems] == ["Orders: a", "Orders: b"]
