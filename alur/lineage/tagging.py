"""Follows the tags of columns along the lineage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from alur.errors import AlurError, ContractError, SettingsError
from alur.lineage.graph import LineageGraph
from alur.lineage.sources import columns_of, name_of
from alur.lineage.uses import SourceColumn
from alur.project.project import Project
from alur.project.settings import FILE_NAME
from alur.project.suggestions import did_you_mean
from alur.project.toml_file import TomlFile

Path = tuple[SourceColumn, ...]
"""Columns from a tagged one, the last of them, to the one that comes from it."""


def tagged_columns(
    project: Project, graph: LineageGraph
) -> Mapping[SourceColumn, Mapping[str, Path]]:
    """Return the tags of all columns, each with the path to the column that declares it.

    A tag follows values, and neither conditions nor what decides the rows. A column can declare that it holds no such data.
    """
    tags: dict[SourceColumn, dict[str, Path]] = {}
    for name in project.graph.order():
        pipeline = project.pipeline(name)
        for source in pipeline.file_sources.values():
            for column in columns_of(source, pipeline):
                at = SourceColumn(name_of(source), column.name)
                tags[at] = {tag.name: (at,) for tag in column.tags if tag.holds}
        for column in pipeline.target.columns:
            at = SourceColumn(pipeline.target.identifier, column.name)
            found = {
                tag: (at, *path)
                for source, how in graph.columns.get(at, {}).items()
                if how != "condition"
                for tag, path in tags.get(source, {}).items()
            }
            found |= {tag.name: (at,) for tag in column.tags if tag.holds}
            refused = {tag.name for tag in column.tags if not tag.holds}
            tags[at] = {tag: path for tag, path in found.items() if tag not in refused}
    return tags


def tag_problems(project: Project, graph: LineageGraph) -> Iterator[AlurError]:
    """Yield a problem for each column with a tag that alur.toml refuses in its layer, and for each rule without columns."""
    tags = tagged_columns(project, graph)
    yield from _rules_without_columns(project, {tag for found in tags.values() for tag in found})
    for contract in project.contracts:
        for column in contract.columns:
            at = SourceColumn(contract.identifier, column.name)
            for tag, path in tags.get(at, {}).items():
                rule = project.settings.tags.get(tag)
                if rule is None or contract.layer not in rule.refuse_in:
                    continue
                came = "".join(f", which comes from {step}" for step in path[1:])
                yield ContractError(
                    f"{at} holds {tag}{came}; {FILE_NAME} refuses {tag} in {contract.layer}",
                    where=contract.location,
                    remedy=f'drop the column, or declare that it holds none: Annotated[..., Tag("{tag}", holds=False)]',
                )


def _rules_without_columns(project: Project, known: set[str]) -> Iterator[AlurError]:
    """Yield a problem for each rule about a tag that no column has: it would protect nothing."""
    file = TomlFile.read(project.root / FILE_NAME)
    for tag, rule in project.settings.tags.items():
        if rule.refuse_in and tag not in known:
            tagging = f'tag a column with Annotated[..., Tag("{tag}")], or remove the rule'
            yield SettingsError(
                f"no column has the tag {tag!r}",
                where=file.place(("tags", tag)),
                remedy=did_you_mean(tag, known, "tags") if known else tagging,
            )
