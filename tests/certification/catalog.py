"""All expressions and queries of the suite, by family."""

from __future__ import annotations

from collections.abc import Iterator

from tests.certification import (
    catalog_aggregates,
    catalog_compositions,
    catalog_functions,
    catalog_nested,
    catalog_operators,
    catalog_python,
    catalog_relations,
)
from tests.certification.cases import Template
from tests.certification.catalog_relations import Relation

TEMPLATES = {
    "operators and comparisons": catalog_operators.operators,
    "conditions and nulls": catalog_operators.conditions,
    "casts": catalog_operators.casts,
    "bits": catalog_operators.bits,
    "texts": catalog_functions.texts,
    "numbers": catalog_functions.numbers,
    "dates and times": catalog_functions.times,
    "parts of nested values": catalog_nested.items,
    "arrays": catalog_nested.arrays,
    "maps and structs": catalog_nested.maps,
    "functions of functions": catalog_nested.higher_order,
    "JSON, URLs and CSV": catalog_nested.json,
    "one column twice": catalog_compositions.same_columns,
    "conditions of conditions": catalog_compositions.logic,
    "results compared": catalog_compositions.compared,
    "aggregates": catalog_aggregates.aggregates,
    "windows": catalog_aggregates.windows,
}
RELATIONS = {
    "keys": catalog_relations.keys,
    "keys of two types": catalog_relations.mixed_joins,
    "levels": catalog_relations.levels,
    "rows and columns": catalog_relations.reshaping,
    "Python functions": catalog_python.functions,
}


def all_templates() -> Iterator[Template]:
    """Yield the expressions of the catalog."""
    for templates in TEMPLATES.values():
        yield from templates()


def all_relations() -> Iterator[Relation]:
    """Yield the queries of the catalog."""
    for relations in RELATIONS.values():
        yield from relations()
