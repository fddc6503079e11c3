"""The changes of a table as a pipeline's source."""

from __future__ import annotations

from alur.contracts.table import Table, contract_of
from alur.errors import PipelineError
from alur.pipelines.sources import TableSource


def changes(table: type[Table], *, removed: bool = False) -> TableSource:
    """Return the rows that came into a table since the pipeline's last run, as a source.

    The first run receives all rows. The function's frame has the contract's columns and ``_change``: ``"added"``, or
    ``"removed"`` for a row that left the table, since its writer replaced or deleted it. A row that was only written
    again with others is in neither. The pipeline's mode must be ``append`` or ``merge``.

    What a run has read is in its own commit, so a run that fails or is killed loses and doubles nothing. If the snapshot
    of the last run has expired, or the columns of the table have changed, the run receives all rows: with ``append``
    they then replace those of the target.

    Args:
        table: the contract of a table that another pipeline writes.
        removed: whether the function receives removed rows, too. Without it such rows stop the run: a table made from
            them would be wrong.

    Raises:
        PipelineError: ``table`` is not a contract's class.

    >>> from alur import SilverTable, changes
    >>> class Orders(SilverTable, key="order_id"):
    ...     order_id: str
    >>> source = changes(Orders, removed=True)
    >>> source.contract.identifier, [column.name for column in source.columns]
    ('silver.orders', ['order_id', '_change'])
    """
    if not (isinstance(table, type) and issubclass(table, Table)):
        raise PipelineError(
            f"changes({table!r}): not a contract",
            remedy="use the class of a table that another pipeline writes: changes(Orders)",
        )
    return TableSource(contract_of(table), is_changes=True, has_removed=removed)
