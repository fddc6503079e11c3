"""The base classes of contracts: pydantic models, each for one table."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from alur.contracts.annotations import Unsupported, column_of
from alur.contracts.columns import BRONZE_COLUMNS, Column
from alur.contracts.contract import Contract, Layer, OnViolation
from alur.contracts.partitioning import PartitionField
from alur.contracts.problems import ContractProblems, check_contract
from alur.contracts.rules import Rule
from alur.errors import ContractError, Location


class Table(BaseModel):
    """The base class of the three layers; users subclass those instead."""

    model_config = ConfigDict(
        protected_namespaces=(),
        arbitrary_types_allowed=True,
        # Rules read patterns as Python does; see patterns.
        regex_engine="python-re",
    )

    __layer__: ClassVar[Layer | None] = None
    __contract__: ClassVar[Contract | None] = None

    def __init_subclass__(cls, **keywords: Any) -> None:
        # pydantic passes the class keywords to this hook, too; the next hook handles Alur's keywords.
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(  # noqa: PLR0913 - all are keywords of users' classes
        cls,
        *,
        name: str | None = None,
        key: str | Iterable[str] = (),
        partition_by: str | PartitionField | Iterable[str | PartitionField] = (),
        owners: str | Iterable[str] = (),
        tags: str | dict[str, str] | Iterable[str] = (),
        on_violation: OnViolation = "fail",
        keep: str | None = None,
        keep_snapshots: int | None = None,
        **unknown: Any,
    ) -> None:
        super().__pydantic_init_subclass__()
        cls.__contract__ = None
        if cls.__layer__ is None or "__layer__" in vars(cls):
            return
        problems = ContractProblems(cls, _class_location(cls.__name__))
        for keyword in unknown:
            problems.note(
                f"unknown keyword {keyword!r}",
                "use name, key, partition_by, owners, tags, on_violation, keep or keep_snapshots",
            )
        columns, rules = _columns(cls, cls.__layer__, problems)
        keys = _names(key)
        if keys:
            rules = (*rules, Rule("unique", keys))
        contract = Contract(
            name=cls.__name__,
            table=cls.__name__.lower() if name is None else name,
            layer=cls.__layer__,
            columns=columns,
            rules=rules,
            key=keys,
            partition_by=_partitioning(partition_by),
            owners=_names(owners),
            tags=_tags(tags),
            on_violation=on_violation,
            keep=keep,
            keep_snapshots=keep_snapshots,
            description=(cls.__doc__ or "").strip() if "__doc__" in vars(cls) else "",
            location=problems.location,
            module=cls.__module__,
        )
        check_contract(contract, problems)
        problems.raise_any()
        cls.__contract__ = contract


class BronzeTable(Table):
    """A table of rows as they arrived. Alur adds the columns ``_ingested_at``, ``_source_file`` and ``_run_id``.

    The class keywords are those of `SilverTable`.

    >>> from alur import BronzeTable, contract_of
    >>> class OrdersBronze(BronzeTable):
    ...     order_id: str
    >>> [column.name for column in contract_of(OrdersBronze).columns]
    ['order_id', '_ingested_at', '_source_file', '_run_id']
    """

    __layer__ = "bronze"


class SilverTable(Table):
    """A table of cleaned rows. Subclass it and declare a field for each column.

    Class keywords: ``name`` (the table's name; by default the class's name in lower case), ``key`` (columns whose values
    are unique together), ``partition_by`` (columns or transforms such as ``days("created_at")``), ``owners`` (e-mail
    addresses or ``team:name``), ``tags``, ``on_violation`` (``"fail"``, or ``"warn"`` to write rows that break a rule
    and report them), and ``keep`` and ``keep_snapshots`` (how long the table keeps its snapshots, instead of the settings
    in alur.toml).

    Raises:
        ContractError: a field, a key or a partition column is not possible; ``problems`` lists every such mistake.

    >>> from alur import SilverTable, contract_of
    >>> class OrdersSilver(SilverTable, key="order_id"):
    ...     order_id: str
    ...     amount: float
    >>> str(contract_of(OrdersSilver).columns[1].type)
    'double'
    """

    __layer__ = "silver"


class GoldTable(Table):
    """A table of figures for people. The class keywords are those of `SilverTable`."""

    __layer__ = "gold"


def contract_of(table: type[Table]) -> Contract:
    """Return the contract of a table's class.

    Raises:
        ContractError: the argument is not a table's class, or is one of the three base classes.

    >>> from alur import GoldTable, contract_of
    >>> class DailySales(GoldTable, name="daily_sales"):
    ...     orders: int
    >>> contract_of(DailySales).identifier
    'gold.daily_sales'
    """
    if not (isinstance(table, type) and issubclass(table, Table)):
        raise ContractError(
            f"{table!r} is not a contract",
            remedy="name a class of your own that subclasses BronzeTable, SilverTable or GoldTable",
        )
    if table.__contract__ is None:
        raise ContractError(
            f"{table.__name__} declares no table",
            remedy="subclass BronzeTable, SilverTable or GoldTable and give it fields",
        )
    return table.__contract__


def _class_location(name: str) -> Location:
    """Return the line of the user's ``class`` statement: the first frame outside Alur and pydantic."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        module = frame.f_globals.get("__name__", "")
        if not (module.startswith("pydantic") or module in {__name__, "abc"}):
            break
        frame = frame.f_back
    return Location(str(Path(frame.f_code.co_filename)), frame.f_lineno)


def _columns(
    cls: type[Table], layer: Layer, problems: ContractProblems
) -> tuple[tuple[Column, ...], tuple[Rule, ...]]:
    columns: list[Column] = []
    rules: list[Rule] = []
    if not cls.__pydantic_complete__:
        cls.model_rebuild()
    for name, info in cls.model_fields.items():
        try:
            column, more = column_of(name, info)
        except Unsupported as error:
            problems.note(error.reason, error.remedy, name)
            continue
        columns.append(column)
        rules.extend(more)
    if not cls.model_fields:
        problems.note("no fields", "declare at least one, such as order_id: str")
    system = BRONZE_COLUMNS if layer == "bronze" else ()
    return (*columns, *system), tuple(rules)


def _partitioning(
    given: str | PartitionField | Iterable[str | PartitionField],
) -> tuple[PartitionField, ...]:
    items = (given,) if isinstance(given, str | PartitionField) else tuple(given)
    return tuple(
        PartitionField("identity", item) if isinstance(item, str) else item for item in items
    )


def _names(given: str | Iterable[str]) -> tuple[str, ...]:
    """Return one name, or several, as a tuple."""
    return (given,) if isinstance(given, str) else tuple(given)


def _tags(given: str | dict[str, str] | Iterable[str]) -> tuple[tuple[str, str], ...]:
    if isinstance(given, dict):
        return tuple(given.items())
    return tuple((tag, "") for tag in _names(given))
