"""Pages use the glossary's words, and none of their listed synonyms."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"
PAGES = [
    path
    for path in sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
    if path != GLOSSARY
]
ENTRY = re.compile(
    r"^\| \*\*(?P<word>[^*]+)\*\* \| (?P<meaning>.+?) \| ?(?P<others>.*?) ?\|$", re.MULTILINE
)
ENTRIES = list(ENTRY.finditer(GLOSSARY.read_text()))
OTHER_WORDS = {
    other: entry["word"] for entry in ENTRIES for other in entry["others"].split(", ") if other
}


def prose(page):
    """Return a page's prose, without code, addresses and comments."""
    text = re.sub(r"^ *```.*?^ *```$|<!--.*?-->", "", page, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`]*`|\]\([^)]*\)", "", text)


def other_words_in(text):
    """Return the synonyms in a text for words of the glossary."""
    words = "|".join(map(re.escape, OTHER_WORDS))
    return re.findall(rf"\b({words})s?\b", prose(text), re.IGNORECASE)


def test_entries_are_in_order():
    words = [entry["word"] for entry in ENTRIES]
    assert len(words) > 20
    assert words == sorted(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_pages_use_the_glossary_s_words(page):
    assert [
        f"{word}: write {OTHER_WORDS[word.lower()]}" for word in other_words_in(page.read_text())
    ] == []


def test_another_word_is_found_in_prose_alone():
    assert other_words_in("Rows go to the sink.\n`sink`\n```text\nsink\n```\n") == ["sink"]
