"""The real Terraform applies the files to an emulated AWS; its objects, read with boto3, are the project's graph."""

from __future__ import annotations

import fnmatch
import json
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from alur.aws.deployed import read_deployed
from alur.aws_clients import Clients
from alur.deployment.comparison import compare
from alur.deployment.permissions import PERMISSIONS
from alur.deployment.planning import plan
from alur.deployment.resources import Code, Deployment
from alur.naming import BUCKETS
from alur.project.project import Project
from alur.sandbox.server.account_region import AccountRegion
from alur.sandbox.server.jobs.definition import JobDefinition
from alur.sandbox.server.jobs.job_run import EmulatedJobRun
from alur.terraform.binary import Terraform
from alur.terraform.folder import TerraformFolder
from alur.terraform.rendering import render
from tests.aws import environment
from tests.conftest import isolated_imports
from tests.gateway import event_bridge
from tests.terraform import OVERRIDE, needs_provider
from tests.tiny_project import TinyProject
from tests.unit.sandbox.stage import Stage

pytestmark = needs_provider

EXAMPLE = Path(__file__).parents[2] / "example_repo"
REGION = "ap-southeast-5"
CODE = Code("0123456789abcdef.gluewheels.zip", "0123456789ab")


@pytest.fixture(scope="module")
def account(_server):
    """Yield an empty account of AWS for the whole module."""
    urllib.request.urlopen(urllib.request.Request(f"{_server}/moto-api/reset", method="POST"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(_server).items():
            patch.setenv(name, value)
        patch.delenv("TF_CLI_CONFIG_FILE", raising=False)
        yield _server


def written(deployment, folder):
    """Write the files of a deployment with local state; return their folder."""
    folder.mkdir(parents=True)
    artifacts = {}
    for file in (CODE.file_name, "driver.py"):
        artifacts[file] = folder.parent / file
        artifacts[file].write_text("stands for the code")
    files = render(deployment, "terraform.tfstate") | {"test_override.tf": OVERRIDE}
    for _ in TerraformFolder(folder).write(files, artifacts):
        pass
    return Terraform(folder)


def client(service):
    return boto3.client(service, region_name=REGION)


def of_kind(items, *names):
    return [{name: item.get(name) for name in names} for item in items]


@pytest.fixture(scope="module")
def project():
    with isolated_imports():
        yield Project.load(EXAMPLE)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """200 pipelines in 40 chains of five; the first ten chains have a schedule."""
    root = tmp_path_factory.mktemp("large")
    chains = [range(start, start + 5) for start in range(0, 200, 5)]
    contracts = "".join(f"class T{n}(SilverTable):\n    n: int\n" for n in range(200))
    lines = ["from alur.scheduling import schedule\n"]
    for number, chain in enumerate(chains):
        for n in chain:
            if n == chain[0] and number < 10:
                lines.append('@schedule(cron="rate(1 day)", scope="downstream")\n')
            source = 'files("*.csv", schema=T0)' if n == chain[0] else f"T{n - 1}"
            lines.append(f'@pipeline(sources={{"rows": {source}}}, target=T{n})\n')
            lines.append(f"def make{n}(rows): return rows\n")
    with isolated_imports():
        yield tiny(root, "large", contracts, "".join(lines))


@pytest.fixture(scope="module")
def unscheduled(tmp_path_factory):
    """Yield a project with one pipeline and no schedule."""
    lines = """
@pipeline(sources={"rows": files("*.csv", schema=Raw)}, target=Raw)
def load(rows): return rows
"""
    with isolated_imports():
        yield tiny(
            tmp_path_factory.mktemp("plain"),
            "plain",
            "class Raw(SilverTable):\n    n: int\n",
            lines,
        )


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """Yield a project with a contract and no pipeline."""
    with isolated_imports():
        yield tiny(
            tmp_path_factory.mktemp("empty"), "empty", "class Raw(SilverTable):\n    n: int\n", ""
        )


@pytest.fixture(scope="module")
def longest(tmp_path_factory):
    """Yield a project with names of maximal length, which differ only at the end; each pipeline has several schedules."""
    lines = ["from alur.scheduling import schedule\n"]
    for end in "ab":
        lines += [f'@schedule(cron="rate({n} days)")\n' for n in (2, 3, 4)]
        source = 'files("*.csv", schema=TA)' if end == "a" else "TA"
        lines.append(f'@pipeline(sources={{"rows": {source}}}, target=T{end.upper()})\n')
        lines.append(f"def {'x' * 199}{end}(rows): return rows\n")
    contracts = "class TA(SilverTable):\n    n: int\nclass TB(SilverTable):\n    n: int\n"
    buckets = "".join(f'{kind}_bucket = "longest-{kind}"\n' for kind in BUCKETS)
    with isolated_imports():
        yield tiny(
            tmp_path_factory.mktemp("longest"),
            "long-" + "x" * 26,
            contracts,
            "".join(lines),
            f'[env.staging]\naws_region = "{REGION}"\n{buckets}',
        )


def tiny(root, name, contracts, pipelines, settings=f'[env.dev]\naws_region = "{REGION}"\n'):
    project = TinyProject(root, engines=None)
    project.declare(contracts, pipelines)
    project.write({"alur.toml": f'[project]\nname = "{name}"\n{settings}'})
    return project.load()


class Deployed(dict[str, tuple[Deployment, Terraform]]):
    """The deployments in one account by name, each with its folder."""

    def __init__(self, wanted, folder):
        self._wanted, self._folder = wanted, folder

    def __missing__(self, name):
        project, env = self._wanted[name]
        planned = plan(project, project.environment(env)).with_code(CODE)
        deployment = replace(planned, state_bucket=None)
        self[name] = (deployment, written(deployment, self._folder / name / "files"))
        apply(self[name][1])
        return self[name]


@pytest.fixture(scope="module")
def deployed(account, project, unscheduled, empty, longest, large, tmp_path_factory):
    """Return the example in two environments, and projects of other sizes, in one account; each is deployed on first use."""
    wanted = {
        "dev": (project, "dev"),
        "prod": (project, "prod"),
        "plain": (unscheduled, "dev"),
        "empty": (empty, "dev"),
        "longest": (longest, "staging"),
        "large": (large, "dev"),
    }
    deployed = Deployed(wanted, tmp_path_factory.mktemp("terraform"))
    # Neither disturbs the other, although they are deployed at the same time.
    with ThreadPoolExecutor() as threads:
        list(threads.map(deployed.__getitem__, ("dev", "prod")))
    return deployed


def apply(terraform):
    terraform.initialise()
    terraform.plan()
    terraform.apply()


@pytest.mark.parametrize("name", ["dev", "prod"])
class TestOneEnvironment:
    """Each of the two environments is complete beside the other."""

    def test_everything_is_as_declared(self, deployed, project, name):
        declared, _ = deployed[name]
        findings = compare(declared, read_deployed(Clients(REGION), declared))
        assert len(findings) == 4 + 3 + 1 + len(project.pipelines) + 4
        assert [finding for finding in findings if finding.state != "in step"] == []

    def test_jobs_have_their_code_and_their_role(self, deployed, name):
        declared, _ = deployed[name]
        for job in declared.jobs:
            found = client("glue").get_job(JobName=job.name)["Job"]
            assert found["Role"].endswith(f":role/{declared.job_roles[0].name}")
            assert found["Command"]["Name"] == "glueetl"
            script = found["Command"]["ScriptLocation"].removeprefix("s3://").split("/", 1)
            wheels = found["DefaultArguments"]["--additional-python-modules"]
            for bucket, key in (script, wheels.removeprefix("s3://").split("/", 1)):
                assert client("s3").head_object(Bucket=bucket, Key=key)
            assert found["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
            assert found.get("JobRunQueuingEnabled", False) is (job.max_retries == 0)

    def test_rules_notify_their_workflow_and_keep_what_cannot_be_delivered(self, deployed, name):
        declared, _ = deployed[name]
        (queue,) = declared.queues
        for schedule in declared.schedules:
            rule = client("events").describe_rule(Name=schedule.name)
            assert rule["State"] == schedule.state
            (target,) = client("events").list_targets_by_rule(Rule=schedule.name)["Targets"]
            assert target["Arn"].endswith(f":workflow/{schedule.name}")
            assert target["RoleArn"].endswith(f":role/{schedule.role_name}")
            assert target["DeadLetterConfig"]["Arn"].endswith(f":{queue.name}")
            assert target["RetryPolicy"]["MaximumRetryAttempts"] == 10
            workflow = client("glue").get_workflow(Name=schedule.name)["Workflow"]
            assert workflow["MaxConcurrentRuns"] == 1
        assert allowed_to_send(queue.name) == set(rules_of(declared))

    def test_no_trigger_starts_jobs_by_itself(self, deployed, name):
        """The provider would start a trigger ON_DEMAND; an EVENT trigger waits for its event."""
        declared, _ = deployed[name]
        names = {trigger.name for schedule in declared.schedules for trigger in schedule.triggers}
        found = [t for t in client("glue").get_triggers()["Triggers"] if t["Name"] in names]
        assert len(found) == len(names)
        for trigger in found:
            expected = "ACTIVATED" if trigger["Type"] == "CONDITIONAL" else "CREATED"
            assert (trigger["Type"], trigger["State"]) in {
                ("CONDITIONAL", expected),
                ("EVENT", expected),
            }
        for job in declared.jobs:
            assert client("glue").get_job_runs(JobName=job.name)["JobRuns"] == []

    def test_a_schedule_s_role_may_only_notify_its_workflow(self, deployed, name):
        declared, _ = deployed[name]
        for schedule in declared.schedules:
            (policy,) = role_policies(schedule.role_name)
            (statement,) = policy["Statement"]
            assert statement["Action"] == "glue:notifyEvent"
            assert statement["Resource"].endswith(f":workflow/{schedule.name}")

    def test_buckets_are_closed(self, deployed, name):
        declared, _ = deployed[name]
        s3 = client("s3")
        for bucket in declared.buckets:
            block = s3.get_public_access_block(Bucket=bucket.name)
            assert set(block["PublicAccessBlockConfiguration"].values()) == {True}
            assert s3.get_bucket_versioning(Bucket=bucket.name)["Status"] == "Enabled"
            encryption = s3.get_bucket_encryption(Bucket=bucket.name)
            assert "AES256" in json.dumps(encryption["ServerSideEncryptionConfiguration"])
            (statement,) = json.loads(s3.get_bucket_policy(Bucket=bucket.name)["Policy"])[
                "Statement"
            ]
            assert statement["Effect"] == "Deny"
            assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket.name)["Rules"]
            # A table's files must never expire; a marker is not one of them.
            expiring = {r["Filter"]["Prefix"]: r["Expiration"] for r in rules if "Expiration" in r}
            noncurrent = {
                r.get("Filter", {}).get("Prefix", ""): r["NoncurrentVersionExpiration"]
                for r in rules
                if "NoncurrentVersionExpiration" in r
            }
            everything = {"": {"NoncurrentDays": 30}}
            if bucket.kind == "artifacts":
                temporary = f"cdnow/{name}/temp/"
                assert expiring == {temporary: {"Days": 7}}
                assert noncurrent == everything | {temporary: {"NoncurrentDays": 1}}
            else:
                assert expiring == {"tables/": {"ExpiredObjectDeleteMarker": True}}
                assert noncurrent == everything

    def test_failures_reach_the_topic(self, deployed, name):
        declared, _ = deployed[name]
        (alert,) = declared.alert_rules
        rule = client("events").describe_rule(Name=alert.name)
        # The default quota of a pattern.
        assert len(rule["EventPattern"]) <= 2048
        pattern = json.loads(rule["EventPattern"])
        assert set(pattern["detail"]["jobName"]) == {job.name for job in declared.jobs}
        assert set(pattern["detail"]["state"]) == {"FAILED", "TIMEOUT", "STOPPED", "ERROR"}
        (target,) = client("events").list_targets_by_rule(Rule=alert.name)["Targets"]
        assert target["DeadLetterConfig"]["Arn"].endswith(f":{declared.queues[0].name}")
        subscribed = client("sns").list_subscriptions_by_topic(TopicArn=target["Arn"])
        mails = [s["Endpoint"] for s in subscribed["Subscriptions"]]
        assert mails == (["data@example.com"] if name == "prod" else [])

    def test_a_failed_run_is_mailed_or_kept(self, deployed, name):
        """EventBridge evaluates the rule, the topic's policy and the queue's."""
        declared, _ = deployed[name]
        events = event_bridge(AccountRegion(REGION, "123456789012"), Stage().runs)
        job = JobDefinition(declared.jobs[0].name, script="")
        events.job_ended(
            EmulatedJobRun(job, {}, {}, None, "jr_1", state="FAILED", message="no luck")
        )
        (delivery,) = events.deliveries
        assert delivery.message == (
            f'"{job.name} ended in the state FAILED. See why: alur logs jr_1 --env {name}"'
        )
        if name == "prod":
            assert (delivery.mailed, delivery.problem) == (("data@example.com",), "")
        else:
            assert delivery.problem == (
                "nobody has subscribed to the topic; the event is in the dead-letter queue "
                f"{declared.queues[0].name}"
            )

    def test_logs_are_kept_as_long_as_said(self, deployed, name):
        declared, _ = deployed[name]
        groups = client("logs").describe_log_groups(
            logGroupNamePrefix=declared.names.log_group_prefix
        )
        kept = {g["logGroupName"]: g["retentionInDays"] for g in groups["logGroups"]}
        days = {"dev": 30, "prod": 365}[name]
        assert kept == dict.fromkeys(declared.log_groups.values(), days)


SIZES = {"large": (200, 10), "plain": (1, 0), "empty": (0, 0), "longest": (2, 6)}
"""The numbers of jobs and of schedules of the other projects."""


def each(*names):
    """Parametrize a test by names; mark large projects as nightly."""
    large = pytest.param("large", marks=pytest.mark.nightly)
    return pytest.mark.parametrize("name", [large if name == "large" else name for name in names])


@each("dev", "prod", *SIZES)
def test_a_second_plan_is_empty(deployed, name):
    _, terraform = deployed[name]
    assert terraform.plan().changes == ()


@each(*SIZES)
def test_projects_of_other_sizes(deployed, name):
    declared, _ = deployed[name]
    found = read_deployed(Clients(REGION), declared)
    findings = compare(declared, found)
    assert {finding.state for finding in findings} == {"in step"}
    for alert in declared.alert_rules:
        pattern = client("events").describe_rule(Name=alert.name)["EventPattern"]
        assert len(pattern) <= 2048
    alerted = [job for alert in declared.alert_rules for job in alert.jobs]
    assert sorted(alerted) == sorted(job.name for job in declared.jobs)
    kinds = [finding.kind for finding in findings]
    assert (kinds.count("job"), kinds.count("schedule")) == SIZES[name]


@each(*sorted({"dev", "prod", *SIZES} - {"empty"}))
def test_what_cannot_be_delivered_arrives_and_is_told(deployed, name):
    """Each queue accepts events of its own rules, and of no other project; each alarm may write to the topic."""
    declared, _ = deployed[name]
    by_queue = [allowed_to_send(queue.name) for queue in declared.queues]
    assert sorted(arn for arns in by_queue for arn in arns) == sorted(rules_of(declared))
    statements = topic_policy(declared)["Statement"]
    events, alarms = (s for s in statements)
    assert events["Principal"] == {"Service": "events.amazonaws.com"}
    # With a condition, EventBridge could not publish at all.
    assert "Condition" not in events
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    patterns = listed(alarms["Condition"]["ArnLike"]["aws:SourceArn"])

    def may_publish(alarm):
        return any(fnmatch.fnmatchcase(alarm["AlarmArn"], pattern) for pattern in patterns)

    found = client("cloudwatch").get_paginator("describe_alarms").paginate()
    every = [alarm for page in found for alarm in page["MetricAlarms"]]
    ours = [alarm for alarm in every if may_publish(alarm)]
    watched = [alarm["Dimensions"][0]["Value"] for alarm in ours]
    rules = [rule.name for rule in (*declared.alert_rules, *declared.schedules)]
    assert sorted(watched) == sorted([*rules, *(queue.name for queue in declared.queues)])
    topic = topic_arn(declared)
    assert {alarm["AlarmName"] for alarm in every if alarm["AlarmActions"] == [topic]} == {
        alarm["AlarmName"] for alarm in ours
    }


def topic_arn(declared):
    found = [t["TopicArn"] for t in client("sns").list_topics()["Topics"]]
    return next(arn for arn in found if arn.endswith(f":{declared.names.alerts}"))


def topic_policy(declared):
    attributes = client("sns").get_topic_attributes(TopicArn=topic_arn(declared))["Attributes"]
    return json.loads(attributes["Policy"])


def rules_of(declared):
    """Return the ARNs of the rules with a dead-letter queue."""
    names = [rule.name for rule in (*declared.alert_rules, *declared.schedules)]
    return [client("events").describe_rule(Name=name)["Arn"] for name in names]


def allowed_to_send(queue):
    """Return the ARNs of the rules that may send to a queue; patterns are not allowed."""
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    text = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    # SQS's limit.
    assert len(text) <= 8_192
    (statement,) = json.loads(text)["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    arns = listed(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
    assert "*" not in "".join(arns)
    return arns


def role_policies(role):
    iam = client("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return [iam.get_role_policy(RoleName=role, PolicyName=n)["PolicyDocument"] for n in names]


def test_the_jobs_role_reaches_this_environment_alone(deployed):
    declared, _ = deployed["dev"]
    (policy,) = role_policies(declared.job_roles[0].name)
    for statement in policy["Statement"]:
        resources = statement["Resource"]
        for resource in [resources] if isinstance(resources, str) else resources:
            assert "prod" not in resource
            assert "dev" in resource or resource.endswith(":catalog")


def test_the_jobs_role_may_do_what_jobs_do_and_nothing_else(deployed):
    """PERMISSIONS lists the recorded calls of jobs."""
    declared, _ = deployed["dev"]
    (policy,) = role_policies(declared.job_roles[0].name)
    allowed = {s["Sid"]: (listed(s["Action"]), listed(s["Resource"])) for s in policy["Statement"]}
    arns = {bucket.kind: f"arn:aws:s3:::{bucket.name}" for bucket in declared.buckets}
    catalog = f"arn:aws:glue:{REGION}:123456789012"
    temporary = f"{arns['artifacts']}/{declared.names.artifact_prefix}temp/*"
    tables = {f"{arns[database.layer]}/tables/*" for database in declared.databases}
    assert allowed == {
        "ReadCodeAndLandingFiles": (
            set(PERMISSIONS["read_files"]),
            {
                f"{arns['artifacts']}/{declared.names.artifact_prefix}code/*",
                f"{arns['bronze']}/landing/*",
            },
        ),
        "LookForFolders": (
            set(PERMISSIONS["read_files"]),
            {f"{arns['artifacts']}/cdnow/dev", f"{arns['artifacts']}/cdnow/dev/temp"},
        ),
        "ReadAndWriteTablesAndTemporaryFiles": (
            set(PERMISSIONS["write_files"]),
            tables | {temporary},
        ),
        "ListTheirPrefixes": (set(PERMISSIONS["list_files"]), set(arns.values())),
        "FindTheBuckets": (set(PERMISSIONS["find_buckets"]), set(arns.values())),
        "CreateAndCommitTables": (
            set(PERMISSIONS["write_tables"]),
            {f"{catalog}:catalog"}
            | {f"{catalog}:database/{database.name}" for database in declared.databases}
            | {f"{catalog}:table/{database.name}/*" for database in declared.databases},
        ),
        "WriteLogs": (
            set(PERMISSIONS["write_logs"]),
            {f"arn:aws:logs:{REGION}:123456789012:log-group:{declared.names.log_group_prefix}/*"},
        ),
    }


def listed(value):
    return {value} if isinstance(value, str) else set(value)


def test_a_changed_function_body_changes_the_code_alone(deployed, project):
    _, terraform = deployed["dev"]
    new = Code("fedcba9876543210.gluewheels.zip", "fedcba987654")
    for name in ("glue_jobs.tf", "artifacts.tf"):
        path = terraform.folder / name
        text = path.read_text().replace(CODE.file_name, new.file_name)
        path.write_text(text.replace(CODE.version, new.version))
    (terraform.folder / "artifacts" / new.file_name).write_text("other code")
    changes = terraform.plan()
    assert changes.only_code
    assert changes.summary() == [
        f"only the code changes, that of {len(project.pipelines)} Glue jobs"
    ]
    terraform.apply()
    assert terraform.plan().changes == ()
    jobs = [job for page in pages("glue", "get_jobs") for job in page["Jobs"]]
    for job in [job for job in jobs if job["Name"].startswith("alur-cdnow-")]:
        wheels = job["DefaultArguments"]["--additional-python-modules"]
        assert wheels.endswith(new.file_name) is job["Name"].endswith("-dev")


def test_destroying_one_environment_leaves_the_other_and_nothing_of_its_own(deployed):
    for name, left in (("dev", "prod"), ("prod", "no other")):
        _, terraform = deployed[name]
        assert terraform.plan(destroy=True).count("destroy") > 60
        terraform.apply()
        remaining = [item for item in names_of_everything() if "cdnow" in item]
        assert [item for item in remaining if left not in item] == []


def names_of_everything():
    glue = client("glue")
    return [
        *(b["Name"] for b in client("s3").list_buckets()["Buckets"]),
        *(j["Name"] for page in pages("glue", "get_jobs") for j in page["Jobs"]),
        *(t["Name"] for page in pages("glue", "get_triggers") for t in page["Triggers"]),
        *glue.list_workflows()["Workflows"],
        *(d["Name"] for d in glue.get_databases()["DatabaseList"]),
        *(r["Name"] for page in pages("events", "list_rules") for r in page["Rules"]),
        *(r["RoleName"] for page in pages("iam", "list_roles") for r in page["Roles"]),
        *client("sqs").list_queues().get("QueueUrls", []),
        *(t["TopicArn"] for t in client("sns").list_topics()["Topics"]),
        *(g["logGroupName"] for g in client("logs").describe_log_groups()["logGroups"]),
        *(a["AlarmName"] for a in client("cloudwatch").describe_alarms()["MetricAlarms"]),
    ]


def pages(service, operation):
    return client(service).get_paginator(operation).paginate()
