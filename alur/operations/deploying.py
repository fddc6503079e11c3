"""Deploys a project to an environment of AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from alur.aws.buckets import holds_anything
from alur.aws.databases import tables
from alur.aws.deployed import read_deployed
from alur.aws_clients import Clients
from alur.deployment.comparison import compare
from alur.deployment.planning import plan_otherwise
from alur.errors import AlurError, DeploymentError
from alur.operations.applying import apply
from alur.operations.connection import connect, mirror_landing_files
from alur.operations.events import (
    Activity,
    ChangesPlanned,
    Connected,
    Deployed,
    FileGenerated,
    LandingMirrored,
    NotApplied,
    Observer,
    Packaged,
    Planned,
    ProjectLoaded,
    StageBegun,
    Uploaded,
    ignore,
)
from alur.operations.planning.costing import cost_change
from alur.operations.planning.infrastructure import planned_infrastructure
from alur.operations.planning.planning import changes_of, states_of
from alur.operations.preparation import Prepared, prepare
from alur.project.environment import Environment
from alur.project.project import Project
from alur.terraform.changes import Plan

Approve = Callable[[Plan], bool]

_STAGES = (
    "Loading configuration",
    "Building Python wheel",
    "Generating Terraform files",
    "Applying Terraform",
    "Checking what Terraform uploaded",
)


def deploy(
    project: Project,
    environment: str,
    *,
    approve: Approve,
    plan_only: bool = False,
    allow_breaking: Iterable[str] = (),
    observe: Observer = ignore,
) -> bool:
    """Deploy the project to an AWS environment; return whether the environment is now as declared.

    Args:
        environment: a name in alur.toml, or ``sandbox``.
        approve: decides about a plan with changes; unless it returns True, nothing is applied.
        plan_only: whether to stop before asking; then the result is True only if nothing would change.
        allow_breaking: tables whose breaking changes are allowed, though rows that stay do not fit their contracts.
        observe: receives each event of ``alur.operations.events``.

    Raises:
        AlurError: the project cannot be packaged, AWS or Terraform refuses, the plan would destroy data, a table's
            breaking change is not allowed, or AWS does not show what was deployed.

    >>> def deploy_from_ci():
    ...     deploy(Project.load(), "prod", approve=lambda plan: plan.only_code, observe=print)
    """
    allowed = {project.table(name).identifier for name in allow_breaking}
    deployment = _Deployment(project, environment, allowed, observe)
    return deployment.execute(approve, plan_only=plan_only)


@dataclass
class _Deployment:
    project: Project
    name: str
    allowed: set[str]
    observe: Observer

    def execute(self, approve: Approve, *, plan_only: bool) -> bool:
        self._stage(1)
        self.observe(
            ProjectLoaded(
                self.project.settings.project.name,
                len(self.project.pipelines),
                len(self.project.schedules),
                tuple(self.project.unscheduled),
            )
        )
        environment = self.project.environment(self.name)
        clients = connect(self.project, environment)
        self.observe(Connected(environment.name, clients.region))
        self._stage(2)
        prepared = self._prepared(environment)
        self._stage(3)
        for file in prepared.write(prepared.folder):
            self.observe(FileGenerated(file))
        self._stage(4)
        planned = self._plan(prepared, clients)
        if planned.changes and not self._applied(planned, prepared, clients, approve, plan_only):
            return False
        if plan_only:
            return True
        self._stage(5)
        self._check(prepared, clients)
        files = mirror_landing_files(self.project, environment, clients, self.observe)
        if files is not None:
            self.observe(LandingMirrored(files))
        self.observe(Deployed(self.name))
        return True

    def _stage(self, number: int) -> None:
        # The last stage is the report of a complete deployment.
        self.observe(StageBegun(number, len(_STAGES) + 1, _STAGES[number - 1]))

    def _prepared(self, environment: Environment) -> Prepared:
        self.observe(Activity("packaging the project"))
        prepared, artifact = prepare(self.project, environment)
        self.observe(Activity())
        self.observe(
            Packaged(
                artifact.path.name,
                artifact.size,
                tuple(artifact.left_out),
                tuple(artifact.notices),
            )
        )
        return prepared

    def _plan(self, prepared: Prepared, clients: Clients) -> Plan:
        self.observe(Activity("asking AWS what is there"))
        plan = planned_infrastructure(prepared, clients)
        self.observe(Activity())
        self.observe(Planned(plan))
        return plan

    def _applied(
        self, plan: Plan, prepared: Prepared, clients: Clients, approve: Approve, plan_only: bool
    ) -> bool:
        """Refuse, ask and apply; return whether the plan was applied."""
        _refuse_loss(plan, clients)
        self._refuse_breaking(plan, prepared, clients)
        if plan_only or not approve(plan):
            self.observe(NotApplied("plan only" if plan_only else "declined"))
            return False
        self.observe(apply(prepared.folder, "applying", self.observe))
        return True

    def _refuse_breaking(self, plan: Plan, prepared: Prepared, clients: Clients) -> None:
        """Report what the deployment means for tables and pipelines.

        Raises:
            DeploymentError: a breaking change is not allowed.
        """
        self.observe(Activity("reading the tables' metadata"))
        states = states_of(self.project, prepared.environment, clients)
        changes = changes_of(self.project, prepared.environment, states, self.allowed)
        otherwise = plan_otherwise(self.project, prepared.environment)
        cost = cost_change(clients, prepared.deployment, otherwise)
        self.observe(Activity())
        self.observe(ChangesPlanned(replace(changes, infrastructure=plan, cost=cost)))
        if changes.refused:
            tables = [table.table for table in changes.refused]
            raise DeploymentError(
                f"rows that stay do not fit the contract of {', '.join(tables)}",
                remedy="make the change compatible, or allow it and rebuild the table: "
                + " ".join(f"--allow-breaking {table}" for table in tables),
            )

    def _check(self, prepared: Prepared, clients: Clients) -> None:
        """Read the deployment back from AWS, and compare it.

        Raises:
            AlurError: something differs from what was just deployed.
        """
        self.observe(Activity("reading back what is deployed"))
        declared = prepared.deployment
        findings = compare(declared, read_deployed(clients, declared))
        self.observe(Activity())
        wrong = [f for f in findings if f.state in ("changed", "missing")]
        if wrong:
            listed = "\n".join(
                f"  {f.kind} {f.name}: {f.state} {', '.join(f.differences)}" for f in wrong
            )
            raise AlurError(
                f"AWS does not show what was deployed:\n{listed}",
                remedy=f"compare with alur status --env {self.name}; deploy again if it still differs",
            )
        code = f"s3://{declared.bucket('artifacts')}/{declared.code_key}"
        self.observe(Uploaded(code, len(declared.jobs), len(declared.schedules)))


def _refuse_loss(plan: Plan, clients: Clients) -> None:
    """Refuse a plan that would destroy data.

    Raises:
        DeploymentError: it deletes a bucket with objects, or a database with tables.
    """
    lost = [
        f"bucket {name}" for name in plan.lost("aws_s3_bucket") if holds_anything(clients, name)
    ]
    for name in plan.lost("aws_glue_catalog_database"):
        lost += [f"database {name}"] if tables(clients, name) else []
    if lost:
        raise DeploymentError(
            f"this would destroy data: {', '.join(lost)}",
            remedy="undo the change of name, or move the data and empty what is to go",
        )
