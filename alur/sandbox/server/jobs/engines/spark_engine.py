"""A job run's engine as in Glue: Spark on a separate JVM, with Iceberg's runtime, GlueCatalog and S3FileIO."""

from __future__ import annotations

import re
import shlex
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

from alur.sandbox.server.jobs.child_process import BARE_PYTHON, ChildProcess, python_path
from alur.sandbox.server.jobs.engines.class_archive import ClassArchive
from alur.sandbox.server.jobs.engines.job_engine import EngineContext
from alur.sandbox.spark_installation import SparkInstallation

_FLAGS = (
    # A job runs for seconds: the second compiler would cost several times the time it saves.
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-XX:+IgnoreUnrecognizedVMOptions",
    "-Djdk.reflect.useDirectMethodHandle=false",
    "-Duser.timezone=UTC",
    "-Dfile.encoding=UTF-8",
)
_OPENED = (
    "java.lang",
    "java.lang.invoke",
    "java.lang.reflect",
    "java.io",
    "java.net",
    "java.nio",
    "java.util",
    "java.util.concurrent",
    "java.util.concurrent.atomic",
    "jdk.internal.ref",
    "sun.nio.ch",
    "sun.nio.cs",
    "sun.security.action",
    "sun.util.calendar",
)
"""The packages of java.base to open for Spark (org.apache.spark.launcher.JavaModuleOptions)."""

_CORES = 2
_LAST_SECONDS = 15


class SparkEngine(ChildProcess):
    """A JVM waiting for the job's PySpark to start a session in it.

    It ends with the run: no other run sees its settings, credentials, views and static state.

    Args:
        conf: the run's ``--conf``.
    """

    def __init__(
        self,
        context: EngineContext,
        installation: SparkInstallation,
        archive: ClassArchive,
        conf: str,
    ) -> None:
        self._folder = context.folder / "jvm"
        self._folder.mkdir()
        self._archive = archive
        self._classes = archive.recording(self._folder)
        self._python = _worker_python(self._folder)
        settings = [*_platform_settings(context, installation).items(), *chained(conf)]
        command = [
            str(installation.java),
            *_FLAGS,
            *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED),
            *archive.options(self._classes),
            # Its files disappear with the run's folder, and it reads none of the user's settings.
            f"-Djava.io.tmpdir={self._folder}",
            f"-Duser.home={self._folder}",
            "-cp",
            installation.class_path,
            "org.apache.spark.deploy.SparkSubmit",
            *(part for key, value in settings for part in ("--conf", f"{key}={value}")),
            "pyspark-shell",
        ]
        environment = {
            **context.environment,
            "PYTHONPATH": python_path(context.packages),
            "_PYSPARK_DRIVER_CONN_INFO_PATH": str(self._connection_file),
        }
        super().__init__(
            command,
            environment,
            context.folder,
            context.on_output,
            context.on_error,
        )

    def __exit__(self, *error: object) -> None:
        if self._classes:
            # A JVM completes its list only if it ends by itself.
            self.end(_LAST_SECONDS)
            self._archive.make_from(self._classes)
        super().__exit__(*error)

    @property
    def variables(self) -> Mapping[str, str] | None:
        """The variables that lead PySpark to this JVM instead of a new one; None while it starts."""
        try:
            connection = self._connection_file.read_bytes()
        except FileNotFoundError:
            return None
        port, length = struct.unpack_from("!ii", connection)
        return {
            "PYSPARK_GATEWAY_PORT": f"{port}",
            "PYSPARK_GATEWAY_SECRET": connection[8 : 8 + length].decode(),
            "PYSPARK_PYTHON": str(self._python),
        }

    @property
    def _connection_file(self) -> Path:
        return self._folder / "connection"


def _worker_python(folder: Path) -> Path:
    """Write and return the program for Python functions, which sees the job's packages alone."""
    program = folder / "python3"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(BARE_PYTHON)} "$@"\n')
    program.chmod(0o700)
    return program


def _platform_settings(context: EngineContext, installation: SparkInstallation) -> dict[str, str]:
    """Return the settings that Glue's Spark has by default, with their values for this machine."""
    s3a = "spark.hadoop.fs.s3a"
    return {
        "spark.master": f"local[{_CORES}]",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.authenticate": "true",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": f"{_CORES}",
        "spark.hadoop.fs.s3.impl": installation.file_system,
        # Iceberg's clients find the emulated AWS by AWS_ENDPOINT_URL, which S3A's client ignores.
        f"{s3a}.endpoint": context.address,
        f"{s3a}.path.style.access": "true",
        f"{s3a}.connection.ssl.enabled": "false",
        f"{s3a}.aws.credentials.provider": "com.amazonaws.auth.EnvironmentVariableCredentialsProvider",
    }


def chained(conf: str) -> Iterator[tuple[str, str]]:
    """Yield the settings in the value of a job's ``--conf``, in which ``--conf`` precedes all but the first.

    >>> dict(chained("a=1 --conf b=x=y"))
    {'a': '1', 'b': 'x=y'}
    """
    for pair in filter(None, re.split(r"(?:^|\s+)--conf\s+", conf.strip())):
        key, _, value = pair.partition("=")
        yield key, value
