"""The arguments of a Glue job by name: the deployment sets them, and the driver in the job reads them.

Glue's own are among them (https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html).
"""

from __future__ import annotations

from alur.contracts.contract import LAYERS, Layer

PIPELINE = "--alur_pipeline"
ENVIRONMENT = "--alur_environment"
LANDING = "--alur_landing"
CODE_VERSION = "--alur_code_version"

TEMPORARY = "--TempDir"
PYTHON_MODULES = "--additional-python-modules"
PYTHON_INSTALLER = "--python-modules-installer-option"
SPARK_CONF = "--conf"
LOG_GROUP_PREFIX = "--custom-logGroup-prefix"
DATA_LAKE_FORMATS = "--datalake-formats"
BOOKMARKS = "--job-bookmark-option"

JOB_NAME = "--JOB_NAME"
RUN_ID = "--JOB_RUN_ID"

OF_CODE = frozenset({PYTHON_MODULES, CODE_VERSION})
"""The arguments that change with the code alone."""


def of_layer(layer: Layer) -> str:
    """Return the name of the argument for a layer's tables.

    >>> of_layer("gold")
    '--alur_gold'
    """
    return f"--alur_{layer}"


def layer_text(database: str, location: str) -> str:
    """Return the value of the argument for a layer's tables.

    >>> layer_text("shop_dev_gold", "s3://bucket/tables/")
    'shop_dev_gold=s3://bucket/tables/'
    """
    return f"{database}={location}"


def parsed_layer(text: str) -> tuple[str, str]:
    """Return the database and the location of a layer's tables; a missing one is empty.

    >>> parsed_layer("shop_dev_gold=s3://bucket/tables/")
    ('shop_dev_gold', 's3://bucket/tables/')
    """
    database, _, location = text.partition("=")
    return database, location


REQUIRED = (PIPELINE, ENVIRONMENT, LANDING, *map(of_layer, LAYERS), CODE_VERSION, TEMPORARY)
"""The arguments required by the driver."""

SET_BY_GLUE = (JOB_NAME, RUN_ID)
"""The arguments added by Glue to each run; a driver started by hand has none."""
