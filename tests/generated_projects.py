"""Random projects: graphs that fan in and out, every write mode, partitions, and schedules of every scope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from alur.pipelines.modes import WRITE_MODES
from tests.tiny_project import TinyProject

SCOPES = ("self", "upstream", "downstream", "both")
_EXPRESSIONS = (
    "rate(1 hour)",
    "rate(3 days)",
    "cron(0 2 * * ? *)",
    "cron(0/15 8-18 ? * MON-FRI *)",
)
PARTITIONS = ("", 'partition_by="day"', 'partition_by="shop"', 'partition_by=months("day")')
_COLUMNS = """
    id: int
    shop: str
    day: date
    at: datetime | None
    amount: float | None
    price: Decimal | None = Field(max_digits=20, decimal_places=2)
"""
_COMBINE = """
from functools import reduce
from alur.scheduling import schedule

def combine(*frames):
    kept = [frame.select("id", "shop", "day", "at", "amount", "price") for frame in frames]
    rows = reduce(lambda a, b: a.union(b), kept).filter(F.col("id") % 7 != len(frames))
    return rows.groupBy("id", "shop", "day").agg(
        F.min("at").alias("at"), F.sum("amount").alias("amount"), F.max("price").alias("price")
    )
"""


@dataclass(frozen=True)
class Node:
    """A pipeline and its table.

    Attributes:
        schedules: scope, and whether it is on.
    """

    name: str
    parents: tuple[str, ...]
    mode: str
    partition: str
    schedules: tuple[tuple[str, bool], ...]

    @property
    def table(self) -> str:
        return self.name.capitalize()


def nodes(random: Random, count: int) -> list[Node]:
    """Draw a graph: two roots, then pipelines that each read one to three earlier ones."""
    graph = [Node(name, (), "append", "", ()) for name in ("north", "south")]
    for n in range(count):
        size = min(len(graph), random.choice((1, 2, 2, 3)))
        parents = random.sample([one.name for one in graph], size)
        mode = list(WRITE_MODES)[n % len(WRITE_MODES)]
        partition = random.choice(PARTITIONS[1:] if mode == "overwrite_partitions" else PARTITIONS)
        schedules = tuple(
            (SCOPES[(n + k) % len(SCOPES)], random.random() < 0.7)
            for k in range(random.choice((0, 1, 2)))
        )
        graph.append(Node(f"step{n}", tuple(parents), mode, partition, schedules))
    return graph


def write(project: TinyProject, seed: int, count: int) -> list[Node]:
    """Write a project and its landing files; return its nodes."""
    random = Random(seed)
    graph = nodes(random, count)
    project.declare("".join(map(_contract, graph)), _COMBINE + "".join(_pipelines(graph, random)))
    for root in ("north", "south"):
        for n in range(2):
            project.land(f"{root}/{n}.csv", "".join(_lines(random)))
    return graph


def _contract(node: Node) -> str:
    layer = "SilverTable" if node.parents else "BronzeTable"
    # Repeatedly appended tables have no key.
    key = 'key=("id", "shop", "day")' if node.mode != "append" else ""
    keywords = "".join(f", {keyword}" for keyword in (key, node.partition) if keyword)
    return f"class {node.table}({layer}{keywords}):{_COLUMNS}\n"


def _pipelines(graph: list[Node], random: Random) -> Iterator[str]:
    for node in graph:
        for scope, enabled in node.schedules:
            expression = random.choice(_EXPRESSIONS)
            yield f'@schedule(cron="{expression}", scope="{scope}", enabled={enabled})\n'
        if node.parents:
            sources = ", ".join(f'"{name}": {name.capitalize()}' for name in node.parents)
            body = f"combine({', '.join(node.parents)})"
        else:
            sources = f'"rows": files("{node.name}/*.csv", schema={node.table})'
            body = "rows"
        yield f'@pipeline(sources={{{sources}}}, target={node.table}, mode="{node.mode}")\n'
        yield f"def {node.name}({', '.join(node.parents) or 'rows'}):\n    return {body}\n\n"


def _lines(random: Random) -> Iterator[str]:
    yield "id,shop,day,at,amount,price\n"
    for _ in range(40):
        day = date(2026, 11, 1) + timedelta(days=random.randrange(60))
        at = random.choice((f"{day}T0{random.randrange(10)}:30:00Z", ""))
        amount = random.choice((f"{random.uniform(-9, 9)}", ""))
        price = random.choice((f"{random.randrange(10_000) / 100:.2f}", ""))
        yield f"{random.randrange(30)},{random.choice('abc')},{day},{at},{amount},{price}\n"
