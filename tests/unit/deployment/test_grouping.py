"""Groups of nodes of one kind: whatever the graph, the graph of the groups has no cycle."""

from collections import Counter
from graphlib import TopologicalSorter

from hypothesis import given, settings
from hypothesis import strategies as st

from alur.deployment.grouping import grouped
from alur.project.graph import Graph


@st.composite
def kinds_of_nodes(draw):
    """Return the parents of up to 30 nodes, most of which have one of up to four kinds."""
    count = draw(st.integers(1, 30))
    random = draw(st.randoms(use_true_random=False))
    kinds = random.randint(1, 4)
    parents = {n: random.sample(range(n), min(n, random.randint(0, 3))) for n in range(count)}
    kind_of = {n: random.randint(0, kinds) for n in range(count)}
    graph = {f"n{n}": tuple(f"n{p}" for p in above) for n, above in parents.items()}
    return graph, {f"n{n}": kind for n, kind in kind_of.items() if kind}


@given(kinds_of_nodes())
@settings(max_examples=400, deadline=None)
def test_groups_have_no_cycle(made):
    parents, kinds = made
    groups = grouped(Graph(parents), kinds)
    assert Counter(name for group in groups for name in group) == Counter(list(parents))
    group_of = {name: number for number, group in enumerate(groups) for name in group}
    edges = {number: set() for number in range(len(groups))}
    for name, above in parents.items():
        edges[group_of[name]] |= {group_of[parent] for parent in above} - {group_of[name]}
    TopologicalSorter(edges).prepare()  # raises CycleError
    for group in groups:
        assert len(group) == 1 or len({kinds[name] for name in group}) == 1
        for position, name in enumerate(group):
            assert not set(parents[name]) & set(group[position:])


def test_a_circle_over_several_groups_is_found():
    # a1 and a2 would close a circle over the kinds b and c, although no path returns.
    parents = {"a1": (), "b1": ("a1",), "b2": (), "c1": ("b2",), "c2": (), "a2": ("c2",)}
    kinds = {name: name[0] for name in parents}
    groups = grouped(Graph(parents), kinds)
    joined = [set(group) for group in groups]
    assert not all({f"{kind}1", f"{kind}2"} in joined for kind in "abc")
    assert len(groups) == 4
