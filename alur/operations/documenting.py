"""Writes the documentation of a project as a static site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from alur.contracts.contract import Contract
from alur.errors import AlurError
from alur.lineage.graph import LineageGraph
from alur.lineage.tagging import tagged_columns
from alur.lineage.uses import How, Reason, SourceColumn
from alur.operations.lineage import Direction, Lineage, lineage, lineage_graph
from alur.project.project import Project
from alur.site.datasets import DEFAULT_FOLDER
from alur.site.folder import check_folder, write_site
from alur.site.lineage_page import LINEAGE_MARK, lineage_page
from alur.site.site import Freshness, site_files
from alur.written_files import check_replaceable, put, remains


@dataclass(frozen=True)
class Documented:
    """A written site.

    Attributes:
        folder: the folder of its ``index.html``.
        pages: the number of its pages about tables and landing files.
    """

    folder: Path
    pages: int


def document(project: Project, folder: Path | None = None, *, freshness: bool = True) -> Documented:
    """Write the documentation of a project into a folder, by default ``.alur/docs``.

    Args:
        freshness: whether the pages show the last commits in the local warehouse.

    Raises:
        AlurError: the folder has files that Alur has not written, or cannot be written.
        EngineError: the packages to run pipelines are not installed.
    """
    target = (folder or project.root / DEFAULT_FOLDER).resolve()
    check_folder(target)
    graph = lineage_graph(project)
    fresh = _freshness(project) if freshness else None
    files = dict(site_files(project, graph, fresh))
    write_site(target, files)
    return Documented(target, sum(name.endswith(".html") for name in files) - 1)


def write_lineage(
    project: Project, name: str, direction: Direction, path: Path, *, force: bool = False
) -> None:
    """Write the lineage of a column or of a table as one page that needs no other file.

    Args:
        force: whether to replace a file that Alur has not written.

    Raises:
        AlurError: the table or the column does not exist, or the file is somebody else's, or cannot be written.
        EngineError: the packages to run pipelines are not installed.
    """
    if not force:
        check_replaceable(path, LINEAGE_MARK, "name another file, or replace it with --force")
    graph = lineage_graph(project)
    found = lineage(project, name, direction, graph)
    tables = [found.table, *_tables(found)]
    uses: dict[SourceColumn, dict[SourceColumn, How]] = {}
    for edge in found.edges:
        uses.setdefault(edge.target, {})[edge.source] = edge.how
    deciders: dict[str, dict[SourceColumn, frozenset[Reason]]] = {}
    for row in found.rows:
        deciders.setdefault(row.table, {})[row.source] = row.reasons
    caveats: dict[str, tuple[str, ...]] = {}
    for table, caveat in found.caveats:
        caveats[table] = (*caveats.get(table, ()), caveat)
    text = lineage_page(
        project,
        LineageGraph(uses, deciders, caveats),
        tagged_columns(project, graph),
        tables,
        found.columns[0].column if not found.is_whole else None,
        direction,
    )
    try:
        for left in remains([path]):
            left.unlink(missing_ok=True)
        put(path, text)
    except OSError as error:
        raise AlurError(
            f"{error.filename or path} cannot be written: {error.strerror}",
            remedy="name a file in a writable folder",
        ) from error


def _tables(found: Lineage) -> Iterator[str]:
    for edge in found.edges:
        yield from (edge.source.table, edge.target.table)
    for row in found.rows:
        yield from (row.source.table, row.table)


def _freshness(project: Project) -> dict[str, Freshness]:
    """Return the last commit to each table of this machine, without creating a warehouse."""
    from alur.runtime.local import local_warehouse

    warehouse = local_warehouse(project)
    if not (warehouse.folder / "catalog.db").is_file():
        return {contract.identifier: Freshness() for contract in project.contracts}

    def read(contract: Contract) -> Freshness:
        try:
            table = warehouse.table(contract)
        except AlurError as error:
            return Freshness(problem=error.message)
        snapshot = table.current_snapshot() if table else None
        if snapshot is None:
            return Freshness()
        at = datetime.fromtimestamp(snapshot.timestamp_ms / 1000, timezone.utc)
        total = snapshot.summary["total-records"] if snapshot.summary else None
        return Freshness(at, int(total or 0))

    return {contract.identifier: read(contract) for contract in project.contracts}
