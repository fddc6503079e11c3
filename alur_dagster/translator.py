"""Decides how Dagster shows a project: one small method for each fact, to be overridden by a team."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from alur.contracts.columns import Column
from alur.contracts.contract import Contract
from alur.contracts.rules import Rule, names_of
from alur.errors import Location
from alur.pipelines.pipeline import Pipeline
from alur.pipelines.sources import FileSource, Source, TableSource
from alur_dagster import markdown

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,7}")
"""An e-mail address, as Dagster recognizes it."""

_RULE_WITH_TEXT = re.compile("(.*? must (?:match|be one of) )(.*)", re.DOTALL)


class AlurTranslator:
    """Turns contracts, pipelines and sources into asset specs. Override a method to change one fact.

    >>> from alur_dagster import AlurTranslator
    >>> class Prefixed(AlurTranslator):
    ...     def get_asset_key(self, contract):
    ...         return super().get_asset_key(contract).with_prefix("shop")
    """

    def get_asset_key(self, contract: Contract) -> dg.AssetKey:
        """Return ``[layer, table]``."""
        return dg.AssetKey([contract.layer, contract.table])

    def get_landing_key(self, source: FileSource) -> dg.AssetKey:
        """Return ``["landing", name]``, with a name from the pattern's folders."""
        # Dagster accepts only ASCII. Code points replace other letters, so different names stay different.
        plain = re.sub(r"[^A-Za-z0-9_]", lambda match: f"u{ord(match[0]):04x}", source.name)
        return dg.AssetKey(["landing", plain])

    def get_group_name(self, contract: Contract) -> str:
        """Return the layer."""
        return contract.layer

    def get_description(self, pipeline: Pipeline) -> str:
        """Return the contract's docstring, then the pipeline's."""
        return "\n\n".join(
            text for text in (pipeline.target.description, pipeline.description) if text
        )

    def get_owners(self, contract: Contract) -> Sequence[str]:
        """Return the contract's owners: e-mail addresses, and ``team:name`` for all other names."""
        return [
            owner if owner.startswith("team:") or _EMAIL.fullmatch(owner) else f"team:{owner}"
            for owner in contract.owners
            if owner.removeprefix("team:")
        ]

    def get_tags(self, pipeline: Pipeline) -> Mapping[str, str]:
        """Return the contract's tags, spelled as Dagster allows; the metadata hold the original spelling."""
        return {_tag_key(key): _plain(value) for key, value in pipeline.target.tags}

    def get_kinds(self, pipeline: Pipeline) -> set[str]:
        """Return the technologies shown on the asset."""
        return {"pyspark", "iceberg"}

    def get_metadata(self, pipeline: Pipeline) -> Mapping[str, Any]:
        """Return the metadata known before any run: columns, the code's location, the write mode."""
        target = pipeline.target
        tags = dict(target.tags)
        return {
            "dagster/column_schema": self.get_column_schema(target),
            "dagster/code_references": _code_references(
                pipeline=pipeline.location, contract=target.location
            ),
            "alur/pipeline": pipeline.name,
            "alur/mode": pipeline.mode,
            "alur/resource_profile": pipeline.resource_profile,
            "alur/key": ", ".join(target.key) or "none",
            "alur/partitioned_by": ", ".join(map(str, target.partition_by)) or "nothing",
            **({"alur/tags": tags} if tags != self.get_tags(pipeline) else {}),
        }

    def get_column_schema(self, contract: Contract) -> dg.TableSchema:
        """Return the columns with their types, descriptions and rules."""
        rules: dict[str, list[str]] = {}
        for rule in contract.rules:
            if len(rule.columns) == 1 and rule.kind not in ("not_null", "unique"):
                name = rule.columns[0].partition(".")[0]
                rules.setdefault(name, []).append(
                    rule.describe().removeprefix(f"{name} must ").removeprefix("be ")
                )
        return dg.TableSchema(
            [
                _table_column(column, rules.get(column.name, []), contract)
                for column in contract.columns
            ]
        )

    def get_asset_spec(self, pipeline: Pipeline) -> dg.AssetSpec:
        """Return the asset of a pipeline's table, from all of the above."""
        return dg.AssetSpec(
            self.get_asset_key(pipeline.target),
            deps=[self.get_source_key(source) for source in pipeline.sources.values()],
            group_name=self.get_group_name(pipeline.target),
            description=self.get_description(pipeline),
            owners=self.get_owners(pipeline.target),
            tags=self.get_tags(pipeline),
            kinds=self.get_kinds(pipeline),
            metadata=self.get_metadata(pipeline),
            # A run without new files writes nothing, and so yields no result.
            skippable=True,
        )

    def get_landing_spec(self, *sources: FileSource) -> dg.AssetSpec:
        """Return the asset of the landing files of some sources; sources of one key are one asset."""
        columns = {column.name: column for source in sources for column in source.columns}
        patterns = list(dict.fromkeys(source.pattern for source in sources))
        schema = dg.TableSchema([_table_column(column, [], None) for column in columns.values()])
        matched = " or ".join(f"`{pattern}`" for pattern in patterns)
        return dg.AssetSpec(
            self.get_landing_key(sources[0]),
            group_name="landing",
            description=f"Files that match {matched} in the landing location.",
            kinds={"file", *(source.format for source in sources)},
            metadata={"dagster/column_schema": schema, "alur/pattern": ", ".join(patterns)},
        )

    def get_source_key(self, source: Source) -> dg.AssetKey:
        """Return the key of a pipeline's source."""
        if isinstance(source, TableSource):
            return self.get_asset_key(source.contract)
        return self.get_landing_key(source)

    def get_check_specs(self, pipeline: Pipeline) -> list[dg.AssetCheckSpec]:
        """Return a check for each rule of the contract; it is blocking if the rule stops the write."""
        key = self.get_asset_key(pipeline.target)
        return [
            dg.AssetCheckSpec(
                name,
                asset=key,
                description=_rule_in_words(rule),
                blocking=pipeline.target.stops_at(rule),
            )
            for rule, name in names_of(pipeline.target.rules).items()
        ]

    def get_schedule_name(self, pipeline: Pipeline, position: int) -> str:
        """Return the pipeline's name with ``_schedule``, and a number from the second schedule on."""
        return f"{pipeline.name}_schedule" + (f"_{position + 1}" if position else "")


def schedule_tag(expression: str) -> str:
    """Return an AWS expression as a tag's value, which Dagster limits to letters, digits and ``._-``.

    >>> schedule_tag("cron(0/15 * * * ? *)")
    'cron_0.15_x_x_x_q_x'
    """
    return _plain(expression.translate(str.maketrans("*?/#,", "xq.n."))).strip("_")


def _plain(text: str) -> str:
    """Return text as a valid value of a Dagster tag."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", text)[:63]


def _tag_key(key: str) -> str:
    """Return text as a valid key of a Dagster tag, which may have one namespace.

    >>> _tag_key("finance/cost center")
    'finance/cost_center'
    """
    namespace, slash, name = key.partition("/")
    return (
        f"{_plain(namespace)}/{_plain(name)}"
        if slash and namespace and name
        else _plain(key) or "_"
    )


def _rule_in_words(rule: Rule) -> str:
    """Return a rule in words, for Markdown and plain text: possible markup is written as code instead of escaped.

    >>> _rule_in_words(Rule("pattern", ("code",), "^[A-Z]*$"))
    'code must match `^[A-Z]*$`'
    """
    words = rule.describe()
    if markdown.escape(words) == words:
        return words
    match = _RULE_WITH_TEXT.fullmatch(words)
    return f"{match[1]}{markdown.code(match[2])}" if match else markdown.escape(words)


def _code_references(**places: Location) -> dg.CodeReferencesMetadataValue:
    with warnings.catch_warnings():
        # Dagster calls code references a beta feature; users of Alur could not act on the warning.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return dg.CodeReferencesMetadataValue(
            code_references=[
                dg.LocalFileCodeReference(file_path=place.path, line_number=place.line, label=label)
                for label, place in places.items()
            ]
        )


def _table_column(
    column: Column, rules: Sequence[str], contract: Contract | None
) -> dg.TableColumn:
    unique = contract is not None and contract.key == (column.name,)
    constraints = dg.TableColumnConstraints(
        nullable=column.nullable, unique=unique, other=list(rules)
    )
    return dg.TableColumn(
        column.name,
        str(column.type),
        description=column.description or None,
        constraints=constraints,
    )
