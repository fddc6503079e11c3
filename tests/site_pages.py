"""A written site of `alur docs` as a test reads it: its pages, their texts, ids and links."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass
class SitePage(HTMLParser):
    """A page without its scripts.

    Attributes:
        text: all text, with single spaces.
        rows: the texts of the rows of its tables, by their ids if they have one.
    """

    path: str
    source: str
    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    elements: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    rows: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self._row: str | None = None
        self.feed(self.source)
        self.close()
        self.rows = {name: " ".join(text.split()) for name, text in self.rows.items()}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.elements.append(tag)
        if found.get("id"):
            self.ids.append(found["id"] or "")
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag == "tr":
            self._row = found.get("id") or f"row {len(self.rows)}"
            self.rows[self._row] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "tr":
            self._row = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._row is not None:
            self.rows[self._row] += f" {data}"

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def pages(folder: Path) -> dict[str, SitePage]:
    """Return all pages of a site, by their paths."""
    found = sorted(folder.rglob("*.html"))
    return {
        path.relative_to(folder).as_posix(): SitePage(
            path.relative_to(folder).as_posix(), path.read_text()
        )
        for path in found
    }


def broken_links(folder: Path) -> list[str]:
    """Return the links of a site that lead nowhere: to a missing file, to a missing part of a page, or elsewhere."""
    site = pages(folder)
    broken = []
    for page in site.values():
        for link in page.links:
            parts = urlsplit(link)
            target = posixpath.normpath(
                posixpath.join(posixpath.dirname(page.path), unquote(parts.path))
            )
            if parts.scheme == "data" and link == "data:,":
                continue
            if parts.scheme or parts.netloc:
                broken.append(f"{page.path}: {link}")
                continue
            target = target if parts.path else page.path
            fragment = unquote(parts.fragment)
            leads = (folder / target).is_file()
            if not leads or (fragment and fragment not in site[target].ids):
                broken.append(f"{page.path}: {link}")
    return broken
