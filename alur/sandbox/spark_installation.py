"""Finds the requirements of jobs on Spark's JVM: Java, Spark itself, and the further jars of Glue."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from alur.errors import SandboxError
from alur.runtime.engines.spark import java_home
from alur.sandbox.variables import user_cache

JARS_VARIABLE = "ALUR_SPARK_JARS"
"""Names a folder of jars to use instead of Maven Central's."""

_ICEBERG = "1.10.0"
"""The version of Glue 5.1."""

_RUNTIME = re.compile(r"iceberg-spark-runtime-3\.5_2\.12-(.+)\.jar$")
_SDK_CLASS = "software/amazon/awssdk/services/glue/GlueClient.class"
_FILE_SYSTEMS = (
    "org.apache.hadoop.fs.s3a.S3AFileSystem",
    # Replaces S3A in Alur's own tests, whose registry lacks hadoop-aws.
    "shim.S3Shim",
)
_RESOLVE_SECONDS = 1800
_RESOLVE = """
import sys
from pyspark.sql import SparkSession
session = (
    SparkSession.builder.master("local[1]")
    .config("spark.jars.packages", sys.argv[1])
    .config("spark.ui.enabled", "false")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.host", "127.0.0.1")
    .getOrCreate()
)
with open(sys.argv[2], "w") as file:
    file.write(session.conf.get("spark.jars"))
session.stop()
"""


@dataclass(frozen=True, slots=True)
class SparkInstallation:
    """Java, and the jars of Glue's Spark.

    Attributes:
        java: the program.
        jars: Spark's own, then the others.
        file_system: the Java class with which Spark itself reads and writes ``s3://``.
        description: for people, such as ``Spark 3.5.6 with Iceberg 1.10.0``.
    """

    java: Path
    jars: tuple[Path, ...]
    file_system: str
    description: str

    @property
    def class_path(self) -> str:
        """All jars, in the form of Java's ``-cp``."""
        return os.pathsep.join(map(str, self.jars))

    def to_json(self) -> str:
        """Return the installation as JSON, for another process."""
        return json.dumps(
            [str(self.java), [*map(str, self.jars)], self.file_system, self.description]
        )

    @classmethod
    def from_json(cls, text: str) -> SparkInstallation:
        """Return the installation from the text of :meth:`to_json`."""
        java, jars, file_system, description = json.loads(text)
        return cls(Path(java), tuple(map(Path, jars)), file_system, description)


def find_spark() -> SparkInstallation:
    """Find Java and all jars, and fetch those of Maven Central on first use.

    Raises:
        EngineError: Java 17 is missing.
        SandboxError: PySpark is missing, the jars cannot be fetched, or the folder lacks some.
    """
    home = java_home()
    spark = _spark_jars()
    folder = os.environ.get(JARS_VARIABLE)
    extra = _in_folder(Path(folder)) if folder else _from_maven(home, spark)
    runtimes = [match for jar in extra if (match := _RUNTIME.search(jar.name))]
    file_system = _check(
        extra, runtimes, f"{JARS_VARIABLE}={folder}" if folder else "Spark's packages"
    )
    versions = f"Spark {metadata.version('pyspark')} with Iceberg {runtimes[0].group(1)}"
    return SparkInstallation(home / "bin" / "java", (*spark, *extra), file_system, versions)


def _spark_jars() -> tuple[Path, ...]:
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise SandboxError(
            "jobs on Spark need pyspark, which is not installed",
            remedy='pip install "alur[local]"',
        )
    return tuple(sorted((Path(spec.origin).parent / "jars").glob("*.jar")))


def _in_folder(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(folder.absolute().glob("*.jar")))


def _check(jars: Iterable[Path], runtimes: list[re.Match[str]], where: str) -> str:
    """Raise an error if jars are missing, and return the class for S3."""
    classes = _classes(jars)
    file_system = next((c for c in _FILE_SYSTEMS if f"{c.replace('.', '/')}.class" in classes), "")
    missing = [
        name
        for name, present in (
            ("iceberg-spark-runtime-3.5_2.12-*.jar", len(runtimes) == 1),
            ("AWS's SDK for Java v2 (iceberg-aws-bundle)", _SDK_CLASS in classes),
            ("S3A (hadoop-aws with its own SDK)", bool(file_system)),
        )
        if not present
    ]
    if missing:
        raise SandboxError(
            f"jobs cannot run on Spark: {where} lacks {', '.join(missing)}",
            remedy=f"put the jars of {', '.join(packages(_spark_jars()))} and their dependencies there, "
            f"or unset {JARS_VARIABLE} to have Spark fetch them from Maven Central",
        )
    return file_system


def _classes(jars: Iterable[Path]) -> set[str]:
    names: set[str] = set()
    for jar in jars:
        try:
            with zipfile.ZipFile(jar) as file:
                names.update(file.namelist())
        except (OSError, zipfile.BadZipFile) as error:
            raise SandboxError(
                f"jobs cannot run on Spark: {jar} is not a readable jar: {error}",
                remedy="replace it",
            ) from None
    return names


def packages(spark: Iterable[Path]) -> list[str]:
    """Return the coordinates of Glue 5.1's packages beside Spark, for the version of Hadoop in Spark's jars."""
    names = [jar.name for jar in spark]
    hadoop = next((n for n in names if n.startswith("hadoop-client-api-")), "")
    version = hadoop.removeprefix("hadoop-client-api-").removesuffix(".jar") or "3.3.4"
    return [
        f"org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:{_ICEBERG}",
        f"org.apache.iceberg:iceberg-aws-bundle:{_ICEBERG}",
        f"org.apache.hadoop:hadoop-aws:{version}",
    ]


def _from_maven(home: Path, spark: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the jars of ``spark.jars.packages``, which Spark itself fetches into Ivy's folder."""
    coordinates = ",".join(packages(spark))
    name = f"{sha256(f'{coordinates}|{spark[0].parent}'.encode()).hexdigest()[:16]}.jars"
    listed = user_cache() / name
    jars = tuple(_listed(listed))
    if not (jars and all(jar.is_file() for jar in jars)):
        _resolve(home, coordinates, listed)
        jars = tuple(_listed(listed))
    return jars


def _listed(file: Path) -> Iterator[Path]:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        return
    for address in filter(None, text.strip().split(",")):
        yield Path(address.removeprefix("file://"))


def _resolve(home: Path, coordinates: str, listed: Path) -> None:
    remedy = (
        "let this machine reach Maven Central (DEFAULT_ARTIFACT_REPOSITORY names a mirror), or set "
        f"{JARS_VARIABLE} to a folder with the jars"
    )
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SPARK_")}
    try:
        listed.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-c", _RESOLVE, coordinates, str(listed)],
            env=inherited | {"JAVA_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_RESOLVE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SandboxError(f"Spark's packages cannot be fetched: {error}", remedy=remedy) from None
    if done.returncode:
        patterns = (r"unresolved dependency: \S+(?=:)", r"\S*(?:Error|Exception): .*")
        match = next(filter(None, (re.search(one, done.stderr) for one in patterns)), None)
        why = match.group(0) if match else "Spark does not start"
        raise SandboxError(f"Spark's packages cannot be fetched: {why}", remedy=remedy)
