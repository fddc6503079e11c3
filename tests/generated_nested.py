"""Nested values: lists, maps and models, of anything and null."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import pyarrow as pa

from tests.generated_values import TEXTS, Form, same


@dataclass(frozen=True)
class Nullable:
    """The values within a list, a map or a model, null or not."""

    kind: Any
    nullable: bool

    @property
    def annotation(self) -> str:
        return self.kind.annotation + (" | None" if self.nullable else "")

    def value(self, rng: Random) -> Any:
        return None if self.nullable and rng.random() < 0.25 else self.kind.value(rng)

    def form(self, rng: Random, values: Sequence[Any]) -> Form:
        present = [value for value in values if value is not None]
        if self.nullable and not present and rng.random() < 0.5:
            return pa.null(), same
        type_, convert = self.kind.form(rng, present)
        return type_, lambda v: None if v is None else convert(v)


@dataclass(frozen=True)
class Listing:
    element: Nullable
    partitions = ()

    @property
    def annotation(self) -> str:
        return f"list[{self.element.annotation}]"

    def value(self, rng: Random) -> list[Any]:
        return [self.element.value(rng) for _ in range(rng.choice((0, 1, 1, 2, 3)))]

    def form(self, rng: Random, values: Sequence[list[Any]]) -> Form:
        inner, convert = self.element.form(rng, [item for value in values for item in value])
        return rng.choice((pa.list_, pa.large_list))(inner), lambda v: [convert(i) for i in v]


@dataclass(frozen=True)
class Mapping:
    item: Nullable
    partitions = ()

    @property
    def annotation(self) -> str:
        return f"dict[str, {self.item.annotation}]"

    def value(self, rng: Random) -> dict[str, Any]:
        keys = rng.sample(TEXTS, rng.choice((0, 1, 2, 3)))
        return {key: self.item.value(rng) for key in keys}

    def form(self, rng: Random, values: Sequence[dict[str, Any]]) -> Form:
        inner, convert = self.item.form(rng, [item for value in values for item in value.values()])
        key = rng.choice((pa.string(), pa.large_string()))
        return pa.map_(key, inner), lambda v: [(k, convert(item)) for k, item in v.items()]


@dataclass(frozen=True)
class Model:
    annotation: str
    fields: tuple[tuple[str, Nullable], ...]
    partitions = ()

    def declaration(self) -> str:
        lines = [f"    {name}: {kind.annotation}\n" for name, kind in self.fields]
        return f"class {self.annotation}(BaseModel):\n{''.join(lines)}\n"

    def value(self, rng: Random) -> dict[str, Any]:
        return {name: kind.value(rng) for name, kind in self.fields}

    def form(self, rng: Random, values: Sequence[dict[str, Any]]) -> Form:
        forms = {n: kind.form(rng, [value[n] for value in values]) for n, kind in self.fields}
        names = rng.sample(list(forms), len(forms))
        type_ = pa.struct([(name, forms[name][0]) for name in names])
        return type_, lambda v: {name: forms[name][1](v[name]) for name in names}
