"""Clones environments in AWS: tables in databases of their own, whose metadata name the other environment's files."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from alur.aws.account import account_of
from alur.aws.catalog_tables import iceberg_metadata, table_entry
from alur.aws_clients import Clients, aws_errors
from alur.contracts.contract import LAYERS
from alur.deployment.clones import ClonedTable, ClonePlan, clone_policy, policy_of, tag_of
from alur.deployment.job_layout import job_layout
from alur.deployment.roles import job_roles
from alur.runtime.s3_location import S3Location
from alur.runtime.tables.cloned_metadata import cloned_at_present
from alur.runtime.tables.glue_catalog import GlueCatalog
from alur.runtime.tables.metadata_file import with_tag

if TYPE_CHECKING:
    from alur.naming import Names
    from alur.project.environment import Environment
    from alur.project.project import Project

_KEPT = ("Name", "Description", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")


def plan_clone(
    project: Project, clone: Environment, origin: Environment, clients: Clients
) -> ClonePlan:
    """Return what making a clone does; nothing is written.

    Raises:
        AlurError: AWS cannot be queried, or a table cannot be read.
    """
    names = clone.names
    roles = job_roles(project, clone, job_layout(project, clone).groups)
    partition, account = clients("s3").meta.partition, account_of(clients)
    return ClonePlan(
        clone.name,
        origin.name,
        {names.database(layer): names.tables(layer) for layer in LAYERS},
        tuple(_tables(names, origin.names, clients)),
        tuple(dict.fromkeys(role.name for role in roles)),
        policy_of(clone.name),
        clone_policy(names, partition, clients.region, account),
        tag_of(clone.name),
    )


def _tables(names: Names, origin: Names, clients: Clients) -> Iterator[ClonedTable]:
    """Yield the tables with rows; others than Iceberg's are left out."""
    catalog = GlueCatalog(clients("glue"), clients("s3"))
    for layer in LAYERS:
        database = origin.database(layer)
        with aws_errors(f"the tables of {database} cannot be listed"):
            pointers = catalog.pointers(database)
        for table, pointer in sorted(pointers.items()):
            state = catalog.state_at(pointer, f"{layer}.{table}") if pointer else None
            if state is None or state.snapshot is None:
                continue
            yield ClonedTable(
                layer,
                database,
                names.database(layer),
                table,
                state.snapshot.id,
                state.snapshot.total,
                f"{names.tables(layer)}{table}",
            )


def make_clone(plan: ClonePlan, clients: Clients) -> int:
    """Carry out a plan; return the number of tables. What an earlier attempt has left is replaced.

    Raises:
        AlurError: AWS refuses, or a table of the origin was written meanwhile.
    """
    glue = clients("glue")
    with aws_errors(f"the databases of {plan.name} cannot be created"):
        _remove_tables(plan.databases, glue)
        for database, location in plan.databases.items():
            glue.create_database(DatabaseInput={"Name": database, "LocationUri": location})
    for table in plan.tables:
        _clone_table(table, plan.tag, clients)
    policy = json.dumps(plan.document)
    with aws_errors(f"the permissions of {plan.name} cannot be given"):
        for role in plan.roles:
            clients("iam").put_role_policy(
                RoleName=role, PolicyName=plan.policy, PolicyDocument=policy
            )
    return len(plan.tables)


def _clone_table(table: ClonedTable, tag: str, clients: Clients) -> None:
    """Tag the present snapshot of a table, and create a table with the files of that snapshot."""
    glue, s3 = clients("glue"), clients("s3")
    catalog = GlueCatalog(glue, s3)

    def tagged(metadata: dict[str, Any], file: str) -> dict[str, Any]:
        return with_tag(metadata, file, tag, metadata["current-snapshot-id"])

    # First: from here on, nothing in the origin deletes these files.
    metadata = catalog.change(table.origin, table.name, tagged)
    place = S3Location.parse(table.location)
    key = f"{place.prefix}metadata/00000-{uuid.uuid4()}.metadata.json"
    with aws_errors(f"the table {table.database}.{table.name} cannot be created"):
        content = json.dumps(cloned_at_present(metadata, table.location))
        s3.put_object(Bucket=place.bucket, Key=key, Body=content.encode())
        entry = glue.get_table(DatabaseName=table.origin, Name=table.name)["Table"]
        new = {name: entry[name] for name in _KEPT if name in entry}
        new["Parameters"] = {
            **{n: v for n, v in new["Parameters"].items() if "metadata_location" not in n},
            "metadata_location": f"s3://{place.bucket}/{key}",
        }
        new["StorageDescriptor"] = {**new.get("StorageDescriptor", {}), "Location": table.location}
        glue.create_table(DatabaseName=table.database, TableInput=new)


def drop_clone(project: Project, clone: Environment, origin: Environment, clients: Clients) -> None:
    """Delete a clone's databases, files and permissions, and the tags that kept the origin's snapshots for it.

    Raises:
        AlurError: AWS refuses.
    """
    plan = plan_clone(project, clone, origin, clients)
    glue, iam = clients("glue"), clients("iam")
    with aws_errors(f"{clone.name} cannot be deleted"):
        for role in plan.roles:
            try:
                iam.delete_role_policy(RoleName=role, PolicyName=plan.policy)
            except iam.exceptions.NoSuchEntityException:
                continue
        _remove_tables(plan.databases, glue)
        for location in plan.databases.values():
            _remove_files(S3Location.parse(location), clients)
    catalog = GlueCatalog(glue, clients("s3"))
    for table in plan.tables:
        entry = table_entry(clients, table.origin, table.name)
        if plan.tag in ((iceberg_metadata(clients, entry) or {}).get("refs") or {}):
            catalog.change(
                table.origin, table.name, lambda old, file: with_tag(old, file, plan.tag, None)
            )


def _remove_tables(databases: Iterable[str], glue: Any) -> None:
    """Delete databases with the entries of their tables; files stay."""
    for database in databases:
        try:
            glue.get_database(Name=database)
        except glue.exceptions.EntityNotFoundException:
            continue
        for page in glue.get_paginator("get_tables").paginate(DatabaseName=database):
            for table in page["TableList"]:
                glue.delete_table(DatabaseName=database, Name=table["Name"])
        glue.delete_database(Name=database)


def _remove_files(place: S3Location, clients: Clients) -> None:
    """Delete all versions of all objects below a prefix."""
    s3 = clients("s3")
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=place.bucket, Prefix=place.prefix
    )
    for page in pages:
        items = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        batch = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in items]
        if batch:
            s3.delete_objects(Bucket=place.bucket, Delete={"Objects": batch, "Quiet": True})
