"""A project in a folder, written by a test and run as by a user."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

from alur.contracts.contract import Contract
from alur.project.project import Project
from alur.runtime.local import local_warehouse
from tests.engines import Engines, Ran, forget_modules

SYSTEM_COLUMNS = ("_ingested_at", "_source_file", "_run_id")

_ALUR_TOML = '[project]\nname = "shop"\n'
_CONTRACTS = """\
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from alur import (
    BronzeTable, Float32, GoldTable, Int32, SilverTable, bucket, days, hours, months, truncate, years
)
"""
_PIPELINES = """\
from pyspark.sql import functions as F

from alur import files
from alur.decorators import pipeline
from contracts import *
"""


@dataclass
class TinyProject:
    """A project below ``root``; its modules are ``contracts`` and ``pipelines``."""

    root: Path
    engines: Engines
    engine: str = "sail"
    _loaded: tuple[object, Project] | None = field(default=None, init=False, repr=False)

    def write(self, files: Mapping[str, str | bytes]) -> TinyProject:
        """Write files, text without its common indentation; create parent folders as needed."""
        for name, content in {"alur.toml": _ALUR_TOML, **files}.items():
            path = self.root / name
            if name == "alur.toml" and path.exists() and name not in files:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            data = content if isinstance(content, bytes) else dedent(content).encode()
            path.write_bytes(data)
        return self

    def declare(self, contracts: str, pipelines: str) -> TinyProject:
        """Write both modules, below their common imports."""
        return self.write(
            {
                "contracts.py": _CONTRACTS + dedent(contracts),
                "pipelines.py": _PIPELINES + dedent(pipelines),
            }
        )

    def land(self, name: str, content: str | bytes) -> Path:
        """Put a file into the landing folder."""
        self.write({f"landing/{name}": content})
        return self.root / "landing" / name

    def load(self) -> Project:
        """Load the project as its files are now."""
        forget_modules(self.root)
        return Project.load(self.root)

    def as_declared(self) -> Project:
        """Return the project, loaded again only if a file has changed, to look up its tables."""
        state = self.root, _sources(self.root)
        if self._loaded is None or self._loaded[0] != state:
            self._loaded = state, self.load()
        return self._loaded[1]

    def run(self, *names: str) -> Ran:
        """Run pipelines, by default all."""
        return self.engines.run(self.engine, self.root, names)

    def contract(self, table: str) -> Contract:
        """Return a table's contract, by ``layer.table`` or the table's name."""
        return self.as_declared().table(table)

    def table(self, name: str) -> Any:
        """Return a table as an Iceberg tool opens it."""
        project = self.as_declared()
        return local_warehouse(project).table(project.table(name))

    def arrow(self, table: str) -> Any:
        """Return a table as PyIceberg reads it."""
        project = self.as_declared()
        return local_warehouse(project).rows(project.table(table))

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """Return a table's rows, sorted by their values; by default without system columns."""
        data = self.arrow(table)
        names = columns or [name for name in data.column_names if name not in SYSTEM_COLUMNS]
        return sorted(zip(*(data[name].to_pylist() for name in names), strict=True), key=_order)

    def snapshots(self) -> dict[str, list[int]]:
        """Return the ids of all snapshots of all existing tables."""
        catalog = local_warehouse_at(self.root).catalog
        ids = {}
        for namespace in catalog.list_namespaces():
            for identifier in catalog.list_tables(namespace):
                table = catalog.load_table(identifier)
                ids[".".join(identifier)] = [s.snapshot_id for s in table.metadata.snapshots]
        return ids

    def line_of(self, file: str, text: str) -> tuple[str, int]:
        """Return the path and number of a file's only line with a text."""
        lines = (self.root / file).read_text().splitlines()
        (number,) = (n for n, line in enumerate(lines, 1) if text in line)
        return str(self.root / file), number


def _sources(root: Path) -> dict[str, bytes]:
    """Return the contents of the files that loading a project reads."""
    contents = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in (".alur", "landing")]
        paths = [os.path.join(folder, name) for name in files if name.endswith((".py", ".toml"))]
        contents |= {path: Path(path).read_bytes() for path in paths}
    return contents


def _order(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a sort key for rows of any values; null comes first."""
    return tuple(
        (0,)
        if value is None
        else (1, value)
        if not isinstance(value, dict | list)
        else (2, repr(value))
        for value in row
    )


def local_warehouse_at(root: Path) -> Any:
    """Return the warehouse of the project in a folder, even if the project cannot be loaded."""
    from alur.runtime.tables.pyiceberg_warehouse import LocalWarehouse

    return LocalWarehouse(root / ".alur" / "warehouse")


def csv_of(header: str, rows: Sequence[Sequence[object]]) -> str:
    """Return the text of a CSV file."""
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"
