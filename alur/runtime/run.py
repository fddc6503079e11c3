"""Runs a pipeline: read the sources, transform, check, write."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from alur.contracts.columns import INGESTED_AT, RUN_ID, SOURCE_FILE
from alur.errors import AlurError, SourceError
from alur.pipelines.modes import Rows
from alur.pipelines.pipeline import Pipeline
from alur.runtime.checking import CheckReport, check, check_file_names, refuse_broken, unwritable
from alur.runtime.conforming import conform
from alur.runtime.engines.watching import in_one_line
from alur.runtime.exits import contained_exits
from alur.runtime.landing.intake import named
from alur.runtime.reading import Reading
from alur.runtime.rebuilding import refuse_lost_files
from alur.runtime.results import Notice, Observer, Step, StepBegun, Succeeded
from alur.runtime.runtime import Runtime
from alur.runtime.tables.merging import files_of, latest_by_file, newer_than
from alur.runtime.tables.new_rows import new_rows
from alur.runtime.tables.provenance import Provenance, RunIdentity
from alur.runtime.tables.warehouse import Commit, Staged, TableWriter
from alur.runtime.tables.write_plan import WritePlan, plan_write
from alur.runtime.taking import Taking
from alur.runtime.transforming import fails_on_sail, stopped, transformed

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def run_pipeline(pipeline: Pipeline, runtime: Runtime, observe: Observer) -> Succeeded:
    """Run one pipeline, and commit its rows in one snapshot.

    Raises:
        RunError: the run stopped; the table is unchanged.
    """
    identity = runtime.identity(pipeline)

    def notice(text: str) -> None:
        observe(Notice(pipeline.name, text))

    with (
        contained_exits(),
        runtime.warehouse.writing(runtime.session, pipeline.target, identity, notice) as writer,
    ):
        return _Run(pipeline, runtime, identity, writer, observe).execute()


@dataclass
class _Run:
    """One pipeline's way from sources to a commit."""

    pipeline: Pipeline
    runtime: Runtime
    identity: RunIdentity
    writer: TableWriter
    observe: Observer
    plan: WritePlan = field(init=False)
    rows_of_files: dict[str, int] = field(default_factory=dict)
    seconds: dict[Step, float] = field(default_factory=dict)

    def execute(self) -> Succeeded:
        if (state := self.writer.state) and state.has_rows_of(self.identity):
            # Glue starts a run again whatever killed it, also after its commit.
            text = "an earlier attempt of this run has written its rows; the table is unchanged"
            self.observe(Notice(self.pipeline.name, text))
            return self._done(None, None)
        if not self._has_news():
            self._reading.skip()
            return self._unchanged("no changes in its sources; the table is unchanged")
        while True:
            with self._step("read"):
                self.plan = self._planned()
                frames = self._read()
            if self.pipeline.takes_each_file_once and not self._taking.all_names():
                return self._unchanged("no new files; the table is unchanged")
            with self._step("transform"):
                staged = self._transform(frames)
            if not self._files_have_changed():
                break
        with self._step("check"):
            if self.pipeline.takes_each_file_once:
                check_file_names(staged.frame, self.pipeline, self._taking.all_names())
            rows_for_key_check = self._rows_for_key_check(staged)
            report = check(staged.frame, self.pipeline, rows_for_key_check, staged.count)
            refuse_broken(report, self.pipeline)
            self._warn(report)
        with self._step("write"):
            commit = self._write(staged, report)
            if commit is None:
                self._confirm()
        return self._done(commit, report)

    @contextmanager
    def _step(self, step: Step) -> Iterator[None]:
        self.observe(StepBegun(self.pipeline.name, step))
        began = time.perf_counter()
        try:
            yield
        except AlurError:
            raise
        # Each engine and each layer of storage raises its own exceptions.
        except Exception as error:
            if (
                step == "transform"
                and self.runtime.elsewhere
                and (elsewhere := fails_on_sail(error))
            ):
                raise elsewhere from error
            raise stopped(self.pipeline, error) from error
        self.seconds[step] = time.perf_counter() - began

    def _planned(self) -> WritePlan:
        """Return the plan of the commit.

        Raises:
            SchemaError: rows that stay in the table do not fit the contract.
        """
        return plan_write(
            self.writer.state,
            self.pipeline.target,
            self.pipeline.write_mode,
            takes_each_file_once=self.pipeline.takes_each_file_once,
            reads_narrower_files=self.writer.reads_narrower_files,
        )

    def _has_news(self) -> bool:
        """Return whether there is anything to read, and choose the mode for it."""
        with self._errors_at_pipeline():
            has_news = self._reading.has_news
            for text in self._reading.notices():
                self.observe(Notice(self.pipeline.name, text))
        if self._reading.replaces_target:
            self.pipeline = replace(self.pipeline, mode="overwrite")
        return has_news

    def _read(self) -> dict[str, DataFrame]:
        with self._errors_at_pipeline():
            frames = self._reading.frames()
            files_read = self._taking.read_all(self.runtime.session)
            if self.runtime.rebuilds:
                refuse_lost_files(self.pipeline, self.writer, self._taking.all_names())
        keeps_names = self.pipeline.target.layer == "bronze"
        for parameter, files in files_read.items():
            frames[parameter] = files.frame if keeps_names else files.frame.drop(SOURCE_FILE)
            self.rows_of_files[parameter] = files.rows
        return frames

    @cached_property
    def _reading(self) -> Reading:
        runtime = self.runtime
        return Reading(
            self.pipeline, runtime.warehouse, runtime.session, self.writer, runtime.rebuilds
        )

    @cached_property
    def _taking(self) -> Taking:
        return Taking(self.pipeline, self.runtime.landing, self.writer, self.observe)

    def _files_have_changed(self) -> bool:
        with self._errors_at_pipeline():
            return self._taking.have_changed()

    @contextmanager
    def _errors_at_pipeline(self) -> Iterator[None]:
        """Give errors the pipeline's name, and the pipeline's line if they have no other."""
        try:
            yield
        except SourceError as error:
            raise error.about(self.pipeline.name).at(self.pipeline.location) from None

    def _transform(self, frames: dict[str, DataFrame]) -> Staged:
        """Run the user's function, and write its rows where readers do not see them."""
        frame, findings = transformed(
            self.pipeline,
            frames,
            self.runtime.root,
            only_certified=self.runtime.elsewhere is not None,
            plans=self.runtime.reader,
        )
        self.identity = replace(self.identity, plan=self.runtime.plan_of(self.pipeline))
        if findings:
            self.observe(
                Notice(self.pipeline.name, f"{in_one_line(findings)}; ran on Sail all the same")
            )
        # Taken after the files were read: a file that changes later must be newer.
        now = F.lit(datetime.now(timezone.utc))
        constants = {INGESTED_AT: now, RUN_ID: F.lit(self.identity.run_id)}
        rows = conform(frame, self.pipeline, constants)
        if not (self.pipeline.takes_each_file_once and self.pipeline.write_mode.replaces_keys):
            stop = unwritable(rows, self.pipeline.target)
            return self.writer.stage_as_planned(rows, self.plan, stop, self._provenance())
        staged = self.writer.stage(latest_by_file(rows, self.pipeline.target))
        existing = self.writer.rows_near_keys(staged, self.plan)
        if existing is not None:
            staged = self.writer.stage(newer_than(existing, staged.frame, self.pipeline.target))
        self._note_superseded(rows, staged.frame)
        return staged

    def _note_superseded(self, rows: DataFrame, staged: DataFrame) -> None:
        """Report files without a row that counts: authors of a correction may not expect its name to decide."""
        absent = self._taking.all_names() - files_of(staged)
        superseded = (
            sorted(files_of(rows.filter(F.col(SOURCE_FILE).isin(*absent)))) if absent else []
        )
        if superseded:
            text = f"{named(superseded)}: no row was used: files later by name have the same keys"
            remedy = "name a correction so that it sorts after the file that it corrects"
            self.observe(Notice(self.pipeline.name, f"{text}; {remedy}"))

    def _rows_for_key_check(self, staged: Staged) -> DataFrame | None:
        """Return rows of the table whose keys the new rows must not repeat; None if there are none."""
        match self.plan.unique_against:
            case Rows.NONE:
                return None
            case Rows.OTHER_PARTITIONS:
                return self.writer.rows_in_other_partitions(staged, self.plan)
            case _:
                return self.writer.rows_near_keys(staged, self.plan)

    def _warn(self, report: CheckReport) -> None:
        for result in report.broken:
            self.observe(Notice(self.pipeline.name, report.describe(result)))

    def _write(self, staged: Staged, report: CheckReport) -> Commit | None:
        rows = report.rows
        has_rows = self.plan.kept is not Rows.NONE
        if self.pipeline.write_mode.accumulates and not rows and has_rows:
            self.observe(Notice(self.pipeline.name, "no new rows; the table is unchanged"))
            return None
        new = new_rows(
            self.writer, self.pipeline.target, self.pipeline.write_mode, self.plan, staged, rows
        )
        if new is None:
            text = "the table has all rows already; it is unchanged"
            self.observe(Notice(self.pipeline.name, text))
            return None
        provenance = self._provenance(new.fingerprint)
        commit = self.writer.commit(new.staged, new.count, self.plan, provenance)
        if self.plan.changes:
            messages = "; ".join(change.message for change in self.plan.changes)
            text = f"the table {self.pipeline.target.identifier} was changed to match its contract: {messages}"
            self.observe(Notice(self.pipeline.name, text))
        return commit

    def _unchanged(self, text: str) -> Succeeded:
        self.observe(Notice(self.pipeline.name, text))
        self._confirm()
        return self._done(None, None)

    def _confirm(self) -> None:
        """Record a run that found nothing to write."""
        self.writer.confirm(self._provenance())

    def _provenance(self, fingerprint: str | None = None) -> Provenance:
        """Return the record of the run.

        Args:
            fingerprint: of all rows of the table; None if earlier ones stay.
        """
        reading = self._reading
        return Provenance(self.identity, reading.snapshots, fingerprint, reading.meanings)

    def _done(self, commit: Commit | None, report: CheckReport | None) -> Succeeded:
        limit = self.runtime.preview_rows if commit else 0
        preview = self.runtime.warehouse.preview(self.pipeline.target, limit) if limit else []
        return Succeeded(
            self.pipeline.name,
            self.identity.run_id,
            self._reading.rows | self.rows_of_files,
            self._taking.names(),
            self.seconds,
            commit,
            report.results if report else (),
            preview,
        )
