"""What a changed policy or setting means, in words."""

import json

import pytest

from alur.terraform.changes import Plan

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:a/*", "arn:b/*"]}
WIDER = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:a/*"}
TRUST = {
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Principal": {"Service": "glue.amazonaws.com"},
}
OTHERS = TRUST | {"Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}


def changed(type, before, after, unknown=None):
    """Return the only change of a plan."""
    item = {
        "mode": "managed",
        "type": type,
        "address": f"{type}.x",
        "change": {
            "actions": ["update"],
            "before": before,
            "after": after,
            "after_unknown": unknown or {},
        },
    }
    (change,) = Plan.of({"resource_changes": [item]}).changes
    return change


def policy(*statements):
    return {"name": "x", "policy": json.dumps({"Statement": list(statements)})}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            [READ],
            [WIDER],
            ("now allows s3:PutObject on arn:a/*", "no longer allows s3:GetObject on arn:b/*"),
        ),
        (
            [TRUST],
            [OTHERS, TRUST],
            ('now allows sts:AssumeRole to * if {"Bool": {"aws:SecureTransport": "true"}}',),
        ),
        ([READ, TRUST], [TRUST, READ], ()),
        (
            [],
            [READ | {"Effect": "Deny"}],
            ("now denies s3:GetObject on arn:a/*", "now denies s3:GetObject on arn:b/*"),
        ),
    ],
)
def test_a_policy_says_what_it_now_allows_and_no_longer_does(before, after, words):
    change = changed("aws_iam_role_policy", policy(*before), policy(*after))
    assert change.details == words
    assert change.concerns_security


def test_what_terraform_learns_later_is_not_nothing():
    before = {"name": "x", "policy": "{}", "role": "a", "arguments": {"kept": "1", "new": "2"}}
    after = {"name": "x", "arguments": {"kept": "1"}}
    unknown = {"policy": True, "role": True, "arguments": {"new": True}}
    assert changed("aws_iam_role_policy", before, after, unknown).details == (
        "new: 2 → known after apply",
        "policy: known after apply",
        "role: a → known after apply",
    )


def test_settings_show_their_values_and_code_only_that_it_is_other():
    before = {
        "name": "x",
        "timeout": 60,
        "default_arguments": {"--alur_code_version": "a", "--k": "1"},
    }
    after = {"name": "x", "timeout": 120, "default_arguments": {"--alur_code_version": "b"}}
    change = changed("aws_glue_job", before, after)
    assert change.details == ("other code", "--k: 1 → none", "timeout: 60 → 120")
    assert not change.concerns_security


def test_changes_that_concern_security_come_first():
    items = [
        {
            "mode": "managed",
            "type": type,
            "address": type,
            "change": {
                "actions": [action],
                "before": {"name": type},
                "after": {"name": type, "x": 1},
            },
        }
        for type, action in [
            ("aws_glue_job", "delete"),
            ("aws_glue_trigger", "update"),
            ("aws_s3_bucket", "delete"),
            ("aws_iam_role", "update"),
            ("aws_glue_workflow", "create"),
            ("aws_sqs_queue_policy", "create"),
        ]
    ]
    assert Plan.of({"resource_changes": items}).summary() == [
        "2 to add, 2 to change, 2 to destroy",
        "+ 1 queue policy",
        "+ 1 Glue workflow",
        "~ role aws_iam_role (x)",
        "- bucket aws_s3_bucket",
        "~ Glue trigger aws_glue_trigger (x)",
        "- Glue job aws_glue_job",
    ]
