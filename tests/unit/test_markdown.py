"""Text in Markdown: what a renderer shows is the text, and nothing in it acts."""

import re
from html import unescape
from random import Random

import pytest
from markdown_it import MarkdownIt

from alur.cli.markdown import escaped

TAG = re.compile(r"<!-- -->|</?span>")
# What GitHub looks for in the text nodes of the rendered page.
ACTS = re.compile(r"@\w|#\d|\bGH-\d|:[\w+-]+:", re.IGNORECASE)
TEXTS = [
    "a_b_c *bold* **more** ~~no~~ `code` _so_",
    "<script>alert(1)</script> <!-- hidden --> &lt; &amp;copy; AT&T",
    "@alur/data see #1, GH-12 and alur/alur#34 :tada:",
    "[link](https://example.org) ![image](x.png) [^1] [x]: y",
    "| a | b |",
    "$0.66 instead of $15.84 and $x$",
    "# title",
    "- item",
    "+ item",
    "12. item",
    "1) item",
    "--- ***",
    "===",
    "> quote",
    "back\\slash \\* \\",
    "a@b.example",
]


def shown(text):
    """Return a list item with a text as HTML."""
    html = MarkdownIt("gfm-like", {"linkify": False}).render(f"- {escaped(text)}\n")
    match = re.fullmatch(r"<ul>\n<li>(.*)</li>\n</ul>\n", html)
    assert match, html
    return match[1]


def is_shown_as_it_is(text):
    html = shown(text)
    plain = TAG.sub("\n", html)
    assert not re.search("<[^>]*>", plain), html
    assert not ACTS.search(plain), html
    assert html.count("$") < 2 or "$" not in re.sub(r"<span>\$</span>", "", html)
    # A renderer drops spaces at the ends of a line.
    return unescape(TAG.sub("", html)) == text.strip()


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_shown_as_it_is(text):
    assert is_shown_as_it_is(text)


def test_so_is_any_text():
    dice = Random(5)
    signs = "ab1 @#:-+=.$&<>|`*_[](){}!~\\;/x"
    for _ in range(2000):
        text = " ".join("".join(dice.choices(signs, k=dice.randint(1, 12))).split())
        assert not text or is_shown_as_it_is(text), text
