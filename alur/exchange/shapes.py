"""The shapes of documents from outside: each value is checked for its type before anything reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alur.errors import ExchangeError
from alur.exchange.losses import brief, short

Shape = Callable[[Any, str], Any]
"""Returns a value without its nulls, or raises WrongShapeError; the text is the value's place in the document."""


class WrongShapeError(Exception):
    """A value that is not of its shape.

    Attributes:
        place: in the document, such as ``schema[0].name``.
        problem: what it must be instead.
    """

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
        self.place, self.problem = place, problem


def checked(document: Any, shape: Shape, path: str) -> Any:
    """Return a document without its nulls, in which everything that the shape knows is of its type.

    Args:
        path: the document's, for errors.

    Raises:
        ExchangeError: a value has another type.

    >>> checked({"name": None, "tags": ["a"]}, MappingOf({"name": text, "tags": ListOf(text)}), "x.yaml")
    {'tags': ['a']}
    """
    try:
        return shape(document, "")
    except WrongShapeError as error:
        place = short(error.place) or "the document"
        raise ExchangeError(
            f"{path}: {place} {error.problem}", remedy="correct the document, and import again"
        ) from None
    except RecursionError:
        raise ExchangeError(f"{path} is nested too deep", remedy="correct the document") from None


def text(value: Any, place: str) -> str:
    """Return a text."""
    if not isinstance(value, str):
        hint = ": put it into quotes" if isinstance(value, int | float) else ""
        raise WrongShapeError(place, f"must be a text, not {brief(value)}{hint}")
    return value


def truth(value: Any, place: str) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise WrongShapeError(place, f"must be true or false, not {brief(value)}")
    return value


def integer(value: Any, place: str) -> int:
    """Return an integer."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongShapeError(place, f"must be an integer, not {brief(value)}")
    return value


def anything(value: Any, place: str) -> Any:
    """Return a value of any type."""
    return value


@dataclass(frozen=True)
class ListOf:
    """A list of values of one shape."""

    item: Shape

    def __call__(self, value: Any, place: str) -> list[Any]:
        """Return the list without nulls."""
        if not isinstance(value, list):
            raise WrongShapeError(place, f"must be a list, not {brief(value)}")
        return [
            self.item(one, f"{place}[{number}]")
            for number, one in enumerate(value)
            if one is not None
        ]


@dataclass(frozen=True)
class MappingOf:
    """A mapping with texts as keys.

    Attributes:
        known: the shapes of some values, by key.
        others: the shape of all other values.
    """

    known: Mapping[str, Shape] = field(default_factory=dict)
    others: Shape = anything

    def __call__(self, value: Any, place: str) -> dict[str, Any]:
        """Return the mapping without nulls."""
        if not isinstance(value, dict):
            raise WrongShapeError(place, f"must be a mapping, not {brief(value)}")
        result = {}
        for key, one in value.items():
            if not isinstance(key, str):
                raise WrongShapeError(place, f"has the key {brief(key)}, which is not a text")
            if one is not None:
                inner = f"{place}.{key}" if place else key
                result[key] = self.known.get(key, self.others)(one, inner)
        return result


@dataclass(frozen=True)
class OneOf:
    """A value of one of two shapes: a list, or something else."""

    of_lists: ListOf
    other: Shape

    def __call__(self, value: Any, place: str) -> Any:
        """Return the value as its shape does."""
        return (self.of_lists if isinstance(value, list) else self.other)(value, place)


@dataclass(frozen=True)
class MappingOrText:
    """A mapping with texts as keys, or a text."""

    def __call__(self, value: Any, place: str) -> Any:
        """Return the value, a mapping without nulls."""
        if not isinstance(value, dict | str):
            raise WrongShapeError(place, f"must be a text or a mapping, not {brief(value)}")
        return MAPPING(value, place) if isinstance(value, dict) else value


TEXTS = ListOf(text)
MAPPING = MappingOf()
