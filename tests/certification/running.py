"""Runs expressions on both engines at once, and keeps their answers."""

from __future__ import annotations

import pickle
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from types import TracebackType

from tests.certification import tables
from tests.certification.engine import Answer, Engine, Query
from tests.certification.values import KINDS

BATCH = 48
"""The number of expressions in one query: more slow down Spark's plans, fewer increase the number of plans."""

_PROGRESS_SECONDS = 20
_SIZES = {"relation": 12, "ordered": 1, "rows": 1}

Evaluated = tuple[str, str, str]
"""The key of an evaluation: frame, table and text."""


class Engines:
    """Both engines over the tables in a folder, which also keeps their answers from run to run."""

    def __init__(self, folder: Path) -> None:
        state = f"{KINDS!r}{Path(tables.__file__).read_text()}"
        self._folder = folder / sha256(state.encode()).hexdigest()[:12]
        if not (self._folder / "tables").exists():
            tables.write_tables(self._folder / "tables")
        self._kept = {name: _Kept(self._folder / f"{name}.answers") for name in ("spark", "sail")}
        self._engines = {name: Engine(name, self._folder / "tables") for name in self._kept}

    def __enter__(self) -> Engines:
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for engine in self._engines.values():
            engine.close()

    def run(self, wanted: dict[str, Iterable[Evaluated]]) -> None:
        """Evaluate new expressions on each named engine; run both at once."""
        with ThreadPoolExecutor(2) as both:
            list(both.map(lambda item: self._run(*item), wanted.items()))

    def _run(self, name: str, wanted: Iterable[Evaluated]) -> None:
        kept = self._kept[name]
        missing = [
            evaluated for evaluated in dict.fromkeys(wanted) if evaluated not in kept.answers
        ]
        began = shown = time.monotonic()
        done = 0
        for query in _queries(missing):
            kept.add(query, self._engines[name].answers(query))
            done += len(query.codes)
            now = time.monotonic()
            if now - shown > _PROGRESS_SECONDS or done == len(missing):
                shown = now
                print(f"{name}: {done} of {len(missing)} in {now - began:.0f} s", file=sys.stderr)

    def has(self, name: str, evaluated: Evaluated) -> bool:
        """Return whether an engine has an answer."""
        return evaluated in self._kept[name].answers

    def answer(self, name: str, evaluated: Evaluated) -> Answer:
        """Return an engine's answer."""
        return self._kept[name].answers[evaluated]


class _Kept:
    """Answers, in memory and in a file."""

    def __init__(self, path: Path) -> None:
        self.answers: dict[Evaluated, Answer] = {}
        self._path = path
        if path.exists():
            with path.open("rb") as stream:
                while True:
                    try:
                        self.answers |= pickle.load(stream)
                    except (EOFError, pickle.UnpicklingError):
                        break  # an interrupted run ended here

    def add(self, query: Query, answers: list[Answer]) -> None:
        texts = [(query.frame, query.table, code) for code in query.codes]
        some = dict(zip(texts, answers, strict=True))
        self.answers |= some
        with self._path.open("ab") as stream:
            pickle.dump(some, stream)


def _queries(missing: list[Evaluated]) -> Iterator[Query]:
    together: dict[tuple[str, str, bool], list[str]] = {}
    for frame, table, code in missing:
        together.setdefault((frame, table, "distinct" in code), []).append(code)
    for (frame, table, is_distinct), codes in together.items():
        # Spark multiplies the rows by the number of distinct aggregates.
        size = 4 if is_distinct else _SIZES.get(frame, BATCH)
        for start in range(0, len(codes), size):
            yield Query(frame, table, tuple(codes[start : start + size]))
