"""Everything that is tried."""

from __future__ import annotations

from collections.abc import Iterator

from tests.certification import (
    catalog_aggregates,
    catalog_functions,
    catalog_operators,
    catalog_relations,
)
from tests.certification.cases import Template
from tests.certification.catalog_relations import Relation


def all_templates() -> Iterator[Template]:
    """Yield the catalog."""
    yield from catalog_operators.templates()
    yield from catalog_aggregates.templates()
    yield from catalog_functions.templates()


def all_relations() -> Iterator[Relation]:
    """Yield the catalog's queries."""
    yield from catalog_relations.relations()
