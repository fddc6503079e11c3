"""The graph of pipelines: their dependencies, their order, and their cycles."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from alur.pipelines.pipeline import Pipeline
from alur.scheduling.schedule import Scope


@dataclass(frozen=True)
class Graph:
    """Pipelines by name, each with its dependencies.

    Attributes:
        parents: for each pipeline, in the order of declaration, the writers of its sources.
    """

    parents: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, pipelines: Iterable[Pipeline]) -> Graph:
        """Return the graph of some pipelines; a source without a writer among them adds no edge."""
        pipelines = tuple(pipelines)
        writers: dict[str, str] = {}
        for pipeline in pipelines:
            writers.setdefault(pipeline.target.identifier, pipeline.name)
        return cls(
            {
                pipeline.name: tuple(
                    dict.fromkeys(
                        writers[contract.identifier]
                        for contract in pipeline.table_sources.values()
                        if contract.identifier in writers
                    )
                )
                for pipeline in pipelines
            }
        )

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """The direct dependents of each pipeline."""
        children: dict[str, list[str]] = {name: [] for name in self.parents}
        for name, parents in self.parents.items():
            for parent in parents:
                children[parent].append(name)
        return {name: tuple(names) for name, names in children.items()}

    @cached_property
    def waves(self) -> tuple[tuple[str, ...], ...]:
        """Waves of pipelines that can run in parallel, without those on a cycle or after one.

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
        """The position of each pipeline in all waves, one after the other."""
        return {name: n for n, name in enumerate(name for wave in self.waves for name in wave)}

    def order(self, names: Iterable[str] | None = None) -> list[str]:
        """Return all pipelines, or those named, each after all its dependencies."""
        if names is None:
            return list(self._positions)
        return sorted(self._positions.keys() & set(names), key=self._positions.__getitem__)

    def cycle(self) -> tuple[str, ...] | None:
        """Return one shortest cycle as a path that ends where it began, or None.

        >>> Graph({"a": ("c",), "b": ("a",), "c": ("b",)}).cycle()
        ('a', 'b', 'c', 'a')
        """
        settled = {name for wave in self.waves for name in wave}
        in_cycles = [name for name in self.parents if name not in settled]
        paths = (self._path_back(name) for name in in_cycles)
        return min((path for path in paths if path), key=len, default=None)

    def _path_back(self, start: str) -> tuple[str, ...] | None:
        """Return the shortest path from a pipeline along its children back to itself."""
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
        """Return all dependencies of a pipeline, without the pipeline itself."""
        return self._reachable([name], self.parents)

    def downstream(self, name: str) -> set[str]:
        """Return all dependents of a pipeline, without the pipeline itself."""
        return self._reachable([name], self.children)

    def scoped(self, name: str, scope: Scope) -> set[str]:
        """Return the pipelines started by a schedule with a scope.

        >>> sorted(Graph({"a": (), "b": ("a",), "c": ("b",)}).scoped("b", "upstream"))
        ['a', 'b']
        """
        return self.started([(name, scope)])

    def started(self, schedules: Iterable[tuple[str, Scope]]) -> set[str]:
        """Return the pipelines started by schedules, each given by its pipeline and its scope."""
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
        """Return the pipelines reachable along at least one edge."""
        reached: set[str] = set()
        queue = deque(name for start in starts for name in edges[start])
        while queue:
            name = queue.popleft()
            if name not in reached:
                reached.add(name)
                queue.extend(edges[name])
        return reached
