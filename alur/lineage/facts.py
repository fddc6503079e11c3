"""What a pipeline's plan says before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alur.lineage.fingerprints import PlanFingerprint
from alur.lineage.uses import Deciders, JoinedColumns, SourceColumn, Uses


@dataclass(frozen=True, slots=True)
class ReturnedColumn:
    """A column of the frame that a pipeline's function returns.

    Attributes:
        type: Spark's name of the type, such as ``bigint``.
    """

    name: str
    type: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What is known of one pipeline without reading a row.

    Attributes:
        schema: the columns of the returned frame; empty if it is unknown.
        columns: for each column of the target, the columns of sources in its values.
        row_deciders: the columns of sources that decide which rows there are.
        meaning: the fingerprint, with one of the rows and one of each column.
        joins: the columns of sources that joins compare with each other.
        caveats: why the lineage claims more than it would have to, or the plan is not the whole truth.
        files: the files and folders that the function read while it built its plan, with digests of their content.
    """

    schema: tuple[ReturnedColumn, ...]
    columns: Mapping[str, Uses]
    row_deciders: Deciders
    meaning: PlanFingerprint
    caveats: tuple[str, ...] = ()
    joins: tuple[JoinedColumns, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change with the meaning of the pipeline, not with its text."""
        return self.meaning.whole

    def as_data(self) -> dict[str, Any]:
        """Return the facts as data for JSON."""
        return {
            "schema": [[c.name, c.type, c.nullable] for c in self.schema],
            "columns": {
                name: [[*column, how] for column, how in uses.items()]
                for name, uses in self.columns.items()
            },
            "row_deciders": [
                [*column, *sorted(reasons)] for column, reasons in self.row_deciders.items()
            ],
            "meaning": str(self.meaning),
            "caveats": list(self.caveats),
            "joins": [[*one, *other] for one, other in self.joins],
            "files": dict(self.files),
        }

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> PlanFacts:
        """Return the facts that :meth:`as_data` returned as data."""
        return cls(
            tuple(ReturnedColumn(*column) for column in data["schema"]),
            {
                name: {SourceColumn(table, column): how for table, column, how in uses}
                for name, uses in data["columns"].items()
            },
            {
                SourceColumn(table, column): frozenset(reasons)
                for table, column, *reasons in data["row_deciders"]
            },
            PlanFingerprint.parse(data["meaning"]),
            tuple(data["caveats"]),
            tuple((SourceColumn(*pair[:2]), SourceColumn(*pair[2:])) for pair in data["joins"]),
            dict(data["files"]),
        )
