"""A project: loaded, checked, immutable; the one source of truth for every back end."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from alur.contracts.contract import Contract
from alur.errors import AlurError, PipelineError, Problems
from alur.pipelines.pipeline import Pipeline
from alur.project.clones import clones_of, has_record
from alur.project.graph import Graph
from alur.project.loading import load
from alur.project.locating import find_root
from alur.project.settings import FILE_NAME, Settings, read_settings
from alur.project.suggestions import did_you_mean
from alur.project.validation import contract_problems, graph_problems, pipeline_problems
from alur.scheduling.schedule import Schedule

if TYPE_CHECKING:
    from alur.project.environment import Environment


class DeclaredSchedule(NamedTuple):
    """One ``@schedule`` of a project.

    Attributes:
        position: its index among the pipeline's schedules, from 0.
    """

    pipeline: Pipeline
    position: int
    schedule: Schedule

    @property
    def label(self) -> str:
        """Its name in Terraform: no two are the same, since no pipeline's name has a hyphen."""
        return f"{self.pipeline.name}-{self.position + 1}" if self.position else self.pipeline.name


@dataclass(frozen=True)
class Project:
    """A consistent set of contracts, pipelines and settings: loaded, checked and immutable.

    Attributes:
        root: the folder of alur.toml.
        settings: alur.toml, typed.
        contracts: the contracts, in the order of their declaration.
        pipelines: the pipelines, in the order of their declaration.
    """

    root: Path
    settings: Settings
    contracts: tuple[Contract, ...]
    pipelines: tuple[Pipeline, ...]

    @classmethod
    def load(cls, start: Path | None = None) -> Project:
        """Load the project with the nearest alur.toml upwards from ``start``, by default the working directory.

        Raises:
            SettingsError: there is no alur.toml, it is invalid, or the found one belongs to another user.
            AlurError: any other problem, raised by ``alur.errors.Problems``; ``problems`` lists them all.
        """
        folder = (start or Path.cwd()).resolve()
        # A caller who names the project's own folder trusts its owner.
        is_named = start is not None and (folder / FILE_NAME).is_file()
        return Inspection.of(folder if is_named else find_root(folder)).project()

    @cached_property
    def graph(self) -> Graph:
        """The dependencies between the pipelines."""
        return Graph.of(self.pipelines)

    @cached_property
    def schedules(self) -> tuple[DeclaredSchedule, ...]:
        """All schedules, in the order of the pipelines."""
        return tuple(
            DeclaredSchedule(pipeline, position, schedule)
            for pipeline in self.pipelines
            for position, schedule in enumerate(pipeline.schedules)
        )

    @cached_property
    def unscheduled(self) -> tuple[str, ...]:
        """The names of pipelines not started by any schedule, on or off; none if the project has no schedules."""
        starts = ((pipeline.name, schedule.scope) for pipeline, _, schedule in self.schedules)
        started = self.graph.started(starts)
        return tuple(name for name in self.graph.order() if started and name not in started)

    def environment(self, name: str) -> Environment:
        """Return one of the project's environments, with the values that variables had when it was first asked for.

        Raises:
            SettingsError: there is no such environment, or a variable holds an invalid value.
        """
        # The import of pydantic-settings takes longer than the rest of a project's loading.
        from alur.project.environment import Environment

        if name not in self._environments:
            # A damaged record of a clone does not concern other environments.
            is_plain = name in self.settings.environment_names and not has_record(self.root, name)
            clones = {} if is_plain else clones_of(self.root)
            found = Environment.of(self.settings, name, clones)
            if found.clone:
                # A command may drop it, and make another one of that name.
                return found
            self._environments[name] = found
        return self._environments[name]

    @cached_property
    def _environments(self) -> dict[str, Environment]:
        return {}

    @cached_property
    def _pipelines_by_name(self) -> dict[str, Pipeline]:
        return {pipeline.name: pipeline for pipeline in self.pipelines}

    def pipeline(self, name: str) -> Pipeline:
        """Return the pipeline with a name.

        Raises:
            PipelineError: the pipeline does not exist; the remedy suggests the nearest name.
        """
        pipeline = self._pipelines_by_name.get(name)
        if pipeline is None:
            raise PipelineError(
                f"no pipeline {name!r}",
                remedy=did_you_mean(name, self._pipelines_by_name, "pipelines"),
            )
        return pipeline

    def table(self, name: str) -> Contract:
        """Return a table's contract, by ``layer.table``, by the table's name alone, or by the class's name.

        Raises:
            AlurError: the table does not exist, or exists in more than one layer.
        """
        matching = [c for c in self.contracts if name in (c.identifier, c.table, c.name)]
        if len(matching) > 1:
            layers = " or ".join(contract.identifier for contract in matching)
            raise AlurError(f"{name!r} is more than one table", remedy=f"use {layers}")
        if not matching:
            names = [contract.table for contract in self.contracts]
            raise AlurError(f"no table {name!r}", remedy=did_you_mean(name, names, "tables"))
        return matching[0]


@dataclass(frozen=True)
class Inspection:
    """The parts of a project, which may be inconsistent, and the problems of each.

    Attributes:
        settings: None if alur.toml is invalid; then no module is imported.
        import_problems: the problems of failed imports, including wrong declarations of contracts and pipelines.
    """

    root: Path
    settings: Settings | None
    contracts: tuple[Contract, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()
    settings_problems: list[AlurError] = field(default_factory=list)
    import_problems: list[AlurError] = field(default_factory=list)
    contract_problems: list[AlurError] = field(default_factory=list)
    pipeline_problems: list[AlurError] = field(default_factory=list)
    graph_problems: list[AlurError] = field(default_factory=list)

    @classmethod
    def of(cls, root: Path) -> Inspection:
        """Read, import and check the project in ``root``, without raising its problems."""
        try:
            settings = read_settings(root)
        except AlurError as error:
            return cls(root, None, settings_problems=error.problems)
        declared = load(root, settings.project.modules)
        return cls(
            root,
            settings,
            contracts=tuple(declared.contracts),
            pipelines=tuple(declared.pipelines),
            import_problems=declared.problems,
            contract_problems=[] if declared.problems else contract_problems(declared.contracts),
            pipeline_problems=pipeline_problems(declared.pipelines, settings),
            graph_problems=graph_problems(declared.pipelines, complete=not declared.problems),
        )

    @property
    def problems(self) -> list[AlurError]:
        """All problems of the project."""
        return [
            *self.settings_problems,
            *self.import_problems,
            *self.contract_problems,
            *self.pipeline_problems,
            *self.graph_problems,
        ]

    def project(self) -> Project:
        """Return the project if it has no problems.

        Raises:
            AlurError: the problems.
        """
        Problems(self.problems).raise_any()
        assert self.settings is not None, "without settings there are problems"
        return Project(self.root, self.settings, self.contracts, self.pipelines)
