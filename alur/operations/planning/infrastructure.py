"""Asks Terraform what a deployment would change."""

from __future__ import annotations

from alur.aws_clients import Clients
from alur.operations.preparation import Prepared, keeping_earlier_code
from alur.terraform.binary import Terraform
from alur.terraform.changes import Plan


def planned_infrastructure(prepared: Prepared, clients: Clients) -> Plan:
    """Return Terraform's plan for a deployment whose files are in its folder; ``apply`` can carry it out.

    Raises:
        TerraformError: Terraform is missing, or fails.
        AwsError: AWS cannot be queried.
    """
    terraform = Terraform(prepared.folder)
    terraform.initialise()
    for _ in keeping_earlier_code(prepared, terraform, clients).write(prepared.folder):
        pass
    return terraform.plan()
