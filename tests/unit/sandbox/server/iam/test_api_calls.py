"""The permissions that requests need, and whether policies grant them."""

from __future__ import annotations

from io import BytesIO

import pytest

from alur.sandbox.server.api.wsgi import credential
from alur.sandbox.server.iam.api_calls import calls_of
from alur.sandbox.server.iam.policies import allows, trusts


def request(method="GET", path="/", query="", body=b"", **headers):
    names = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": query,
        "CONTENT_LENGTH": f"{len(body)}",
        "wsgi.input": BytesIO(body),
        **names,
    }


def calls(service, *arguments, **keywords):
    found = calls_of(request(*arguments, **keywords), service, "eu-west-1", "123456789012")
    return [(call.action, call.resource, *call.context.items()) for call in found]


@pytest.mark.parametrize(
    ("arguments", "action", "resource"),
    [
        (("GET", "/b/k/é.csv"), "s3:GetObject", "b/k/é.csv"),
        (("HEAD", "/b/k"), "s3:GetObject", "b/k"),
        (("PUT", "/b/k"), "s3:PutObject", "b/k"),
        (("POST", "/b/k", "uploads"), "s3:PutObject", "b/k"),
        (("PUT", "/b/k", "partNumber=1&uploadId=x"), "s3:PutObject", "b/k"),
        (("DELETE", "/b/k", "uploadId=x"), "s3:AbortMultipartUpload", "b/k"),
        (("DELETE", "/b/k"), "s3:DeleteObject", "b/k"),
    ],
)
def test_objects(arguments, action, resource):
    assert calls("s3", *arguments) == [(action, f"arn:aws:s3:::{resource}")]


def test_buckets():
    listed = calls("s3", "GET", "/b", "list-type=2&prefix=tables%2Ft%2F")
    assert listed == [("s3:ListBucket", "arn:aws:s3:::b", ("s3:prefix", "tables/t/"))]
    assert calls("s3", "GET", "/b", "location")[0][:2] == ("s3:GetBucketLocation", "arn:aws:s3:::b")
    assert calls("s3", "GET", "/") == [("s3:ListAllMyBuckets", "*")]
    assert calls("s3", "PUT", "/b")[0][0] == "s3:ChangeBucket"


def test_many_objects_at_once_and_copies():
    body = b"<Delete><Object><Key>a&amp;b</Key></Object><Object><Key>c</Key></Object></Delete>"
    environ = request("POST", "/b", "delete", body)
    found = calls_of(environ, "s3", "eu-west-1", "123456789012")
    assert [call.resource for call in found] == ["arn:aws:s3:::b/a&b", "arn:aws:s3:::b/c"]
    assert environ["wsgi.input"].read() == body
    copied = calls("s3", "PUT", "/b/new", X_Amz_Copy_Source="/other/a%20b")
    assert copied == [
        ("s3:PutObject", "arn:aws:s3:::b/new"),
        ("s3:GetObject", "arn:aws:s3:::other/a b"),
    ]


def test_the_catalog():
    body = b'{"DatabaseName": "shop_gold", "TableInput": {"Name": "sales"}}'
    found = calls("glue", "POST", "/", body=body, X_Amz_Target="AWSGlue.CreateTable")
    prefix = "arn:aws:glue:eu-west-1:123456789012"
    assert found == [
        ("glue:CreateTable", f"{prefix}:catalog"),
        ("glue:CreateTable", f"{prefix}:database/shop_gold"),
        ("glue:CreateTable", f"{prefix}:table/shop_gold/sales"),
    ]
    found = calls("glue", "POST", "/", body=b'{"Name": "d"}', X_Amz_Target="AWSGlue.GetDatabase")
    assert [resource for _, resource in found] == [f"{prefix}:catalog", f"{prefix}:database/d"]


def test_other_services():
    found = calls("secretsmanager", "POST", "/", X_Amz_Target="secretsmanager.GetSecretValue")
    assert found == [("secretsmanager:GetSecretValue", "*")]
    assert calls("sts", "POST", "/", body=b"Action=GetCallerIdentity&Version=2011-06-15") == [
        ("sts:GetCallerIdentity", "*")
    ]


def test_whose_request_it_is():
    scope = "AKIA1/20261201/eu-west-1/s3/aws4_request"
    signed = request(Authorization=f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host")
    assert credential(signed) == ("AKIA1", "s3")
    assert credential(request(query=f"X-Amz-Credential={scope.replace('/', '%2F')}")) == (
        "AKIA1",
        "s3",
    )
    assert credential(request()) == ("", "")
    assert credential(request(Authorization="Bearer x")) == ("", "")


def statement(effect="Allow", action="s3:*", resource="*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def test_policies():
    arn = "arn:aws:s3:::b/tables/[x]"
    assert allows([{"Statement": statement()}], "s3:GetObject", arn)
    assert allows([{"Statement": statement(action=["S3:getobject"])}], "s3:GetObject", arn)
    assert allows([{"Statement": statement(resource="arn:aws:s3:::b/tables/?x]")}], "s3:A", arn)
    assert not allows([{"Statement": statement(resource="arn:aws:s3:::B/*")}], "s3:A", arn)
    assert not allows([{"Statement": []}, {}], "s3:GetObject", arn)
    denied = [{"Statement": [statement(), statement("Deny", resource=f"{arn}*")]}]
    assert not allows(denied, "s3:GetObject", arn)
    assert allows(denied, "s3:GetObject", "arn:aws:s3:::b/tables/y")


def test_conditions():
    like = {"StringLike": {"s3:prefix": ["landing/*", "tables/*"]}}
    policies = [{"Statement": statement(Condition=like)}]
    assert allows(policies, "s3:ListBucket", "b", {"s3:prefix": "tables/t/"})
    assert not allows(policies, "s3:ListBucket", "b", {"s3:prefix": "other/"})
    assert not allows(policies, "s3:ListBucket", "b")
    strange = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    assert not allows([{"Statement": statement(Condition=strange)}], "s3:A", "b")
    both = [{"Statement": [statement(), statement("Deny", Condition=strange)]}]
    assert not allows(both, "s3:A", "b")


@pytest.mark.parametrize(
    ("operator", "values", "found", "holds"),
    [
        ("StringEquals", "a*", "a*", True),
        ("StringEquals", "a*", "ab", False),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringNotLike", "a*", "ab", False),
        ("ArnEquals", "arn:aws:events:*:1:rule/a", "arn:aws:events:eu-west-1:1:rule/a", True),
        ("ArnLike", "arn:aws:events:*:1:rule/a", "arn:aws:events:eu-west-1:2:rule/a", False),
        ("ArnNotLike", "arn:aws:events:*:1:rule/a", "arn:aws:events:eu-west-1:2:rule/a", True),
        ("Bool", "TRUE", "true", True),
        ("Bool", "false", "true", False),
        # A missing value equals nothing, so it also differs from everything.
        ("StringEquals", "a", None, False),
        ("Bool", "false", None, False),
        ("StringNotEquals", "a", None, True),
    ],
)
def test_operators_of_conditions(operator, values, found, holds):
    condition = {operator: {"key": values}}
    context = {} if found is None else {"key": found}
    assert allows([{"Statement": statement(Condition=condition)}], "s3:A", "b", context) == holds
    denied = [statement(), statement("Deny", Condition=condition)]
    assert allows([{"Statement": denied}], "s3:A", "b", context) != holds


def test_trust():
    def trust(**more):
        principal = {"Service": ["glue.amazonaws.com", "events.amazonaws.com"]}
        found = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
        return {"Statement": [found | more]}

    assert trusts(trust(), "events.amazonaws.com", "1")
    assert not trusts(trust(), "lambda.amazonaws.com", "1")
    assert not trusts(trust(Effect="Deny"), "glue.amazonaws.com", "1")
    account = {"StringEquals": {"aws:SourceAccount": "1"}}
    assert trusts(trust(Condition=account), "glue.amazonaws.com", "1")
    assert not trusts(trust(Condition=account), "glue.amazonaws.com", "2")
