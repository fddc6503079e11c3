"""Digests of Python code change with all that the code reaches, and with nothing else."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alur.lineage.python_code import code_digest, read_code

LIBRARY = '''
import enum
import functools
import re
import threading
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace

RATE = 2
LIMITS = {"least": 1, "most": [10, 20]}
NAMES = {"red", "green", "blue"}
PATTERN = re.compile("^(" + "|".join(f"shop{n}" for n in range(99)) + "|last)$")
DECIMAL = Decimal("1.50")
LOCK = threading.Lock()

def used(value):
    """Return it."""
    return value + 3

def unused(value):
    return value * 13

class Base:
    FACTOR = 4
    def inherited(self, value):
        return value * 5
    @property
    def share(self):
        return 6

class Static(Base):
    TABLE = {"a": 7}
    @staticmethod
    def clean(value):
        return value + 8
    @classmethod
    def made(cls, value):
        return value + 9
    @functools.cached_property
    def cached(self):
        return 16
    def __init__(self, step=10):
        self.step = step
        self.lock = threading.Lock()
    def apply(self, value):
        return value + self.step

class Sealed:
    __slots__ = ("size",)
    def __init__(self):
        self.size = 17

class Size(enum.Enum):
    SMALL = 11
    def label(self):
        return f"size {self.value}"

@dataclass(frozen=True)
class Settings:
    rate: int = 12
    tags: dict = field(default_factory=lambda: {"x": 18})
    def of(self, value):
        return value * self.rate

@functools.lru_cache
def remembered(value):
    return value + 14

INSTANCE = Static()
SEALED = Sealed()
SETTINGS = Settings()
SPACE = SimpleNamespace(rate=15)
'''
INNER = "VAT = 21\n"
REACHED = {
    "a constant": ("from lib.things import RATE", "RATE", "RATE = 2", "RATE = 3"),
    "a constant through a module": ("import lib.things", "lib.things.RATE", "RATE = 2", "RATE = 3"),
    "a part of a constant": ("from lib.things import LIMITS", "LIMITS", "20]", "21]"),
    "a set": ("from lib.things import NAMES", "NAMES", '"red"', '"pink"'),
    "a long pattern": ("from lib.things import PATTERN", "PATTERN", "|last", "|end"),
    "a decimal": ("from lib.things import DECIMAL", "DECIMAL", "1.50", "1.60"),
    "a function": ("from lib.things import used", "used(1)", "value + 3", "value + 4"),
    "a function of a module": (
        "from lib import things",
        "things.used(1)",
        "value + 3",
        "value + 4",
    ),
    "a module as a value": (
        "from lib import things",
        "getattr(things, 'RA' + 'TE')",
        "RATE = 2",
        "RATE = 3",
    ),
    "a static method": (
        "from lib.things import Static",
        "Static.clean(1)",
        "value + 8",
        "value + 9",
    ),
    "a class method": ("from lib.things import Static", "Static.made(1)", "value + 9", "value + 1"),
    "an attribute of a class": (
        "from lib.things import Static",
        "Static.TABLE",
        '"a": 7',
        '"a": 8',
    ),
    "an inherited attribute": (
        "from lib.things import Static",
        "Static.FACTOR",
        "FACTOR = 4",
        "FACTOR = 5",
    ),
    "an inherited method": (
        "from lib.things import Static",
        "Static().inherited(1)",
        "value * 5",
        "value * 6",
    ),
    "an inherited property": (
        "from lib.things import Static",
        "Static().share",
        "return 6",
        "return 7",
    ),
    "a cached property": (
        "from lib.things import Static",
        "Static().cached",
        "return 16",
        "return 17",
    ),
    "the state of an instance": (
        "from lib.things import INSTANCE",
        "INSTANCE.apply(1)",
        "Static()\n",
        "Static(11)\n",
    ),
    "a default of an instance": (
        "from lib.things import INSTANCE",
        "INSTANCE.apply(1)",
        "step=10",
        "step=11",
    ),
    "a method of an instance": (
        "from lib.things import INSTANCE",
        "INSTANCE.apply(1)",
        "value + self",
        "value - self",
    ),
    "a slot": ("from lib.things import SEALED", "SEALED.size", "size = 17", "size = 18"),
    "the value of an enumeration": (
        "from lib.things import Size",
        "Size.SMALL.value",
        "SMALL = 11",
        "SMALL = 12",
    ),
    "a method of an enumeration": (
        "from lib.things import Size",
        "Size.SMALL.label()",
        "size {",
        "Size {",
    ),
    "a member of an enumeration": (
        "from lib.things import Size\nSMALL = Size.SMALL",
        "SMALL",
        "SMALL = 11",
        "SMALL = 12",
    ),
    "a field of a data class": (
        "from lib.things import SETTINGS",
        "SETTINGS.rate",
        "rate: int = 12",
        "rate: int = 13",
    ),
    "a method of a data class": (
        "from lib.things import SETTINGS",
        "SETTINGS.of(1)",
        "value * self",
        "value / self",
    ),
    "a factory of a data class": (
        "from lib.things import Settings",
        "Settings().tags",
        '"x": 18',
        '"x": 19',
    ),
    "a remembered function": (
        "from lib.things import remembered",
        "remembered(1)",
        "value + 14",
        "value + 15",
    ),
    "a namespace": ("from lib.things import SPACE", "SPACE.rate", "rate=15", "rate=16"),
}
LATE = {
    "an import of a name in a function": ("from lib.things import RATE", "RATE"),
    "an import of a module in a function": ("import lib.things", "lib.things.RATE"),
    "a relative import in a function": ("from .lib_beside import RATE", "RATE"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in [*sys.modules]:
        if name.partition(".")[0] in ("lib", "user"):
            del sys.modules[name]


def function_in(folder: Path, text: str, library: str = LIBRARY) -> object:
    """Return a user's function over a library in a new folder."""
    place = folder / f"{len(list(folder.iterdir()))}"
    for path, content in {
        "lib/__init__.py": "",
        "lib/things.py": library,
        "user/__init__.py": "",
        "user/lib_beside.py": library,
        "user/code.py": text,
    }.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(content)
    for name in [*sys.modules]:
        if name.partition(".")[0] in ("lib", "user"):
            del sys.modules[name]
    sys.path.insert(0, str(place))
    importlib.invalidate_caches()
    return importlib.import_module("user.code").function


def text_of(header: str, value: str) -> str:
    return f"{header}\n\ndef function(x):\n    return {value}\n"


@pytest.mark.parametrize("name", REACHED)
def test_a_change_of_what_code_reaches_changes_its_digest(name: str, folder: Path) -> None:
    header, value, old, new = REACHED[name]
    assert old in LIBRARY
    text = text_of(header, value)
    before, unreadable = read_code(function_in(folder, text))
    assert unreadable == ()
    assert read_code(function_in(folder, text, LIBRARY.replace(old, new)))[0] != before
    assert read_code(function_in(folder, text))[0] == before


@pytest.mark.parametrize("name", LATE)
def test_imports_in_functions_are_followed(name: str, folder: Path) -> None:
    statement, value = LATE[name]
    text = f"def function(x):\n    {statement}\n    return {value}\n"
    before = code_digest(function_in(folder, text))
    assert code_digest(function_in(folder, text, LIBRARY.replace("RATE = 2", "RATE = 3"))) != before
    assert code_digest(function_in(folder, text)) == before


@pytest.mark.parametrize("name", REACHED)
def test_what_changes_no_meaning_keeps_the_digest(name: str, folder: Path) -> None:
    header, value, *_ = REACHED[name]
    text = text_of(header, value)
    other = LIBRARY.replace('    """Return it."""\n', "    # Add.\n")
    other = "# Above.\n\n\n" + other.replace("RATE = 2", "RATE = (\n    2\n)")
    if name != "a module as a value":
        other = other.replace("value * 13", "value * 1_000")
    before = code_digest(function_in(folder, text))
    assert code_digest(function_in(folder, text, other)) == before


def test_digests_are_the_same_in_each_process(folder: Path) -> None:
    header = "from lib.things import *\nfrom lib import things"
    function_in(folder, text_of(header, "NAMES, INSTANCE, Size, SETTINGS, things"))
    script = "import user.code; from alur.lineage.python_code import code_digest; print(code_digest(user.code.function))"
    place = str(folder / "0")
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONPATH": place, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in "123"
    }
    assert len(digests) == 1


def test_what_cannot_be_told_counts_as_changed(folder: Path) -> None:
    function = function_in(folder, text_of("ROWS = (n for n in range(3))", "next(ROWS)"))
    assert read_code(function)[1] == ("a builtins.generator",)
    assert code_digest(function) != code_digest(function)
