"""Contracts a graph: puts nodes of one kind together, without making a cycle."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

from alur.project.graph import Graph


def grouped(
    graph: Graph,
    kinds: Mapping[str, Hashable],
    fits: Callable[[Sequence[str]], bool] = lambda names: True,
) -> list[tuple[str, ...]]:
    """Return the pipelines in groups, each group of one kind, in the order of the graph.

    Each pipeline goes into the first group of its kind that has room for it and that stands above none of the groups it
    waits for. Otherwise it begins another group. So the groups, with the edges between them, have no cycle.

    Args:
        graph: without cycles.
        kinds: what pipelines of one group have in common; a pipeline without a kind has a group of its own.
        fits: whether pipelines may be in one group.

    >>> diamond = Graph({"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")})
    >>> grouped(diamond, {"a": 1, "b": 1, "c": 2, "d": 1})  # c waits for a, and d for c
    [('a', 'b'), ('c',), ('d',)]
    """
    groups: list[list[str]] = []
    above: list[set[int]] = []
    group_of: dict[str, int] = {}
    of_kind: dict[Hashable, list[int]] = {}
    for name in graph.order():
        parents = {group_of[parent] for parent in graph.parents[name]}
        candidates = of_kind.setdefault(kinds[name], []) if name in kinds else []
        for number in candidates:
            if fits([*groups[number], name]) and not _is_above(number, parents - {number}, above):
                break
        else:
            number = len(groups)
            candidates.append(number)
            groups.append([])
            above.append(set())
        groups[number].append(name)
        above[number] |= parents - {number}
        group_of[name] = number
    return [tuple(group) for group in groups]


def _is_above(group: int, others: set[int], above: Sequence[set[int]]) -> bool:
    """Return whether some groups wait for a group, directly or not."""
    reached = set(others)
    waiting = list(others)
    while waiting:
        for number in above[waiting.pop()] - reached:
            reached.add(number)
            waiting.append(number)
    return group in reached
