"""Observes the requests of a pipeline's function to Spark Connect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol


class Observer(Protocol):
    """Receives each request before it is sent; an exception prevents it."""

    def asked_for_rows(self, plan: Any) -> None:
        """Receive a plan to execute."""

    def asked_for_schema(self, plan: Any) -> None:
        """Receive a plan to analyze."""

    def set(self, name: str) -> None:
        """Receive the names of settings to change."""


def client_of(frame: Any) -> Any:
    """Return a frame's client of Spark Connect; None on the JVM."""
    from pyspark.sql import DataFrame as ClassicFrame

    return None if isinstance(frame, ClassicFrame) else frame.sparkSession.client


def plan_id(frame: Any) -> int:
    """Return the id of a frame's plan."""
    return int(frame._plan._plan_id)


def relation_of(frame: Any) -> Any:
    """Return the root of a frame's plan."""
    return frame._plan.to_proto(frame.sparkSession.client).root


@contextmanager
def observed(client: Any, *observers: Observer) -> Iterator[None]:
    """Make a client inform observers before each request."""

    def before_request(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(request: Any, *arguments: Any, **named: Any) -> Any:
            for observer in observers:
                observer.asked_for_rows(request.plan)
            return method(request, *arguments, **named)

        return call

    def analyze(method: str, **named: Any) -> Any:
        if plan := named.get("plan"):
            for observer in observers:
                observer.asked_for_schema(plan)
        return type(client)._analyze(client, method, **named)

    def config(operation: Any) -> Any:
        names = _settings(operation)
        for observer in observers if names else ():
            observer.set(names)
        return type(client).config(client, operation)

    client._execute = before_request(client._execute)
    client._execute_and_fetch_as_iterator = before_request(client._execute_and_fetch_as_iterator)
    client._analyze, client.config = analyze, config
    try:
        yield
    finally:
        for name in ("_execute", "_execute_and_fetch_as_iterator", "_analyze", "config"):
            delattr(client, name)


def _settings(operation: Any) -> str:
    """Return the names of the settings that an operation changes."""
    match operation.WhichOneof("op_type"):
        case "set":
            return ", ".join(pair.key for pair in operation.set.pairs)
        case "unset":
            return ", ".join(operation.unset.keys)
    return ""
