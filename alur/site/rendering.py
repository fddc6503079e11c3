"""Renders pages with Jinja2: every value is escaped for HTML, and data in scripts also for them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alur.errors import EngineError
from alur.text import visible

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = Path(__file__).parent
STYLE = "style.css"
GRAPH_SCRIPTS = ("layout.js", "trail.js", "drawing.js", "controls.js", "lineage.js")
"""The scripts of the graph, in the order in which they are loaded."""
SCRIPTS = (*GRAPH_SCRIPTS, "schedules.js", "search.js")
"""The scripts of all pages before the data; ``pages.js`` follows it."""


def render(template: str, **values: Any) -> str:
    """Return a page.

    Raises:
        EngineError: Jinja2 is not installed.
    """
    return _environment().get_template(template).render(values)


def asset(name: str) -> str:
    """Return the text of a style sheet or a script."""
    return (_FOLDER / "assets" / name).read_text(encoding="utf-8")


def script_data(data: Any) -> str:
    r"""Return data as JavaScript, also within a page's script.

    >>> print(script_data(["</script>", "\u2028"]))
    ["\u003c/script\u003e","\u2028"]
    """
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _shown(value: Any) -> Any:
    """Return a value of a page with its control characters written out."""
    return visible(value) if type(value) is str else value


@cache
def _environment() -> Environment:
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError:
        raise EngineError(
            "Jinja2, which renders the pages, is not installed",
            remedy='pip install "alur[local]"',
        ) from None
    return Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
