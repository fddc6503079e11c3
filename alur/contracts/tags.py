"""Tags of columns, such as personal data, which follow the values through the pipelines."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tag:
    """A kind of data in a column. Columns computed from it have the tag, too.

    Attributes:
        name: any word, such as ``pii``; alur.toml can refuse it in a layer.
        holds: False if the column does not hold such data although it is computed from some, as a hash or a count.

    >>> from typing import Annotated
    >>> from alur import SilverTable, Tag, contract_of
    >>> class Customers(SilverTable):
    ...     customer_id: int
    ...     email: Annotated[str, Tag("pii")]
    >>> contract_of(Customers).column("email").tags
    (Tag(name='pii', holds=True),)
    """

    name: str
    holds: bool = True


def tags_of(metadata: Iterable[object], extra: object) -> tuple[Tag, ...]:
    """Return the tags of a field: from ``Annotated``, and from ``tags`` in its ``json_schema_extra``.

    >>> tags_of([Tag("pii")], {"tags": ["secret"]})
    (Tag(name='pii', holds=True), Tag(name='secret', holds=True))
    """
    names: Any = extra.get("tags", ()) if isinstance(extra, Mapping) else ()
    given = [names] if isinstance(names, str) else names
    tags = [item for item in metadata if isinstance(item, Tag)]
    return tuple(dict.fromkeys([*tags, *(Tag(str(name)) for name in given)]))
