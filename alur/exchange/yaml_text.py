"""Documents as YAML or JSON: plain mappings, lists, texts and numbers, and nothing that a file could run."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from alur.errors import ExchangeError, Location

if TYPE_CHECKING:
    from types import ModuleType

_DROPPED = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")


def parsed(text: str, path: str) -> Any:
    """Return the document in a file's text.

    Dates stay texts, and only ``true`` and ``false`` are truth values, as in YAML 1.2.

    Args:
        path: the file's; JSON's name ends with .json.

    Raises:
        ExchangeError: the text is neither valid YAML nor valid JSON.

    >>> parsed("{on: 2026-01-02, sure: true}", "x.yaml")
    {'on': '2026-01-02', 'sure': True}
    """
    if path.endswith(".json"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            line = getattr(error, "lineno", 1)
            raise _unreadable(path, line, "JSON", error) from None
    yaml = _yaml()
    try:
        return yaml.load(text, Loader=_loader(yaml))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise _unreadable(path, mark.line + 1 if mark else 1, "YAML", error) from None


def written(document: Any) -> str:
    r"""Return a document as YAML.

    >>> written({"name": "orders", "on": "2026-01-02"})
    "name: orders\n'on': '2026-01-02'\n"
    """
    yaml = _yaml()

    class Dumper(yaml.SafeDumper):  # type: ignore[misc, name-defined]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text_node(dumper: Any, text: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))

    Dumper.add_representer(str, text_node)
    shown: str = yaml.dump(document, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
    return shown


def _style(text: str) -> str | None:
    """Return the style in which YAML keeps a text as it is: lines as lines, other unprintable characters escaped."""
    if not all(character.isprintable() or character == "\n" for character in text):
        return '"'
    return "|" if "\n" in text else None


def _yaml() -> ModuleType:
    try:
        import yaml
    except ImportError:
        raise ExchangeError(
            "PyYAML, which reads and writes YAML, is not installed",
            remedy="pip install 'alur[local]'",
        ) from None
    module: ModuleType = yaml
    return module


def _loader(yaml: Any) -> Any:
    """Return PyYAML's safe loader without the surprises of YAML 1.1."""

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own attribute
            first: [(tag, pattern) for tag, pattern in resolvers if tag not in _DROPPED]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    truth = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
    Loader.add_implicit_resolver("tag:yaml.org,2002:bool", truth, list("tTfF"))
    return Loader


def _unreadable(path: str, line: int, form: str, error: Exception) -> ExchangeError:
    problem = getattr(error, "problem", None) or error
    return ExchangeError(
        f"not valid {form}: {problem}", where=Location(path, line), remedy="correct the file"
    )
