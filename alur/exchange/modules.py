"""New modules of contracts in a project: checked before they are written, and never written over others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from alur.contracts.contract import Contract
from alur.errors import ExchangeError
from alur.exchange.column_source import USED_NAMES, unused
from alur.exchange.contract_source import identifier_like, module_source
from alur.exchange.files import write_text
from alur.exchange.losses import Imported
from alur.exchange.verifying import problem_of
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
    contracts = [one.contract for one in named]
    problem = problem_of(source, contracts, f"{_FOLDER}.{path.stem}")
    if problem:
        raise ExchangeError(
            f"not possible as a contract: {problem}",
            remedy="correct the description, and import again",
        )
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
