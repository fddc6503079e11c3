"""Digests of the text of all modules of the user's that a module may import: they keep no change secret."""

from __future__ import annotations

import ast
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from alur.lineage.digests import digest
from alur.lineage.opened_files import content_digest
from alur.lineage.user_code import file_of

_FILE_NAME = re.compile(r"[\w./ -]{0,200}\.\w{1,12}")
_BY_NAME = frozenset({"import_module", "__import__"})
_ENVIRONMENT = frozenset({"environ", "environb", "getenv", "BaseSettings", "pydantic_settings"})
_CLOCKS = frozenset(
    [
        *("now", "utcnow", "today", "time", "time_ns", "localtime", "gmtime", "uuid1", "uuid4"),
        *("random", "randint", "randrange", "choice", "token_hex", "token_urlsafe", "urandom"),
    ]
)
"""The names of functions that return something else in each call."""
_NOISE = frozenset({"_", "PWD", "OLDPWD", "SHLVL", "COLUMNS", "LINES"})
"""Variables of the environment that a shell changes by itself."""


@dataclass
class _Text:
    """What the text of a module says.

    Attributes:
        imports: names of modules, and of what is taken from them, which may be modules, too.
        imports_anything: whether it imports by a name that only a run knows.
        files: strings that may be names of files.
    """

    imports: list[str] = field(default_factory=list)
    imports_anything: bool = False
    files: list[str] = field(default_factory=list)
    reads_environment: bool = False
    may_vary: bool = False


class SourceTexts:
    """The texts of the user's modules, as they were when this was made or first looked at.

    Args:
        root: the project's folder.
        loaded_at: when the project was loaded, in nanoseconds; a file that is younger may differ from what was loaded.
        parsed: what is known of texts from another time, by their digests.
        passed_over: folders with data, whose files are no part of the code.
    """

    def __init__(
        self,
        root: Path,
        loaded_at: int,
        parsed: dict[str, Any] | None = None,
        passed_over: tuple[Path, ...] = (),
    ) -> None:
        self._root = root
        self._loaded_at = loaded_at
        self._parsed = {} if parsed is None else parsed
        self._known: dict[str, str] = {}
        self._passed_over = (root / ".alur", *passed_over)
        self._texts: dict[str, tuple[str, _Text]] = {}
        self._files: dict[str, str | None] = {}
        self._contents: dict[str, str | None] = {}
        self._reached: dict[str, frozenset[str]] = {}
        self._digests: dict[str, str] = {}

    def digest(self, module: str) -> str:
        """Return the digest of all that a module may import, of files named in it, and of the environment it reads."""
        if module not in self._digests:
            reached = sorted(self.reached(module))
            parts = [f"{name} {self._text(name)[0]}" for name in reached]
            named = sorted({file for name in reached for file in self.named_files(name)})
            parts += [f"{path} {self._content(path)}" for path in named]
            if any(self._text(name)[1].reads_environment for name in reached):
                parts += sorted(f"{k}={v}" for k, v in os.environ.items() if k not in _NOISE)
            self._digests[module] = digest(*parts)
        return self._digests[module]

    def may_vary(self, module: str) -> bool:
        """Return whether code may use the time, or chance."""
        return any(self._text(name)[1].may_vary for name in self.reached(module))

    def reached(self, module: str) -> frozenset[str]:
        """Return the user's modules that a module may import, itself included."""
        if module not in self._reached:
            found: set[str] = set()
            waiting = {module}
            while waiting:
                name = waiting.pop()
                if name in found or self.file(name) is None:
                    continue
                found.add(name)
                waiting |= set(self._imported(name))
            self._reached[module] = frozenset(found)
        return self._reached[module]

    def file(self, module: str) -> str | None:
        """Return the path of one of the user's modules; None if it is not the user's."""
        if module not in self._files:
            self._files[module] = file_of(module)
        return self._files[module]

    def named_files(self, module: str) -> Iterator[str]:
        """Yield the files of the project that strings in a module name: from its folder, or from the project's."""
        file = self.file(module)
        for name in self._text(module)[1].files:
            for base in (self._root, Path(file).parent if file else self._root):
                path = os.path.normpath(base / name)
                if self._is_part(path) and os.path.isfile(path):
                    yield path

    def _is_part(self, path: str) -> bool:
        inside = path.startswith(f"{self._root}{os.sep}")
        return inside and not any(path.startswith(f"{p}{os.sep}") for p in self._passed_over)

    def _imported(self, module: str) -> Iterator[str]:
        text = self._text(module)[1]
        if text.imports_anything:
            yield from self._all_modules
        package = module if (self.file(module) or "").endswith("__init__.py") else ""
        package = package or module.rpartition(".")[0]
        for name in (module, *text.imports):
            absolute = _absolute(name, package)
            parts = absolute.split(".")
            yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))

    @cached_property
    def _all_modules(self) -> tuple[str, ...]:
        """The names of all modules in the project's folder."""
        found: list[str] = []
        for folder, folders, names in os.walk(self._root):
            if "pyvenv.cfg" in names:
                folders.clear()
                continue
            folders[:] = [name for name in folders if name.isidentifier()]
            package = Path(folder).relative_to(self._root).parts
            stems = (name[:-3] for name in names if name.endswith(".py"))
            found += (".".join((*package, stem)) for stem in stems if stem.isidentifier())
        return tuple(name.removesuffix(".__init__") for name in found)

    def _text(self, module: str) -> tuple[str, _Text]:
        """Return the digest of a module's text, and what the text says."""
        if module not in self._texts:
            path = self.file(module) or ""
            try:
                content = Path(path).read_bytes()
                is_younger = os.stat(path).st_mtime_ns > self._loaded_at
            except OSError:
                content, is_younger = b"", True
            known = hashlib.blake2b(content, digest_size=8).hexdigest()
            self._known[module] = known
            # What was loaded may be another text: this one must not stand for it.
            self._texts[module] = uuid4().hex if is_younger else known, self._said(known, content)
        return self._texts[module]

    def _said(self, known: str, content: bytes) -> _Text:
        try:
            return _Text(**self._parsed[known])
        except (KeyError, TypeError):
            text = _parsed(content)
            self._parsed[known] = vars(text)
            return text

    def used(self) -> dict[str, Any]:
        """Return what is known of the texts so far, by their digests, for another time."""
        return {known: self._parsed[known] for known in self._known.values()}

    def _content(self, path: str) -> str | None:
        if path not in self._contents:
            self._contents[path] = content_digest(path)
        return self._contents[path]


def _absolute(name: str, package: str) -> str:
    module = name.lstrip(".")
    dots = len(name) - len(module)
    if not dots:
        return module
    parts = package.split(".")
    base = ".".join(parts[: len(parts) - dots + 1])
    return f"{base}.{module}" if module and base else module or base


def _parsed(content: bytes) -> _Text:
    text = _Text()
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return text
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                text.imports += [alias.name for alias in names]
            case ast.ImportFrom():
                base = "." * node.level + (node.module or "")
                joint = "" if base.endswith(".") else "."
                text.imports += [base, *(f"{base}{joint}{alias.name}" for alias in node.names)]
                text.may_vary |= any(alias.name in _CLOCKS for alias in node.names)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                text.may_vary |= name in _CLOCKS
                if name in _BY_NAME:
                    match node.args:
                        case [ast.Constant(value=str(module))]:
                            text.imports.append(module)
                        case _:
                            text.imports_anything = True
            case ast.Constant(value=str(value)) if _FILE_NAME.fullmatch(value):
                text.files.append(value)
    words = content.decode(errors="replace")
    text.reads_environment = any(word in words for word in _ENVIRONMENT)
    return text
