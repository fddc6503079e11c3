"""New modules of contracts in a project: checked before they are written, and never written over others."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from alur.contracts.columns import ArrayType, Column, ColumnType, MapType, StructType
from alur.contracts.contract import Contract
from alur.contracts.table import contract_of
from alur.errors import AlurError, ExchangeError
from alur.exchange.column_source import USED_NAMES, unused
from alur.exchange.contract_source import identifier_like, module_source
from alur.exchange.files import write_text
from alur.exchange.losses import Imported
from alur.project.project import Inspection

_FOLDER = "contracts"


@dataclass(frozen=True)
class NewModule:
    """A module of contracts that is not written yet.

    Attributes:
        source: its text; it declares exactly the contracts.
    """

    path: Path
    source: str
    imported: tuple[Imported, ...]


def new_module(
    project: Inspection,
    name: str,
    origin: str,
    imported: Sequence[Imported],
    others: Sequence[NewModule] = (),
) -> NewModule:
    """Return a module with contracts for a project's folder of contracts.

    Args:
        project: it may have problems, as one without contracts does, but none in alur.toml or in its imports.
        name: what its file is called after.
        origin: where the contracts come from, for the module's docstring.
        others: the modules to be written with it.

    Raises:
        ExchangeError: the file or one of the tables is there already, or a contract is not valid.
    """
    folder = project.root / _FOLDER
    assert project.settings is not None, "alur.toml is valid"
    if not folder.is_dir() or _FOLDER not in project.settings.project.modules:
        raise ExchangeError(
            f"the project has no package {_FOLDER!r}",
            remedy=f"create the folder {folder}, and name it in [project] modules of alur.toml",
        )
    path = folder / f"{identifier_like(name)}.py"
    if path.exists() or any(other.path == path for other in others):
        raise ExchangeError(
            f"{path} is there already", remedy="rename or remove it, and import again"
        )
    declared = [*project.contracts, *(one.contract for m in others for one in m.imported)]
    _refuse_declared(declared, imported)
    taken = {*USED_NAMES}
    named = [
        replace(one, contract=replace(one.contract, name=unused(one.contract.name, taken)))
        for one in imported
    ]
    source = module_source([one.contract for one in named], f"Tables imported from {origin}.")
    _verify(source, path, [one.contract for one in named])
    return NewModule(path, source, tuple(named))


def write(modules: Iterable[NewModule]) -> None:
    """Write modules, each whole or not at all.

    Raises:
        ExchangeError: a file has appeared meanwhile, or cannot be written.
    """
    for module in modules:
        write_text(module.path, module.source, replace=False)


def _refuse_declared(contracts: Iterable[Contract], imported: Sequence[Imported]) -> None:
    declared = {contract.identifier: contract for contract in contracts}
    for one in imported:
        identifier = one.contract.identifier
        other = declared.get(identifier)
        if other is not None:
            raise ExchangeError(
                f"there is a contract of {identifier} already",
                where=other.location if other.location.line else None,
                remedy="remove it, or give the imported table another name",
            )
        declared[identifier] = one.contract


def _verify(source: str, path: Path, contracts: Sequence[Contract]) -> None:
    """Refuse source that does not declare exactly some contracts."""
    module = ModuleType(f"{_FOLDER}.{path.stem}")
    try:
        with warnings.catch_warnings():
            # A column may be called as one of pydantic's methods is.
            warnings.simplefilter("ignore", UserWarning)
            code = compile(source, str(path), "exec", dont_inherit=True)
            exec(code, vars(module))  # noqa: S102 - names are checked, and texts are literals
    except AlurError as error:
        texts = [f"{problem.message}" for problem in error.problems]
        raise ExchangeError(
            f"not possible as a contract: {'; '.join(texts)}",
            remedy="correct the description, and import again",
        ) from None
    for contract in contracts:
        if not same(contract_of(vars(module)[contract.name]), contract):
            raise ExchangeError(
                f"the source of {contract.identifier} does not say what its description says",
                remedy="report it: Alur is at fault",
            )


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
