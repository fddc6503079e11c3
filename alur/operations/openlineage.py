"""Sends an event of OpenLineage at the end of each pipeline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import Request, url2pathname, urlopen

from alur.errors import AlurError, EngineError
from alur.lineage.openlineage import EndedRun, run_event
from alur.operations.events import Event, Failed, Notice, Observer, Succeeded
from alur.project.settings import LOCAL
from alur.runtime.facts_cache import kept_facts
from alur.runtime.plan_facts import project_facts

if TYPE_CHECKING:
    from alur.lineage.facts import PlanFacts
    from alur.project.project import Project

_SECONDS = 5.0
"""The time that a server has for an event."""


class LineageEvents:
    """Sends events to a server, or adds them to a file; the run goes on without them.

    Args:
        url: ``http``, ``https`` or ``file``; a server's URL is complete, such as ``http://host:5000/api/v1/lineage``.
        observe: receives a notice of the first event that cannot be sent; no further one is tried.

    Raises:
        AlurError: the URL has another scheme.
    """

    def __init__(self, url: str, project: Project, observe: Observer) -> None:
        self._scheme = urlsplit(url).scheme
        if self._scheme not in ("http", "https", "file"):
            raise AlurError(
                f"{url!r} is not a URL for OpenLineage's events",
                remedy="use http://HOST/api/v1/lineage, or file:///PATH for a file",
            )
        self._url = url
        self._project = project
        self._observe = observe
        self._works = True
        self._facts = _facts(project)

    def record(self, event: Event) -> None:
        """Send the end of a pipeline; ignore all other events."""
        if not self._works or not isinstance(event, Succeeded | Failed):
            return
        pipeline = self._project.pipeline(event.pipeline)
        now = datetime.now(timezone.utc)
        if isinstance(event, Failed):
            run = EndedRun(pipeline, now, error=str(event.error))
        else:
            rows = event.commit.total_rows if event.commit else None
            run = EndedRun(pipeline, now, event.run_id, rows)
        namespace = f"alur://{self._project.settings.project.name}"
        sent = json.dumps(run_event(run, namespace, self._facts.get(pipeline.name)))
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


def _facts(project: Project) -> Mapping[str, PlanFacts]:
    """Return the lineage of columns, as far as it can be known: the JVM cannot share a process with Sail."""
    if project.environment(LOCAL).settings.engine == "spark":
        return kept_facts(project)
    try:
        return project_facts(project)
    except EngineError:
        return {}
