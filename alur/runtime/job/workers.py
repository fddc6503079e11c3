"""Lets Python functions of a project run on a job's workers, which cannot import its modules otherwise."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING

from alur.project.project import Project
from alur.runtime.engines.udfs import send_by_value

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def send_modules(session: SparkSession, project: Project) -> None:
    """Send the project's modules to the workers.

    An engine behind Spark Connect may not accept files. It receives each function with everything that it refers to,
    which works for all but classes of contracts.
    """
    from pyspark.sql import SparkSession as ClassicSession

    if isinstance(session, ClassicSession):
        session.sparkContext.addPyFile(_zipped(project.root))
        send_by_value(project.root)
    else:
        _register(project.root)


def _zipped(root: Path) -> str:
    """Write an archive of the modules, and return its path.

    Spark serves it to workers as long as the job runs. It is in the folder that Spark deletes at the end.
    """
    from pyspark import SparkFiles

    folder = SparkFiles.getRootDirectory()
    handle, archive = mkstemp(prefix="alur_project_", suffix=".zip", dir=folder)
    with open(handle, "wb") as opened, zipfile.ZipFile(opened, "w") as file:
        for path in sorted(root.rglob("*.py")):
            name = path.relative_to(root)
            if not any(part.startswith(".") for part in name.parts):
                file.write(path, name.as_posix())
    return archive


def _register(root: Path) -> None:
    from pyspark import cloudpickle

    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if "." not in name and path and Path(path).is_relative_to(root):
            cloudpickle.register_pickle_by_value(module)  # type: ignore[no-untyped-call]
