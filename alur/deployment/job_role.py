"""The access of a Glue job's role, as data."""

from __future__ import annotations

from dataclasses import dataclass

from alur.contracts.contract import Layer
from alur.naming import BUCKETS, TABLES_PREFIX, BucketKind


@dataclass(frozen=True, slots=True)
class TableGrant:
    """A table within a role's reach.

    Attributes:
        table: its name; ``*`` for all of the layer.
    """

    layer: Layer
    table: str

    @property
    def files(self) -> str:
        """Return the pattern of its files' keys in the layer's bucket."""
        folder = "" if self.table == "*" else f"{self.table}/"
        return f"{TABLES_PREFIX}{folder}*"


@dataclass(frozen=True, slots=True)
class JobRole:
    """The role of one or more jobs.

    Attributes:
        label: its name in Terraform.
        temporary: where in the artifacts bucket the jobs stage their rows; ends with a slash.
        landing: the patterns of the landing files' keys in the bronze bucket.
        reads: tables it may only read.
        writes: tables it may also write.
    """

    label: str
    name: str
    description: str
    temporary: str
    landing: tuple[str, ...]
    reads: tuple[TableGrant, ...]
    writes: tuple[TableGrant, ...]

    @property
    def buckets(self) -> tuple[BucketKind, ...]:
        """Return the buckets within its reach."""
        reached: set[str] = {grant.layer for grant in (*self.reads, *self.writes)}
        reached |= {"artifacts", *(["bronze"] if self.landing else [])}
        return tuple(kind for kind in BUCKETS if kind in reached)

    @property
    def listed(self) -> tuple[str, ...]:
        """Return the patterns of the prefixes it may list in these buckets, without those of temporary files."""
        tables = (grant.files for grant in (*self.reads, *self.writes))
        return tuple(dict.fromkeys((*self.landing, *tables)))

    @property
    def folders(self) -> tuple[str, ...]:
        """Return the folder of the temporary files, and those above it within the environment's, from the top."""
        project, environment, *rest = self.temporary.rstrip("/").split("/")
        top = f"{project}/{environment}"
        return (top, *("/".join((top, *rest[: n + 1])) for n in range(len(rest))))

    @property
    def databases_read(self) -> tuple[Layer, ...]:
        """Return the layers of the tables it may only read."""
        return tuple(dict.fromkeys(grant.layer for grant in self.reads))
