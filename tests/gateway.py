"""The sandbox's server within this process: AWS behind the gateway, and the roles of job runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import boto3
import pytest
from moto.glue.models import glue_backends
from moto.iam.models import iam_backends

from alur.sandbox.server.account_region import AccountRegion
from alur.sandbox.server.api.http_server import http_server
from alur.sandbox.server.events.event_api import EventApi
from alur.sandbox.server.events.event_bridge import EventBridge
from alur.sandbox.server.events.workflow_targets import WorkflowTargets
from alur.sandbox.server.gateway import Gateway
from alur.sandbox.server.iam.account_roles import AccountRoles
from alur.sandbox.server.iam.run_roles import RunRoles
from alur.sandbox.server.jobs.job_runs import JobRuns
from alur.sandbox.server.services.moto_app import moto_app
from alur.sandbox.server.workflows.moto_definitions import workflow_definition
from alur.sandbox.server.workflows.workflow_runs import WorkflowRuns
from alur.sandbox.state_file import SandboxState
from tests.unit.sandbox.stage import Stage, job

ACCOUNT_ID, REGION, KEY = "123456789012", "us-east-1", "AKIATHEUSER"
ACCOUNT_REGION = AccountRegion(REGION, ACCOUNT_ID)
_TRUST = {
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "glue.amazonaws.com"},
        }
    ]
}


@dataclass
class Account:
    """An empty account, and clients of it.

    Attributes:
        stage: its jobs' runs.
        refusals: the refused calls of runs.
    """

    address: str
    roles: RunRoles
    _sessions: ExitStack
    stage: Stage
    refusals: list[str] = field(default_factory=list)

    @property
    def state(self) -> SandboxState:
        """The state as the command line finds it."""
        return SandboxState(
            0, self.address, REGION, ACCOUNT_ID, KEY, "2026-12-01T00:00:00+00:00", "sail", "Sail"
        )

    def client(self, service: str, key: str = KEY) -> Any:
        """Return boto3's client, in the name of the user or of a run."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.address,
            aws_access_key_id=key,
            aws_secret_access_key="none",
        )

    def run_of(self, name: str, *statements: dict[str, Any]) -> str:
        """Return the access key of a job run whose role has these statements."""
        iam = self.client("iam")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_role_policy(RoleName=name, PolicyName="run", PolicyDocument=policy)
        return self._sessions.enter_context(
            self.roles.assumed(role["Arn"], f"jr_{name}", self.refusals.append)
        )


def event_bridge(account_region: AccountRegion, jobs: JobRuns) -> EventBridge:
    """Return EventBridge for the roles, workflows and rules of moto's account."""
    region, account_id = account_region
    roles = AccountRoles(iam_backends[account_id]["aws"], account_id)
    workflows = WorkflowRuns(
        lambda name: workflow_definition(glue_backends[account_id][region], name), jobs
    )
    return EventBridge(account_region, WorkflowTargets(roles, workflows))


@pytest.fixture
def account(moto: str) -> Iterator[Account]:
    """Yield an empty account behind the gateway, with the contents of ``moto``."""
    stage = Stage(job("load"))
    roles = RunRoles(AccountRoles(iam_backends[ACCOUNT_ID]["aws"], ACCOUNT_ID))
    events = event_bridge(ACCOUNT_REGION, stage.runs)
    stage.runs.on_end.insert(0, events.job_ended)
    server = http_server(Gateway(moto_app(), EventApi(events), KEY, roles, ACCOUNT_REGION))
    Thread(target=server.serve_forever, daemon=True).start()
    with ExitStack() as sessions:
        yield Account(f"http://127.0.0.1:{server.server_port}", roles, sessions, stage)
    server.shutdown()
    server.server_close()
