"""Names of what is deployed: within the limits of AWS, and still saying whose it is."""

import pytest

from alur import naming
from alur.errors import NameTooLong
from alur.project.settings import Settings


def settings(project, *environments):
    tables = {name: {} for name in environments}
    return Settings.model_validate({"project": {"name": project}, "env": tables})


# The longest project's name that is allowed, in the environment that every project has.
LONGEST = settings("p" * 31)


def pipeline_role_name(settings, environment, pipeline, position):
    return naming.pipeline_role_name(settings, environment, f"{pipeline}{position or ''}")


MAKERS = [naming.schedule_name, naming.schedule_role_name, pipeline_role_name]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("pipeline", ["a", "load", "x" * 30, "x" * 200])
@pytest.mark.parametrize("position", [0, 1, 99])
def test_no_name_is_longer_than_aws_takes_or_hides_whose_it_is(make, pipeline, position):
    name = make(LONGEST, "sandbox", pipeline, position)
    assert len(name) <= 64
    assert f"-{'p' * 31}-" in name
    assert name.endswith("-sandbox")


@pytest.mark.parametrize("make", MAKERS)
def test_names_that_are_cut_are_nobody_elses(make):
    shop = settings("shop", "dev", "dev2")
    wanted = [
        (environment, pipeline + end, position)
        for environment in ("dev", "dev2")
        for pipeline in ("x" * 60, "x" * 199)
        for end in ("", "y", "z")
        for position in (0, 1, 2)
    ]
    names = {make(shop, *one) for one in wanted}
    assert len(names) == len(wanted)
    assert {make(shop, *one) for one in wanted} == names


@pytest.mark.parametrize("pipeline", ["load", "load_2", "x" * 45, "x" * 200])
@pytest.mark.parametrize("position", [0, 1, 11])
def test_a_rule_is_known_as_its_projects_and_no_others(pipeline, position):
    shop, shop_eu, long = settings("shop", "dev", "dev2"), settings("shop-eu", "dev"), LONGEST
    rule = naming.schedule_name(shop, "dev", pipeline, position)
    assert naming.is_schedule_name(shop, "dev", rule)
    assert not naming.is_schedule_name(shop, "dev2", rule)
    assert not naming.is_schedule_name(shop_eu, "dev", rule)
    assert not naming.is_schedule_name(
        shop, "dev", naming.schedule_name(shop_eu, "dev", pipeline, position)
    )
    in_the_sandbox = naming.schedule_name(long, "sandbox", pipeline, position)
    assert naming.is_schedule_name(long, "sandbox", in_the_sandbox)


def test_what_was_short_enough_is_as_it_was():
    shop = settings("shop", "dev")
    assert naming.schedule_name(shop, "dev", "x" * 41, 0) == f"alur-schedule-shop-{'x' * 41}-dev"
    # Computed with sha256sum.
    cut = naming.schedule_name(shop, "dev", "x" * 42, 0)
    assert cut == f"alur-schedule-shop-{'x' * 33}-a455e49-dev"


@pytest.mark.parametrize("make", MAKERS)
def test_without_room_for_the_pipeline_the_message_says_what_to_shorten(make):
    both = settings("p" * 31, "e" * 16)
    with pytest.raises(NameTooLong, match="leave") as caught:
        make(both, "e" * 16, "load_orders", 0)
    assert "shorten the two names by" in caught.value.remedy
    assert repr("p" * 31) in caught.value.remedy


def test_names_of_the_alarms_on_rules_begin_like_those_of_no_other_project():
    prefixes = [
        naming.delivery_alarm_prefix(settings(project, environment), environment)
        for project in ("shop", "shop-dev", "shop-dev-eu")
        for environment in ("dev", "dev2", "d")
    ]
    for one in prefixes:
        assert [other for other in prefixes if other.startswith(one)] == [one]
