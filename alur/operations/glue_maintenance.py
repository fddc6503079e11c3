"""Maintains tables in AWS: the job that writes a table maintains it, in a run that does nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from alur.aws import jobs
from alur.aws.jobs import JobRun
from alur.contracts.contract import Contract
from alur.deployment.job_arguments import TEMPORARY, maintenance_arguments
from alur.deployment.job_layout import job_layout
from alur.errors import AlurError, AwsError, DeploymentError, SourceError
from alur.operations.connection import connect
from alur.operations.events import Activity, JobLeft, Maintained, MaintenanceFailed, Observer
from alur.project.environment import Environment
from alur.project.project import Project
from alur.runtime.s3_location import S3Location
from alur.runtime.tables.glue_catalog import GlueCatalog
from alur.runtime.tables.maintenance_results import read_result


class GlueMaintenance:
    """Maintains tables in an AWS environment: at once, but for those of one job, which follow one another.

    Raises:
        AwsError: AWS refuses the credentials, or cannot be reached.
    """

    def __init__(self, project: Project, environment: Environment, observe: Observer) -> None:
        self._environment = environment
        self._layout = job_layout(project, environment)
        self._observe = observe
        self._clients = connect(project, environment)
        self._writers = {p.target.identifier: p.name for p in project.pipelines}

    def run(self, contracts: Iterable[Contract], *, named: bool) -> bool:
        """Maintain tables; return whether all succeeded.

        Args:
            named: whether somebody asked for each; otherwise leave out tables that no job can maintain.

        Raises:
            KeyboardInterrupt: somebody pressed Ctrl-C; the jobs continue.
        """
        succeeded = True
        waiting = list(contracts)
        while waiting:
            now = self._first_of_each_job(waiting)
            waiting = [contract for contract in waiting if contract not in now]
            succeeded &= self._run_at_once(now, named=named)
        self._observe(Activity())
        return succeeded

    def _first_of_each_job(self, contracts: list[Contract]) -> list[Contract]:
        """Return the first table of each job, and those that no job can maintain: a job has one run at a time."""
        first: dict[str, Contract] = {}
        for contract in contracts:
            writer = self._writers.get(contract.identifier)
            first.setdefault(
                self._layout.job_of(writer) if writer else contract.identifier, contract
            )
        return list(first.values())

    def _run_at_once(self, contracts: Iterable[Contract], *, named: bool) -> bool:
        failed = False
        runs: list[tuple[Contract, str]] = []
        for contract in contracts:
            try:
                if named or self._can_be_maintained(contract):
                    runs.append((contract, self._start(contract)))
            except AlurError as error:
                self._observe(MaintenanceFailed(contract.identifier, error))
                failed = True
        for position, (contract, run_id) in enumerate(runs):
            try:
                self._observe(self._outcome(contract, run_id))
            except AlurError as error:
                self._observe(MaintenanceFailed(contract.identifier, error))
                failed = True
            except KeyboardInterrupt:
                self._leave(runs[position:])
                raise
        return not failed

    def _can_be_maintained(self, contract: Contract) -> bool:
        return contract.identifier in self._writers and self._exists(contract)

    def _exists(self, contract: Contract) -> bool:
        catalog = GlueCatalog(self._clients("glue"), self._clients("s3"))
        database = self._environment.names.database(contract.layer)
        return catalog.pointer(database, contract.table) is not None

    def _start(self, contract: Contract) -> str:
        """Start the job of the pipeline that writes a table; return the run's id."""
        pipeline = self._writers.get(contract.identifier)
        if pipeline is None:
            raise DeploymentError(
                f"no pipeline of the project writes {contract.identifier}, so no job can maintain it",
                where=contract.location,
                remedy="maintain it with the tool that writes it, or run OPTIMIZE and VACUUM in Athena",
            )
        if not self._exists(contract):
            raise SourceError(
                f"the table {contract.identifier} has never been written",
                remedy=f"run the pipeline that writes it: alur run {pipeline} --env {self._environment.name}",
            )
        self._observe(Activity(f"starting the job that maintains {contract.identifier}"))
        return jobs.start(self._clients, self._job(contract), maintenance_arguments(pipeline))

    def _outcome(self, contract: Contract, run_id: str) -> Maintained:
        """Wait for the end of a run, and return what it has done.

        Raises:
            AwsError: the run has failed, or cannot be followed.
        """
        job = self._job(contract)

        def report(run: JobRun) -> None:
            text = f"maintaining {contract.identifier}: {run.state}, {run.seconds} s"
            self._observe(Activity(text))

        run = jobs.follow(self._clients, job, run_id, report)
        if run.state != "SUCCEEDED":
            message = f": {run.message}" if run.message else ""
            raise AwsError(
                f"the job that maintains {contract.identifier} ended as {run.state}{message}",
                remedy=f"see why with alur logs {run_id} --env {self._environment.name}",
            )
        temporary = S3Location.parse(jobs.argument(self._clients, job, TEMPORARY))
        return read_result(self._clients, temporary, run_id)

    def _leave(self, runs: list[tuple[Contract, str]]) -> None:
        """Report the jobs that nobody waits for any longer."""
        self._observe(Activity())
        for contract, run_id in runs:
            pipeline = self._writers[contract.identifier]
            self._observe(JobLeft(pipeline, run_id, self._environment.name))

    def _job(self, contract: Contract) -> str:
        return self._layout.job_of(self._writers[contract.identifier])
