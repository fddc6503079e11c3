"""The graph's order, waves and cycles against brute force, and its speed on difficult graphs."""

import time
from itertools import pairwise, permutations

from hypothesis import given
from hypothesis import strategies as st

from alur.project.graph import Graph


def graph_of(edges, size):
    parents = {str(n): [] for n in range(size)}
    for parent, child in edges:
        parents[str(child)].append(str(parent))
    return Graph({name: tuple(dict.fromkeys(names)) for name, names in parents.items()})


def edges_within(size):
    node = st.integers(0, size - 1)
    return st.lists(st.tuples(node, node), max_size=2 * size).map(lambda edges: (edges, size))


ANY = st.integers(1, 6).flatmap(edges_within).map(lambda arguments: graph_of(*arguments))
ACYCLIC = (
    st.integers(1, 8)
    .flatmap(edges_within)
    .map(lambda drawn: graph_of([tuple(sorted(e)) for e in drawn[0] if e[0] != e[1]], drawn[1]))
)


def shortest_cycle(graph):
    """Return the shortest cycle, found by trying every possible simple cycle."""
    names = list(graph.parents)
    for length in range(1, len(names) + 1):
        for path in permutations(names, length):
            steps = zip(path, (*path[1:], path[0]), strict=True)
            if all(parent in graph.parents[child] for parent, child in steps):
                return length
    return None


@given(ANY)
def test_a_cycle_is_a_shortest_one(graph):
    path = graph.cycle()
    if path is None:
        assert shortest_cycle(graph) is None
        return
    assert path[0] == path[-1]
    assert all(a in graph.parents[b] for a, b in pairwise(path))
    assert len(path) - 1 == shortest_cycle(graph)


@given(ACYCLIC)
def test_order_puts_each_after_its_parents(graph):
    order = graph.order()
    assert sorted(order) == sorted(graph.parents)
    for name, parents in graph.parents.items():
        assert all(order.index(parent) < order.index(name) for parent in parents)


@given(ACYCLIC)
def test_a_wave_waits_only_for_waves_before(graph):
    depth = {name: n for n, wave in enumerate(graph.waves) for name in wave}
    for name, parents in graph.parents.items():
        assert depth[name] == max((depth[parent] + 1 for parent in parents), default=0)


@given(ACYCLIC, st.data())
def test_a_part_keeps_the_order_of_the_whole(graph, data):
    part = data.draw(st.sets(st.sampled_from(sorted(graph.parents))))
    assert graph.order(part) == [name for name in graph.order() if name in part]


@given(ANY)
def test_upstream_and_downstream_mirror_each_other(graph):
    for one in graph.parents:
        for other in graph.parents:
            assert (one in graph.upstream(other)) == (other in graph.downstream(one))


@given(ACYCLIC)
def test_scopes(graph):
    for name in graph.parents:
        up, down = graph.upstream(name), graph.downstream(name)
        assert name not in up | down
        assert graph.scoped(name, "self") == {name}
        assert graph.scoped(name, "upstream") == {name} | up
        assert graph.scoped(name, "downstream") == {name} | down
        assert graph.scoped(name, "both") == {name} | up | down


def test_dense_graphs_are_quick():
    size = 300
    dense = [(a, b) for a in range(size) for b in range(a)]
    began = time.perf_counter()
    assert len(graph_of(dense, size).order()) == size
    back = [*dense, (0, size - 1)]
    assert len(graph_of(back, size).cycle()) == 3
    ring = graph_of([(n, (n + 1) % size) for n in range(size)], size)
    assert len(ring.cycle()) == size + 1
    everything = graph_of([(a, b) for a in range(size) for b in range(size)], size)
    assert len(everything.cycle()) == 2
    assert time.perf_counter() - began < 10
