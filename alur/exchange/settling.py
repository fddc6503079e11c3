"""Leaves out of an imported contract what no contract can say, whatever it is, and lists it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from alur.contracts.contract import Contract
from alur.errors import ExchangeError
from alur.exchange.column_source import class_name
from alur.exchange.contract_source import module_source
from alur.exchange.losses import Imported, Loss, brief, short
from alur.exchange.verifying import problem_of

_STRUCTURAL = ("not_null", "unique")
"""Rules that the types of columns and the key say."""

Change = Callable[[Contract], Contract]


def settled(imported: Imported) -> Imported:
    """Return an imported contract without the parts that cannot be declared, each of which becomes a loss.

    Raises:
        ExchangeError: its columns alone cannot be declared.
    """
    whole = imported.contract
    if _problem(whole) is None:
        return imported
    contract = _bare(whole)
    if problem := _problem(contract):
        raise ExchangeError(
            f"{short(whole.identifier)} is not possible as a contract: {short(problem)}",
            remedy="correct the description, and import again",
        )
    losses = list(imported.losses)
    for loss, change in _parts(whole):
        changed = change(contract)
        if _problem(changed) is None:
            contract = changed
        else:
            losses.append(loss)
    return Imported(contract, tuple(losses))


def _problem(contract: Contract) -> str | None:
    """Return why a contract cannot be declared; None if it can."""
    try:
        source = module_source([contract], "Tried.")
    except (ValueError, TypeError, RecursionError) as error:
        return str(error)
    return problem_of(source, [contract], "tried")


def _bare(contract: Contract) -> Contract:
    """Return a contract's columns and key alone."""
    return replace(
        contract,
        name=class_name(contract.table),
        columns=tuple(
            column if column.system else replace(column, description="", tags=())
            for column in contract.columns
        ),
        rules=tuple(rule for rule in contract.rules if rule.kind in _STRUCTURAL),
        partition_by=(),
        owners=(),
        tags=(),
        keep=None,
        keep_snapshots=None,
        description="",
    )


def _parts(whole: Contract) -> Iterator[tuple[Loss, Change]]:
    """Yield changes that add the parts of a contract one at a time, each with the loss of it."""
    table = whole.table

    def of_table(message: str, **change: object) -> tuple[Loss, Change]:
        return Loss(table, message), lambda c: replace(c, **change)

    yield of_table("the class's name", name=whole.name)
    yield of_table("the description", description=whole.description)
    yield of_table("the owners", owners=whole.owners)
    for tag in whole.tags:
        loss = Loss(table, f"the tag {brief(':'.join(filter(None, tag)))}")
        yield loss, lambda c, t=tag: replace(c, tags=(*c.tags, t))  # type: ignore[misc]
    yield of_table("keep", keep=whole.keep)
    yield of_table("keep_snapshots", keep_snapshots=whole.keep_snapshots)
    for part in whole.partition_by:
        loss = Loss(table, f"the partitioning by {part}", of_rows=True)
        yield loss, lambda c, p=part: replace(c, partition_by=(*c.partition_by, p))  # type: ignore[misc]
    for rule in whole.rules:
        if rule.kind not in _STRUCTURAL:
            loss = Loss(f"{table}.{rule.columns[0]}", f"the rule: {rule.describe()}")
            yield loss, lambda c, r=rule: replace(c, rules=(*c.rules, r))  # type: ignore[misc]
    for column in whole.declared_columns:
        subject = f"{table}.{column.name}"
        yield (
            Loss(subject, "the description"),
            _with(column.name, "description", column.description),
        )
        yield Loss(subject, "the tags"), _with(column.name, "tags", column.tags)


def _with(name: str, attribute: str, value: object) -> Change:
    def changed(contract: Contract) -> Contract:
        columns = (
            replace(column, **{attribute: value}) if column.name == name else column  # type: ignore[arg-type]
            for column in contract.columns
        )
        return replace(contract, columns=tuple(columns))

    return changed
