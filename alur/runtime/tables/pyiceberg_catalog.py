"""The catalog of this machine: PyIceberg's SQLite catalog, without its copies of tables' whole histories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table.metadata import TableMetadataV2

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.typedef import Identifier


class LocalCatalog(SqlCatalog):
    """A catalog whose commits share the snapshots that they leave unchanged."""

    def load_table(self, identifier: str | Identifier) -> Table:
        """Load a table."""
        table = super().load_table(identifier)
        if type(table.metadata) is TableMetadataV2:
            table.metadata = _SharedMetadata.model_construct(
                table.metadata.model_fields_set, **table.metadata.__dict__
            )
        return table


class _SharedMetadata(TableMetadataV2):
    """Metadata whose deep copies are shallow.

    PyIceberg deep-copies it whenever a step of a transaction looks at it, about 20 times a commit. All its parts are
    immutable or never changed, so copies can share them.
    """

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> _SharedMetadata:
        return self.__copy__()
