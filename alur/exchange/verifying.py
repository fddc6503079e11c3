"""Tries generated source of contracts before anything is written."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType

from alur.contracts.columns import ArrayType, Column, ColumnType, MapType, StructType
from alur.contracts.contract import Contract
from alur.contracts.table import contract_of
from alur.errors import AlurError


def problem_of(source: str, contracts: Sequence[Contract], module_name: str) -> str | None:
    """Return why source does not declare exactly some contracts; None if it does."""
    module = ModuleType(module_name)
    try:
        with warnings.catch_warnings():
            # A column may be called as one of pydantic's methods is.
            warnings.simplefilter("ignore", UserWarning)
            code = compile(source, module_name, "exec", dont_inherit=True)
            exec(code, vars(module))  # noqa: S102 - names are checked, and texts are literals
        for contract in contracts:
            if not same(contract_of(vars(module)[contract.name]), contract):
                return f"Python reads the source of {contract.identifier} in another way"
    except AlurError as error:
        return "; ".join(problem.message for problem in error.problems)
    except Exception as error:  # what pydantic and Python refuse has no common base
        return " ".join(str(error).split()) or type(error).__name__
    return None


def same(one: Contract, other: Contract) -> bool:
    """Return whether two contracts mean the same, in whatever order their rules are."""
    return _comparable(one) == _comparable(other)


def _comparable(contract: Contract) -> object:
    return (
        replace(
            contract,
            rules=(),
            description=inspect.cleandoc(contract.description),
        ),
        frozenset(contract.rules),
        [_tags(column) for column in contract.columns],
    )


def _tags(column: Column) -> object:
    return column.name, frozenset(column.tags), _inner_tags(column.type)


def _inner_tags(type_: ColumnType) -> object:
    match type_:
        case ArrayType(element=inner) | MapType(value=inner):
            return _inner_tags(inner)
        case StructType(fields):
            return [_tags(field) for field in fields]
        case _:
            return None
