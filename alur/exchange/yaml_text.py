"""Documents as YAML or JSON: plain mappings, lists, texts and numbers, and nothing that a file could run."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from alur.errors import ExchangeError, Location

if TYPE_CHECKING:
    from types import ModuleType

_MOST_VALUES = 1_000_000
_MOST_CHARACTERS = 50_000_000

_TAG = "tag:yaml.org,2002:"
# The core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema), with each pattern's first characters.
_CORE = {
    "null": (re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    "bool": (re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")),
    "int": (re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$"), list("-+0123456789")),
    "float": (
        re.compile(
            r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
            r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
        ),
        list("-+.0123456789"),
    ),
    "merge": (re.compile(r"^<<$"), ["<"]),
}
_ALSO_TRUTH = frozenset("yYnN")
"""Truth values in YAML 1.1, which PyYAML takes for texts, but other readers do not."""


def parsed(text: str, path: str) -> Any:
    """Return the document in a file's text.

    YAML is read as version 1.2 says: dates stay texts, only ``true`` and ``false`` are truth values, ``010`` is ten, and
    ``1:30`` a text.

    Args:
        path: the file's; JSON's name ends with .json.

    Raises:
        ExchangeError: the text is neither valid YAML nor valid JSON, or its aliases stand for far too much.

    >>> parsed("{on: 2026-01-02, sure: true, n: [010, 1e3, 1:30]}", "x.yaml")
    {'on': '2026-01-02', 'sure': True, 'n': [10, 1000.0, '1:30']}
    """
    document = _loaded(text, path)
    if not path.endswith(".json"):
        _refuse_endless(document, path)
    return document


def _loaded(text: str, path: str) -> Any:
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


def _refuse_endless(document: Any, path: str) -> None:
    """Refuse a document whose aliases stand for far more than it holds: to read it would take all memory."""
    try:
        values, characters = _expanded(document, {})
    except (_Endless, RecursionError):
        problem = "is nested without end"
    else:
        if values <= _MOST_VALUES and characters <= _MOST_CHARACTERS:
            return
        problem = f"stands for more than {_MOST_VALUES:,} values or {_MOST_CHARACTERS:,} characters"
    raise ExchangeError(f"{path} {problem}", remedy="write it without aliases within aliases")


class _Endless(Exception):
    """A value holds itself."""


def _expanded(value: Any, known: dict[int, tuple[int, int] | None]) -> tuple[int, int]:
    """Return how many values and characters a document has, if each alias stands for what it names.

    Args:
        known: the answers so far, by identity; None for a value that is being counted.
    """
    if isinstance(value, str):
        return 1, len(value)
    if not isinstance(value, dict | list):
        return 1, 0
    if id(value) in known:
        counted = known[id(value)]
        if counted is None:
            raise _Endless
        return counted
    known[id(value)] = None
    inner = [*value, *value.values()] if isinstance(value, dict) else value
    parts = [_expanded(item, known) for item in inner]
    known[id(value)] = total = (1 + sum(n for n, _ in parts), sum(c for _, c in parts))
    return total


def written(document: Any) -> str:
    r"""Return a document as YAML, which readers of YAML 1.1 and 1.2 read alike.

    >>> written({"name": "orders", "on": "2026-01-02", "code": "1e3"})
    "name: orders\n'on': '2026-01-02'\ncode: '1e3'\n"
    """
    yaml = _yaml()

    class Dumper(yaml.SafeDumper):  # type: ignore[misc, name-defined]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text_node(dumper: Any, text: str) -> Any:
        return dumper.represent_scalar(f"{_TAG}str", text, style=_style(text))

    Dumper.add_representer(str, text_node)
    shown: str = yaml.dump(document, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
    return shown


def _style(text: str) -> str | None:
    """Return the style in which YAML keeps a text as it is: lines as lines, other unprintable characters escaped.

    PyYAML itself quotes what YAML 1.1 takes for a number, a date or a truth value.
    """
    if not all(character.isprintable() or character == "\n" for character in text):
        return '"'
    if "\n" in text:
        return "|"
    is_other = text in _ALSO_TRUTH or any(p.match(text) for p, _ in _CORE.values())
    return "'" if is_other else None


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
    """Return PyYAML's safe loader, which reads YAML 1.1, with the numbers and truth values of YAML 1.2."""

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own attribute

    for name, (pattern, first) in _CORE.items():
        Loader.add_implicit_resolver(f"{_TAG}{name}", pattern, first)
    Loader.add_constructor(
        f"{_TAG}int", lambda loader, node: _integer(loader.construct_scalar(node))
    )
    Loader.add_constructor(
        f"{_TAG}float", lambda loader, node: _float(loader.construct_scalar(node))
    )
    return Loader


def _integer(text: str) -> int:
    """Return an integer.

    >>> _integer("010"), _integer("0o10"), _integer("0x10")
    (10, 8, 16)
    """
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return int(text[2:] if base != 10 else text, base)


def _float(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


def _unreadable(path: str, line: int, form: str, error: Exception) -> ExchangeError:
    problem = getattr(error, "problem", None) or error
    return ExchangeError(
        f"not valid {form}: {problem}", where=Location(path, line), remedy="correct the file"
    )
