"""Glue's pip installs a job's wheels beside Glue's packages, and refuses the wheels that Glue would refuse."""

from __future__ import annotations

import pytest
from packaging.tags import compatible_tags, cpython_tags

from alur.errors import PackagingError
from alur.packaging import glue_libraries
from alur.packaging.wheels import Wheel, pure_wheel
from alur.sandbox.server.jobs import glue_packages
from alur.sandbox.server.jobs.glue_pip import GluePip
from tests.packages import zip_of_wheels


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Return a cache with Glue's pip."""
    folder = tmp_path_factory.mktemp("wheels")
    assert GluePip.of(folder).wheel.name == "pip-24.0-py3-none-any.whl"
    return folder


@pytest.fixture
def install(cache, tmp_path, index):
    """Return a function that installs wheels without a package index, and returns the installed names."""

    def installed(*wheels, **more):
        archive, folder = tmp_path / "code.gluewheels.zip", tmp_path / "packages"
        archive.write_bytes(zip_of_wheels(*wheels, **more))
        glue_packages.install(archive, folder, lambda: GluePip.of(cache))
        return sorted(path.name for path in folder.iterdir() if path.name != "__pycache__")

    return installed


def wheel(name, version="1.0", *requires):
    return pure_wheel(name, version, requires, {f"{name}.py": f"version = '{version}'\n".encode()})


def refusal(install, *wheels, **more):
    with pytest.raises(PackagingError) as refused:
        install(*wheels, **more)
    assert refused.value.message.startswith("pip cannot install the job's modules: ERROR: ")
    return refused.value.message


def test_what_glue_has_need_not_come_along(install):
    names = install(wheel("geo", "1.0", "numpy>=2", "typing-extensions", "pyspark==3.5.6"))
    assert names == ["geo-1.0.dist-info", "geo.py"]


def test_what_glue_has_in_another_version(install, index):
    # pip could find it in an index, but a job has none.
    index.add("numpy", "1.26.4")
    message = refusal(install, wheel("geo", "1.0", "numpy<2"))
    assert "No matching distribution found for numpy<2" in message
    message = refusal(install, wheel("geo", "1.0", "pyspark>=4"))
    assert "No matching distribution found for pyspark>=4" in message


def test_what_only_this_machine_has(install):
    message = refusal(install, wheel("geo", "1.0", "hypothesis"))
    assert "No matching distribution found for hypothesis" in message


def test_wheels_that_do_not_go_together(install):
    message = refusal(install, wheel("geo", "1.0", "shapes<2"), wheel("shapes", "2.0"))
    assert "ERROR: ResolutionImpossible" in message
    assert "    geo 1.0 depends on shapes<2" in message
    assert "    The user requested shapes==2.0" in message


def test_a_wheel_in_place_of_glue_s_own(install, tmp_path):
    assert glue_libraries.distributions()["six"] == "1.17.0"
    assert install(wheel("geo", "1.0", "six<1.17"), wheel("six", "1.16.0")) == [
        "geo-1.0.dist-info",
        "geo.py",
        "six-1.16.0.dist-info",
        "six.py",
    ]


def test_nothing_is_left_of_what_was_refused(install, tmp_path):
    refusal(install, wheel("geo", "1.0", "numpy<2"))
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"code.gluewheels.zip", "index"}


def test_what_is_installed_stays(install, tmp_path):
    install(wheel("geo"))
    archive = tmp_path / "code.gluewheels.zip"
    archive.unlink()
    # Neither the zip nor pip is read again.
    assert glue_packages.install(archive, tmp_path / "packages", lambda: None) == []


def test_a_wheel_for_glue_s_platform_gives_way_to_this_machine_s(cache, tmp_path, monkeypatch):
    mac = "macosx_14_0_arm64"
    tags = [*cpython_tags((3, 11), platforms=[mac]), *compatible_tags((3, 11), "cp311", [mac])]
    monkeypatch.setattr(glue_packages, "sys_tags", lambda: iter(tags))
    made = wheel("pytz", "2025.2")
    foreign = Wheel("pytz-2025.2-cp311-cp311-manylinux_2_34_x86_64.whl", made.content)
    archive = tmp_path / "code.gluewheels.zip"
    archive.write_bytes(zip_of_wheels(wheel("geo"), foreign))
    folder = tmp_path / "packages"
    assert glue_packages.install(archive, folder, lambda: GluePip.of(cache)) == ["pytz"]
    assert (folder / "geo.py").is_file()
    assert (folder / "pytz").resolve().parent.name == "site-packages"


def test_a_wheel_for_another_platform_than_glue_s(install):
    made = wheel("geo")
    foreign = Wheel("geo-1.0-cp311-cp311-win_arm64.whl", made.content)
    assert "No matching distribution found for geo==1.0" in refusal(install, foreign)


def test_without_glue_s_pip(tmp_path, index):
    with pytest.raises(PackagingError) as missing:
        GluePip.of(tmp_path / "wheels")
    assert str(missing.value) == (
        f"jobs in the sandbox get their modules by pip==24.0, as in Glue, which is not in {tmp_path / 'wheels'}: "
        "no package index has a wheel of pip==24.0 for CPython 3.11 on Linux x86_64 with glibc 2.34\n"
        "  fix: let this machine reach a package index that has it, once: it is kept from then on"
    )


def test_what_pip_finds_in_a_job_is_what_packaging_reckons_with():
    found = glue_libraries.distributions()
    assert found["pip"] == "24.0"
    known = {name: version for name, version in glue_libraries.DISTRIBUTIONS.items() if version}
    assert {name: found[name] for name in known if name in found} == {
        name: known[name] for name in ("boto3", "botocore")
    }
