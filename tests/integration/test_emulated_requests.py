"""Requests that AWS, unlike moto, would refuse for their form alone."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader

from alur.sandbox.server.api.java_patterns import compiled_pattern
from tests.gateway import KEY, REGION

ROLE = "arn:aws:iam::123456789012:role/job"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:alerts"
TRUST = json.dumps({"Statement": []})


@pytest.fixture
def call(account):
    """Send a request without boto3's own validation; return its error's code and message, if any."""

    def send(service, operation, **parameters):
        client = boto3.client(
            service,
            region_name=REGION,
            endpoint_url=account.address,
            aws_access_key_id=KEY,
            aws_secret_access_key="none",
            config=Config(parameter_validation=False),
        )
        try:
            getattr(client, operation)(**parameters)
        except ClientError as error:
            return error.response["Error"]["Code"], error.response["Error"]["Message"]
        return None

    return send


def raw(account, target=None, body=b"", service="glue", method="POST", path="/", key=KEY):
    """Send a request unlike any client of AWS; return its status, and its error's code."""
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={key}/20261201/{REGION}/{service}/aws4_request",
        "Content-Type": "application/x-amz-json-1.1",
    }
    if target:
        headers["X-Amz-Target"] = target
    else:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    request = urllib.request.Request(account.address + path, body, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["x-amzn-ErrorType"]


def test_what_the_model_allows_is_done(call):
    assert call("glue", "create_database", DatabaseInput={"Name": "silver"}) is None
    assert call("iam", "create_role", RoleName="job", AssumeRolePolicyDocument=TRUST) is None
    tags = [{"Key": "Été: x@y", "Value": "日本"}]
    assert call("iam", "tag_role", RoleName="job", Tags=tags) is None
    assert call("s3", "create_bucket", Bucket="lake") is None
    assert call("sns", "create_topic", Name="alerts", Tags=[{"Key": "a", "Value": ""}]) is None


def violation(value, path, constraint):
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"


@pytest.mark.parametrize(
    ("operation", "parameters", "expected"),
    [
        # Lengths, too short and too long.
        (
            ("glue", "create_database"),
            {"DatabaseInput": {"Name": ""}},
            violation(
                "", "DatabaseInput.Name", "Member must have length greater than or equal to 1"
            ),
        ),
        (
            ("glue", "create_job"),
            {"Name": "j" * 256, "Role": ROLE, "Command": {"Name": "glueetl"}},
            violation(
                f"{'j' * 80}...", "Name", "Member must have length less than or equal to 255"
            ),
        ),
        # Numbers.
        (
            ("glue", "get_job_runs"),
            {"JobName": "j", "MaxResults": 0},
            violation(0, "MaxResults", "Member must have value greater than or equal to 1"),
        ),
        # Enumerations.
        (
            ("glue", "create_trigger"),
            {"Name": "t", "Type": "SOMETIMES", "Actions": []},
            violation(
                "SOMETIMES",
                "Type",
                "Member must satisfy enum value set: [SCHEDULED, CONDITIONAL, ON_DEMAND, EVENT]",
            ),
        ),
        # Patterns; names contain no line feed.
        (
            ("events", "put_rule"),
            {"Name": "a rule", "ScheduleExpression": "rate(1 day)"},
            violation(
                "a rule",
                "Name",
                r"Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+",
            ),
        ),
        # Required parameters.
        (
            ("glue", "create_job"),
            {"Name": "j", "Role": ROLE},
            violation("null", "Command", "Member must not be null"),
        ),
        (
            ("events", "put_targets"),
            {"Rule": "nightly", "Targets": [{"Id": "workflow"}]},
            violation("null", "Targets.1.member.Arn", "Member must not be null"),
        ),
        # Types.
        (
            ("glue", "create_workflow"),
            {"Name": 5},
            violation(5, "Name", "Member must be of the type string"),
        ),
        (
            ("logs", "put_retention_policy"),
            {"logGroupName": "/aws", "retentionInDays": "thirty"},
            violation("thirty", "retentionInDays", "Member must be of the type integer"),
        ),
    ],
)
def test_json(call, operation, parameters, expected):
    code, message = call(*operation, **parameters)
    assert (code, message) == ("ValidationException", f"1 validation error detected: {expected}")


def test_each_violation_is_told(call):
    _, message = call("glue", "create_job", Name="", Role=ROLE)
    assert message.startswith("2 validation errors detected: Value '' at 'Name' failed")
    assert "; Value 'null' at 'Command' failed" in message


def test_parameters_that_nobody_knows(account):
    glue = account.client("glue")
    asked = json.dumps({"Name": "j", "Role": ROLE, "Command": {"Name": "glueetl"}, "Wokers": 2})
    assert raw(account, "AWSGlue.CreateJob", asked.encode()) == (400, "ValidationException")
    assert glue.get_jobs()["Jobs"] == []
    asked = b"Action=CreateRole&Version=2010-05-08&RoleName=job&Polcy=x"
    assert raw(account, body=asked + b"&AssumeRolePolicyDocument={}", service="iam") == (
        400,
        "ValidationError",
    )
    account.client("s3").create_bucket(Bucket="lake")
    body = (
        b"<VersioningConfiguration><Status>Enabled</Status><Mode>x</Mode></VersioningConfiguration>"
    )
    refused = raw(account, "none", body, "s3", "PUT", "/lake?versioning")
    assert refused == (400, "InvalidRequest")


def test_operations_that_nobody_knows(account):
    assert raw(account, "AWSGlue.CreateJobs", b"{}") == (400, "UnknownOperationException")
    assert raw(account, "DynamoDB_20120810.GetItem", b"{}") == (400, "UnknownOperationException")
    assert raw(account, body=b"Action=MakeRole&Version=2010-05-08", service="iam") == (
        400,
        "InvalidAction",
    )
    assert raw(account, "none", b"", "s3", "PATCH", "/lake/key") == (405, "MethodNotAllowed")


def test_bodies_that_cannot_be_read(account):
    assert raw(account, "AWSGlue.GetJob", b"{") == (400, "SerializationException")
    assert raw(account, "AWSGlue.GetJob", b"[]") == (400, "ValidationException")
    anything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    run = account.run_of("anything", anything)
    assert raw(account, "AWSGlue.GetJob", b"{", key=run) == (400, "SerializationException")
    assert raw(account, "AWSGlue.GetJob", b"[]", key=run) == (400, "ValidationException")
    many = b"Action=ListRoles&Version=2010-05-08&MaxItems=many"
    assert raw(account, body=many, service="iam") == (400, "MalformedInput")
    assert raw(account, "none", b"<Versio", "s3", "PUT", "/lake?versioning") == (
        400,
        "MalformedXML",
    )


def test_query(call):
    code, message = call("iam", "create_role", RoleName="a b", AssumeRolePolicyDocument=TRUST)
    assert code == "ValidationError"
    assert message == "1 validation error detected: " + violation(
        "a b", "RoleName", r"Member must satisfy regular expression pattern: [\w+=,.@-]+"
    )
    code, _ = call(
        "iam", "create_role", RoleName="a", AssumeRolePolicyDocument=TRUST, MaxSessionDuration=60
    )
    assert code == "ValidationError"
    call("iam", "create_role", RoleName="job", AssumeRolePolicyDocument=TRUST)
    assert call("iam", "tag_role", RoleName="job", Tags=[{"Key": "a#", "Value": ""}])[0] == (
        "ValidationError"
    )
    code, message = call("sns", "subscribe", TopicArn=TOPIC)
    assert (code, "'Protocol'" in message) == ("ValidationError", True)


def test_xml(call):
    call("s3", "create_bucket", Bucket="lake")
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    assert call("s3", "put_bucket_policy", Bucket="lake", Policy=policy) is None
    code, message = call(
        "s3",
        "put_bucket_versioning",
        Bucket="lake",
        VersioningConfiguration={"Status": "On"},
    )
    assert code == "InvalidRequest"
    assert "'VersioningConfiguration.Status'" in message
    assert "[Enabled, Suspended]" in message
    assert call("s3", "delete_objects", Bucket="lake", Delete={"Objects": [{"Key": ""}]})[0] == (
        "InvalidRequest"
    )
    objects = [{"Key": "a"}, {"Key": "b"}]
    assert call("s3", "delete_objects", Bucket="lake", Delete={"Objects": objects}) is None
    assert call("s3", "put_object", Bucket="lake", Key="k", Body=b"x" * 100_000) is None
    code, _ = call("s3", "put_object", Bucket="lake", Key="k", Body=b"x", StorageClass="FREE")
    assert code == "InvalidRequest"


def test_rows_of_a_log(call):
    call("logs", "create_log_group", logGroupName="/aws-glue/jobs/output")
    place = {"logGroupName": "/aws-glue/jobs/output", "logStreamName": "jr_1-driver"}
    call("logs", "create_log_stream", **place)
    code, message = call("logs", "put_log_events", **place, logEvents=[])
    assert "'logEvents'" in message
    code, message = call(
        "logs", "put_log_events", **place, logEvents=[{"timestamp": 1, "message": ""}]
    )
    assert code == "ValidationException"
    assert "'logEvents.1.member.message'" in message


@pytest.mark.parametrize(
    "service", ["cloudwatch", "events", "glue", "iam", "logs", "s3", "sns", "sqs", "sts"]
)
def test_every_pattern_of_the_services_of_a_deployment_is_understood(service):
    shapes = Loader().load_service_model(service, "service-2")["shapes"]
    patterns = {shape["pattern"] for shape in shapes.values() if "pattern" in shape}
    assert [pattern for pattern in patterns if compiled_pattern(pattern) is None] == []


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        (
            "cloudwatch",
            "put_metric_data",
            {"Namespace": "shop", "MetricData": [{"MetricName": "rows", "Value": 1.5}]},
        ),
        ("secretsmanager", "create_secret", {"Name": "a", "SecretString": "b"}),
        ("ssm", "put_parameter", {"Name": "/a", "Value": "b", "Type": "String"}),
        ("sqs", "create_queue", {"QueueName": "q", "Attributes": {"DelaySeconds": "1"}}),
        ("kms", "create_key", {}),
        ("lambda", "list_functions", {"MaxItems": 5}),
        ("stepfunctions", "list_state_machines", {}),
        ("ec2", "describe_regions", {"RegionNames": ["us-east-1"]}),
        (
            "dynamodb",
            "create_table",
            {
                "TableName": "orders",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        ),
        ("athena", "list_work_groups", {}),
        ("sesv2", "list_email_identities", {}),
    ],
)
def test_services_that_jobs_may_use(account, service, operation, parameters):
    """Each protocol, as boto3 speaks it."""
    answer = getattr(account.client(service), operation)(**parameters)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] in (200, 201)
