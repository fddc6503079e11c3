"""alur.toml: the precedence of values. Invalid ones are in the tests of bad input."""

import pytest

from alur.errors import SettingsError
from alur.project.environment import Environment
from alur.project.locating import find_root
from alur.project.settings import read_settings

TOML = """\
[project]
name = "shop"

[defaults]
aws_region = "eu-west-1"
landing = "from defaults"

[env.dev]
landing = "from dev"

[env.prod]
account_id = "123456789012"

[resource_profiles.huge]
worker_type = "G.8X"
number_of_workers = 50

[resource_profiles.small]
worker_type = "G.2X"
number_of_workers = 3
"""


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "alur.toml").write_text(TOML)
    return read_settings(tmp_path)


def test_an_environment_wins_over_defaults_and_those_over_alurs_own(settings):
    dev, prod = (Environment.of(settings, name).settings for name in ("dev", "prod"))
    assert (dev.landing, dev.aws_region, dev.engine) == ("from dev", "eu-west-1", "auto")
    assert (prod.landing, prod.account_id) == ("from defaults", "123456789012")


def test_a_variable_wins_over_the_file(settings, monkeypatch):
    monkeypatch.setenv("ALUR_LANDING", "from the variable")
    monkeypatch.setenv("ALUR_ENGINE", "spark")
    for name in ("dev", "prod", "local", "sandbox"):
        values = Environment.of(settings, name).settings
        assert (values.landing, values.engine) == ("from the variable", "spark")


def test_a_variable_that_cannot_be_is_named(settings, monkeypatch):
    monkeypatch.setenv("ALUR_ENGINE", "sprak")
    with pytest.raises(SettingsError, match="engine in environment 'dev'") as caught:
        Environment.of(settings, "dev")
    assert "ALUR_ENGINE" in caught.value.remedy


def test_a_variable_does_not_break_the_reading_of_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("ALUR_ENGINE", "sprak")
    (tmp_path / "alur.toml").write_text(TOML)
    assert read_settings(tmp_path).project.name == "shop"


def test_local_and_sandbox_need_no_table(settings):
    assert settings.environment_names == ["dev", "prod", "local", "sandbox"]
    assert Environment.of(settings, "local").settings.landing == "from defaults"


def test_an_unknown_environment_is_answered_with_the_nearest(settings):
    with pytest.raises(SettingsError, match="no environment 'prd'") as caught:
        Environment.of(settings, "prd")
    assert "did you mean 'prod'?" in caught.value.remedy


def test_profiles_can_be_added_and_redefined(settings):
    profiles = settings.profiles
    assert (profiles["huge"].worker_type, profiles["small"].number_of_workers) == ("G.8X", 3)
    assert profiles["medium"].number_of_workers == 5


def test_the_file_is_found_upwards(tmp_path):
    (tmp_path / "alur.toml").write_text(TOML)
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_root(deep) == tmp_path


def test_a_file_with_the_mark_that_windows_writes(tmp_path):
    (tmp_path / "alur.toml").write_bytes(b"\xef\xbb\xbf" + TOML.replace("\n", "\r\n").encode())
    assert read_settings(tmp_path).project.name == "shop"


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "alur.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings(tmp_path)


def test_all_mistakes_come_together_each_with_its_line(tmp_path):
    (tmp_path / "alur.toml").write_text(
        TOML.replace('landing = "from dev"', "landign = 'x'")
        .replace("G.8X", "G.9X")
        .replace("eu-", "eu")
    )
    with pytest.raises(SettingsError) as caught:
        read_settings(tmp_path)
    by_line = {problem.where.line: problem for problem in caught.value.problems}
    assert sorted(by_line) == [5, 9, 15]
    assert by_line[9].remedy == "did you mean 'landing'?"
    assert {problem.where.path for problem in by_line.values()} == {str(tmp_path / "alur.toml")}


@pytest.mark.parametrize(
    "region", ["us-east-1", "ap-southeast-5", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"]
)
def test_regions_of_every_partition_are_regions(tmp_path, region):
    (tmp_path / "alur.toml").write_text(
        f'[project]\nname = "shop"\n[env.dev]\naws_region = "{region}"\n'
    )
    assert Environment.of(read_settings(tmp_path), "dev").settings.aws_region == region


@pytest.mark.parametrize("region", ["us-east", "europe-de-east-1", "US-EAST-1", "us_east_1"])
def test_what_is_no_region_is_refused(tmp_path, region):
    (tmp_path / "alur.toml").write_text(
        f'[project]\nname = "shop"\n[env.dev]\naws_region = "{region}"\n'
    )
    with pytest.raises(SettingsError, match="aws_region"):
        read_settings(tmp_path)
