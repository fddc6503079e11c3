"""Names of deployed objects: within the limits of AWS, and unique to a project and an environment."""

import pytest

from alur.errors import NameTooLong
from alur.naming import Names

# The longest allowed project name, in an environment of every project.
LONGEST = Names("p" * 31, "sandbox")


def pipeline_role(names, pipeline, position):
    return names.pipeline_role(f"{pipeline}{position or ''}")


MAKERS = [Names.schedule, Names.schedule_role, pipeline_role]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("pipeline", ["a", "load", "x" * 30, "x" * 200])
@pytest.mark.parametrize("position", [0, 1, 99])
def test_no_name_is_longer_than_aws_takes_or_hides_whose_it_is(make, pipeline, position):
    name = make(LONGEST, pipeline, position)
    assert len(name) <= 64
    assert f"-{'p' * 31}-" in name
    assert name.endswith("-sandbox")


@pytest.mark.parametrize("make", MAKERS)
def test_names_that_are_cut_are_nobody_elses(make):
    wanted = [
        (Names("shop", environment), pipeline + end, position)
        for environment in ("dev", "dev2")
        for pipeline in ("x" * 60, "x" * 199)
        for end in ("", "y", "z")
        for position in (0, 1, 2)
    ]
    names = {make(*one) for one in wanted}
    assert len(names) == len(wanted)
    assert {make(*one) for one in wanted} == names


@pytest.mark.parametrize("pipeline", ["load", "load_2", "x" * 45, "x" * 200])
@pytest.mark.parametrize("position", [0, 1, 11])
def test_a_rule_is_known_as_its_projects_and_no_others(pipeline, position):
    shop, shop_eu = Names("shop", "dev"), Names("shop-eu", "dev")
    rule = shop.schedule(pipeline, position)
    assert shop.is_schedule(rule)
    assert rule.startswith(shop.schedule_prefix)
    assert not Names("shop", "dev2").is_schedule(rule)
    assert not shop_eu.is_schedule(rule)
    assert not shop.is_schedule(shop_eu.schedule(pipeline, position))
    assert LONGEST.is_schedule(LONGEST.schedule(pipeline, position))


def test_what_was_short_enough_is_as_it_was():
    shop = Names("shop", "dev")
    assert shop.schedule("x" * 41, 0) == f"alur-schedule-shop-{'x' * 41}-dev"
    # Computed with sha256sum.
    assert shop.schedule("x" * 42, 0) == f"alur-schedule-shop-{'x' * 33}-a455e49-dev"


@pytest.mark.parametrize("make", MAKERS)
def test_without_room_for_the_pipeline_the_message_says_what_to_shorten(make):
    with pytest.raises(NameTooLong, match="leave") as caught:
        make(Names("p" * 31, "e" * 16), "load_orders", 0)
    assert "shorten the two names by" in caught.value.remedy
    assert repr("p" * 31) in caught.value.remedy


def test_names_of_the_alarms_on_rules_begin_like_those_of_no_other_project():
    prefixes = [
        Names(project, environment).delivery_alarm_prefix
        for project in ("shop", "shop-dev", "shop-dev-eu")
        for environment in ("dev", "dev2", "d")
    ]
    for one in prefixes:
        assert [other for other in prefixes if other.startswith(one)] == [one]


def test_buckets_have_the_name_that_is_set_or_one_with_the_account():
    names = Names("shop", "prod", "123456789012", {"gold": "shop-gold"})
    assert names.bucket("bronze") == "alur-shop-bronze-prod-123456789012"
    assert names.bucket("gold") == "shop-gold"
