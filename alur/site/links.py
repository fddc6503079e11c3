"""Links between the pages of a site, and places in the project's code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from alur.errors import Location


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads to a page.

    Attributes:
        page: the path of the page in the site, with a fragment if it leads to a part of it.
    """

    text: str
    page: str


def column_fragment(column: str) -> str:
    """Return the fragment of a column on its table's page.

    >>> column_fragment("amount")
    '#column-amount'
    """
    return f"#column-{quote(column)}"


def place_of(location: Location, root: Path) -> str:
    """Return a line of the project's code, the same on every machine; a file elsewhere by its name alone."""
    path = Path(location.path)
    inside = path.is_relative_to(root)
    return f"{path.relative_to(root).as_posix() if inside else path.name}:{location.line}"
