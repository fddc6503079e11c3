"""The graph of pipelines: who reads what whom writes, in which order, and whether it is one at all."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from alur.pipelines.pipeline import Pipeline
from alur.scheduling.schedule import Scope


@dataclass(frozen=True)
class Graph:
    """Pipelines by name, each with those it waits for.

    Attributes:
        parents: for each pipeline, in the order of declaration, the pipelines that write its sources.
    """

    parents: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, pipelines: Iterable[Pipeline]) -> Graph:
        """The graph of some pipelines; a source that none of them writes makes no edge."""
        pipelines = tuple(pipelines)
        writers: dict[str, str] = {}
        for made in pipelines:
            writers.setdefault(made.target.identifier, made.name)
        return cls(
            {
                made.name: tuple(
                    dict.fromkeys(
                        writers[contract.identifier]
                        for contract in made.table_sources.values()
                        if contract.identifier in writers
                    )
                )
                for made in pipelines
            }
        )

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """For each pipeline, those that wait for it."""
        found: dict[str, list[str]] = {name: [] for name in self.parents}
        for name, parents in self.parents.items():
            for parent in parents:
                found[parent].append(name)
        return {name: tuple(children) for name, children in found.items()}

    @cached_property
    def waves(self) -> tuple[tuple[str, ...], ...]:
        """Pipelines that can run side by side, wave after wave; what stands on a cycle is in none.

        >>> Graph({"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")}).waves
        (('a',), ('b', 'c'), ('d',))
        """
        waiting = {name: len(parents) for name, parents in self.parents.items()}
        ready = [name for name, count in waiting.items() if count == 0]
        waves = []
        while ready:
            waves.append(tuple(ready))
            released = []
            for name in ready:
                for child in self.children[name]:
                    waiting[child] -= 1
                    if waiting[child] == 0:
                        released.append(child)
            ready = released
        return tuple(waves)

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        """Where each pipeline stands in the waves written one after the other."""
        return {name: n for n, name in enumerate(name for wave in self.waves for name in wave)}

    def order(self, names: Iterable[str] | None = None) -> list[str]:
        """The pipelines, or those named, each after all it waits for."""
        if names is None:
            return list(self._positions)
        return sorted(self._positions.keys() & set(names), key=self._positions.__getitem__)

    def cycle(self) -> tuple[str, ...] | None:
        """One shortest cycle as a path that ends where it began, or None.

        >>> Graph({"a": ("c",), "b": ("a",), "c": ("b",)}).cycle()
        ('a', 'b', 'c', 'a')
        """
        settled = {name for wave in self.waves for name in wave}
        knotted = [name for name in self.parents if name not in settled]
        paths = (self._way_back(name) for name in knotted)
        return min((path for path in paths if path), key=len, default=None)

    def _way_back(self, start: str) -> tuple[str, ...] | None:
        """The shortest way from a pipeline along its children back to itself."""
        came_from: dict[str, str] = {}
        queue = deque([start])
        while queue:
            name = queue.popleft()
            for child in self.children[name]:
                if child == start:
                    path = [start, name]
                    while path[-1] != start:
                        path.append(came_from[path[-1]])
                    return tuple(reversed(path)) if name != start else (start, start)
                if child not in came_from:
                    came_from[child] = name
                    queue.append(child)
        return None

    def upstream(self, name: str) -> set[str]:
        """Return all that a pipeline is made from, itself left out."""
        return self._reachable([name], self.parents)

    def downstream(self, name: str) -> set[str]:
        """Return all that is made from a pipeline, itself left out."""
        return self._reachable([name], self.children)

    def scoped(self, name: str, scope: Scope) -> set[str]:
        """Return the pipelines that a schedule of that scope starts.

        >>> sorted(Graph({"a": (), "b": ("a",), "c": ("b",)}).scoped("b", "upstream"))
        ['a', 'b']
        """
        return self.started([(name, scope)])

    def started(self, schedules: Iterable[tuple[str, Scope]]) -> set[str]:
        """Return the pipelines that some schedules start, each given by its pipeline and its scope."""
        schedules = list(schedules)
        upwards = [name for name, scope in schedules if scope in ("upstream", "both")]
        downwards = [name for name, scope in schedules if scope in ("downstream", "both")]
        return (
            {name for name, _ in schedules}
            | self._reachable(upwards, self.parents)
            | self._reachable(downwards, self.children)
        )

    @staticmethod
    def _reachable(starts: Iterable[str], edges: Mapping[str, tuple[str, ...]]) -> set[str]:
        """Return what can be reached along at least one edge."""
        found: set[str] = set()
        queue = deque(name for start in starts for name in edges[start])
        while queue:
            name = queue.popleft()
            if name not in found:
                found.add(name)
                queue.extend(edges[name])
        return found
