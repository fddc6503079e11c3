"""``alur import``: makes contracts from what other tools describe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alur.cli.environments import aws_environment_option, chosen_of_aws
from alur.cli.terminal import OK, echo, echo_prose, note
from alur.contracts.contract import LAYERS, Layer

if TYPE_CHECKING:
    from alur.exchange.modules import NewModule
    from alur.project.project import Inspection

_FILES = click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=click.Path(dir_okay=False, path_type=Path),
)
_LAYER = click.option(
    "--layer",
    type=click.Choice(LAYERS),
    default="silver",
    show_default=True,
    help="The layer of tables whose description names none.",
)


@click.group()
def command() -> None:
    """Make contracts from what other tools describe, as Python modules in contracts/.

    A command shows each thing that a contract cannot say. It writes no file over another one.
    """


@command.command()
@_FILES
@_LAYER
def odcs(files: tuple[Path, ...], layer: Layer) -> None:
    """Import data contracts (ODCS).

    Each FILE, in YAML or JSON, is a document of the Open Data Contract Standard v3. It becomes a module with a contract
    for each of its tables.
    """
    from alur.exchange import yaml_text
    from alur.exchange.files import read_text
    from alur.exchange.modules import new_module
    from alur.exchange.odcs_import import odcs_contracts

    project = _project()
    modules: list[NewModule] = []
    for path in files:
        document = yaml_text.parsed(read_text(path), str(path))
        imported = odcs_contracts(document, layer, str(path))
        name = path.name.partition(".odcs")[0].removesuffix(path.suffix)
        modules.append(new_module(project, name, path.name, imported, modules))
    _write(project, modules)


@command.command()
@click.argument("tables", nargs=-1, required=True, metavar="DATABASE.TABLE...")
@aws_environment_option()
@_LAYER
@click.option(
    "--adopt",
    is_flag=True,
    help="Refuse tables that pipelines could not continue exactly as they are.",
)
def glue(tables: tuple[str, ...], environment: str | None, layer: Layer, adopt: bool) -> None:
    """Import tables of Glue's Data Catalog.

    Contracts of Iceberg tables come from the metadata, those of other tables from the columns in the catalog.

    With --adopt, pipelines then write to these very tables. The table must be in one of the environment's databases, at
    the place where jobs may write, and the contract must hold everything that its rows need.
    """
    from alur.exchange.modules import new_module
    from alur.operations.connection import connect
    from alur.operations.importing import glue_contract
    from alur.project.project import Project

    inspection = _project()
    assert inspection.settings is not None, "alur.toml is valid"
    # Whatever problems its contracts and pipelines have.
    parts = (inspection.root, inspection.settings, inspection.contracts, inspection.pipelines)
    project = Project(*parts)
    target = project.environment(chosen_of_aws(environment, project.settings))
    clients = connect(project, target)
    modules: list[NewModule] = []
    for table in tables:
        imported = glue_contract(clients, target, table, layer, adopt=adopt)
        name = imported.contract.identifier
        modules.append(new_module(inspection, name, f"{table} in Glue", [imported], modules))
    _write(inspection, modules)


@command.command()
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("models", nargs=-1, metavar="[MODELS]...")
@_LAYER
def dbt(file: Path, models: tuple[str, ...], layer: Layer) -> None:
    """Import models of dbt.

    FILE is dbt's target/manifest.json, or a YAML file such as schema.yml. Without MODELS, all become contracts. The types of columns come from their data_type, else from catalog.json beside the file, which dbt docs generate
    writes.
    """
    from alur.exchange import yaml_text
    from alur.exchange.dbt_import import dbt_contracts
    from alur.exchange.files import read_text
    from alur.exchange.modules import new_module

    project = _project()
    document = yaml_text.parsed(read_text(file), str(file))
    beside = file.with_name("catalog.json")
    catalog = yaml_text.parsed(read_text(beside), str(beside)) if beside.is_file() else None
    imported = dbt_contracts(document, catalog, models, layer, str(file))
    module = new_module(project, f"dbt_{file.stem}", f"dbt's {file.name}", imported)
    _write(project, [module])


def _project() -> Inspection:
    """Return the project, even without contracts."""
    from alur.errors import Problems
    from alur.project.locating import find_root
    from alur.project.project import Inspection

    project = Inspection.of(find_root(Path.cwd()))
    Problems([*project.settings_problems, *project.import_problems]).raise_any()
    return project


def _write(project: Inspection, modules: list[NewModule]) -> None:
    from alur.exchange.modules import write

    write(modules)
    for module in modules:
        names = ", ".join(one.contract.identifier for one in module.imported)
        echo(f"{OK} {module.path.relative_to(project.root)}: {names}")
        losses = [loss for one in module.imported for loss in one.losses]
        if losses:
            echo("  Not in the contracts:")
        for loss in losses:
            note(str(loss))
    echo_prose("Read what is new, then check the project: alur validate")
