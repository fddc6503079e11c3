"""Keeps the ends of pipelines for Dagster's instance, so that its web UI shows runs of the command line, too."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from alur.operations.events import Failed, Notice, Observer, Succeeded

if TYPE_CHECKING:
    from alur.project.environment import Environment
    from alur.project.project import Project
    from alur.runtime.results import Event


class Recorder:
    """Adds ends to the spool from which Dagster's side records them; it does nothing if Dagster is not installed.

    Args:
        observe: receives a notice of the first end that cannot be kept. The run continues: its tables are written.
    """

    def __init__(self, project: Project, environment: Environment, observe: Observer) -> None:
        from alur_dagster.instance import locate_home
        from alur_dagster.spool import Spool

        clone = environment.clone.folder if environment.clone else None
        home = locate_home(project.root, clone)
        self._project = project
        self._observe = observe
        installed = find_spec("dagster") is not None
        self._spool = Spool(home) if installed else None

    def record(self, event: Event) -> None:
        """Keep the end of a pipeline; ignore all other events."""
        from alur.runtime.records import record_of

        if self._spool is None or not isinstance(event, Succeeded | Failed):
            return
        try:
            self._spool.add(record_of(self._project.pipeline(event.pipeline), event))
        except OSError as error:
            self._spool = None
            self._observe(Notice(event.pipeline, f"Dagster's web UI cannot show this run: {error}"))
