"""Sends events of OpenLineage at the start and the end of each pipeline."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import Request, url2pathname, urlopen

from alur.errors import AlurError
from alur.lineage.openlineage import PipelineRun, run_event
from alur.operations.events import Event, Failed, Notice, Observer, Started, Succeeded

if TYPE_CHECKING:
    from alur.lineage.facts import PlanFacts
    from alur.pipelines.pipeline import Pipeline
    from alur.project.environment import Environment
    from alur.project.project import Project

_SECONDS = 5.0
"""The time that a server has for an event."""

_KEPT_BYTES = 10_000_000
"""The size at which a project's own file of events gives way to a new one."""


def local_url(project: Project, environment: Environment) -> str:
    """Return the URL of the file in ``.alur`` that keeps the latest events; beside it, one older file stays."""
    folder = environment.clone.folder if environment.clone else project.root / ".alur"
    path = folder / "openlineage.jsonl"
    with suppress(OSError):
        if path.stat().st_size > _KEPT_BYTES:
            path.replace(path.with_name("openlineage.old.jsonl"))
    return path.as_uri()


class LineageEvents:
    """Sends events to a server, or adds them to a file; the run goes on without them.

    Args:
        url: ``http``, ``https`` or ``file``; a server's URL is complete, such as ``http://host:5000/api/v1/lineage``.
        observe: receives a notice of the first event that cannot be sent; no further one is tried.
        facts_of: returns the lineage of a pipeline's columns, as far as it is known.

    Raises:
        AlurError: the URL has another scheme.
    """

    def __init__(
        self,
        url: str,
        project: Project,
        environment: Environment,
        observe: Observer,
        facts_of: Callable[[Pipeline], PlanFacts | None],
    ) -> None:
        self._scheme = urlsplit(url).scheme
        if self._scheme not in ("http", "https", "file"):
            raise AlurError(
                f"{url!r} is not a URL for OpenLineage's events",
                remedy="use http://HOST/api/v1/lineage, or file:///PATH for a file",
            )
        self._url = url
        self._project = project
        # A clone's tables have the names of its origin's.
        suffix = f"/{environment.name}" if environment.clone else ""
        self._namespace = f"alur://{project.settings.project.name}{suffix}"
        self._observe = observe
        self._works = True
        self._facts_of = facts_of
        self._started: dict[str, str] = {}

    def record(self, event: Event) -> None:
        """Send the start or the end of a pipeline; ignore all other events."""
        if not self._works or not isinstance(event, Started | Succeeded | Failed):
            return
        pipeline = self._project.pipeline(event.pipeline)
        if isinstance(event, Started):
            self._started[pipeline.name] = event.run_id
        run_id, now = self._started[pipeline.name], datetime.now(timezone.utc)
        match event:
            case Started():
                run = PipelineRun(pipeline, run_id, now, "START")
            case Failed(error=error):
                run = PipelineRun(pipeline, run_id, now, "FAIL", error=str(error))
            case Succeeded(commit=commit):
                rows = commit.total_rows if commit else None
                run = PipelineRun(pipeline, run_id, now, "COMPLETE", rows)
        sent = json.dumps(run_event(run, self._namespace, self._facts_of(pipeline)))
        try:
            self._send(sent)
        except (OSError, ValueError) as error:
            self._works = False
            text = f"OpenLineage's events cannot be sent to {self._url}: {error}"
            self._observe(Notice(event.pipeline, text))

    def _send(self, event: str) -> None:
        if self._scheme == "file":
            path = Path(url2pathname(urlsplit(self._url).path))
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a") as file:
                file.write(f"{event}\n")
            return
        headers = {"Content-Type": "application/json"}
        request = Request(self._url, event.encode(), headers)  # noqa: S310 - the scheme is checked
        with urlopen(request, timeout=_SECONDS):  # noqa: S310
            pass
