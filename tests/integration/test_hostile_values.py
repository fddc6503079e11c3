"""Values that could break out of HCL: rendered files hold exactly the declared values, or the values are refused."""

import random
import re

import hcl2
import pytest

from alur.deployment.planning import plan
from alur.deployment.resources import Code
from alur.errors import AlurError
from alur.terraform.rendering import render

CODE = Code("0123456789abcdef.gluewheels.zip", "0123456789ab")
CONTRACTS = "class Raw(SilverTable):\n    n: int\nclass Clean(SilverTable):\n    n: int\n"
HOSTILE = [
    'a "quoted" description',
    '"\n}\nresource "aws_s3_bucket" "injected" {\n  bucket = "x',
    "${file('/etc/passwd')} and %{ if true }",
    "$${already} $$${thrice} %%{x}",
    "<<EOF\nline\nEOF\n",
    "back\\slash \\n \\u0041",
    "Größe 大きさ 📋 \u2028",
    "{{ d.project }} {% include 'x' %}",
]
_ESCAPES = {
    '\\"': '"',
    "\\\\": "\\",
    "\\n": "\n",
    "\\r": "\r",
    "\\t": "\t",
    "$${": "${",
    "%%{": "%{",
}


def unquoted(literal):
    """Return the value of an HCL string literal, by the language's specification and without Alur's own code."""
    inner = literal[1:-1]
    pattern = r'\\["\\nrt]|\\u[0-9a-fA-F]{4}|[$%]{2}\{|[$%]\{'

    def value(match):
        escape = match[0]
        assert escape not in ("${", "%{"), f"evaluated: {literal}"
        return chr(int(escape[2:], 16)) if escape.startswith("\\u") else _ESCAPES[escape]

    return re.sub(pattern, value, inner)


def exported(project, description):
    project.declare(
        CONTRACTS,
        f"""
        from alur.scheduling import schedule
        @schedule(cron="rate(1 day)", description={description!r})
        @pipeline(sources={{"raw": Raw}}, target=Clean)
        def clean(raw):
            return raw
        @pipeline(sources={{"rows": files("*.csv", schema=Raw)}}, target=Raw)
        def load(rows):
            return rows
        """,
    )
    project.write({"alur.toml": '[project]\nname = "shop"\n[env.dev]\n'})
    return render(planned(project), "terraform.tfstate")


def planned(project):
    loaded = project.load()
    return plan(loaded, loaded.environment("dev")).with_code(CODE)


def blocks(text):
    """Return the labels of a file's resources, each with its content."""
    resources = hcl2.loads(text).get("resource", [])
    return {
        (kind.strip('"'), label.strip('"')): body
        for block in resources
        for kind, labelled in block.items()
        if kind != "__is_block__"
        for label, body in labelled.items()
        if label != "__is_block__"
    }


@pytest.mark.parametrize("description", HOSTILE)
def test_a_description_stays_a_description(project, description):
    files = exported(project, description)
    plain = exported(project, "harmless")
    for name in ("eventbridge.tf", "glue_workflows.tf"):
        assert blocks(files[name]).keys() == blocks(plain[name]).keys()
    rule = blocks(files["eventbridge.tf"])["aws_cloudwatch_event_rule", "clean"]
    assert unquoted(rule["description"]) == description


def test_generated_descriptions(project):
    chance = random.Random(4)
    # Unlike Terraform, python-hcl2 refuses an escaped ${ without its }: test_hcl.py has those.
    parts = [
        "${x}",
        "%{ if y }",
        "$${z}",
        "$",
        "%",
        '"',
        "\\",
        "\n",
        "<<EOF",
        "#",
        "/*",
        "é",
        "大",
        "}",
    ]
    for _ in range(60):
        description = "".join(chance.choices(parts, k=chance.randint(1, 20)))
        rule = blocks(exported(project, description)["eventbridge.tf"])
        shown = rule["aws_cloudwatch_event_rule", "clean"]["description"]
        assert unquoted(shown) == description


@pytest.mark.parametrize("description", ["a\x00b", "bell \x07", "\x1b[31mred", "half \ud800"])
def test_what_aws_would_refuse_is_refused_with_the_place(project, description):
    with pytest.raises(AlurError) as caught:
        exported(project, description)
    path, line = project.line_of("pipelines.py", "@schedule")
    assert str(caught.value).startswith(
        f"{path}:{line}: clean: the description contains the character U+"
    )


@pytest.mark.parametrize(
    "line",
    [
        'state_bucket = "a\\"b"',
        'aws_region = "eu-west-1\\"\\n}"',
        'account_id = "${x}"',
        'bronze_bucket = "a/../b"',
        'alerts_email = "a b@example.com"',
    ],
)
def test_settings_that_are_no_names_are_refused(project, line):
    project.declare(CONTRACTS, "")
    project.write({"alur.toml": f'[project]\nname = "shop"\n[env.dev]\n{line}\n'})
    with pytest.raises(AlurError) as caught:
        planned(project)
    assert caught.value.remedy or "alur.toml" in str(caught.value)
