"""Terraform reads any string back unchanged, and evaluates no part of it."""

import json
import random
import subprocess
import unicodedata

import pytest

from alur.terraform.hcl import quoted
from tests.terraform import needs_terraform

HOSTILE = [
    "",
    'a "quoted" word',
    "C:\\new\\table",
    "two\nlines\r\nand\ttabs",
    '${file("/etc/passwd")}',
    "$${not escaped}",
    "$$${three}",
    "%{ if true }yes%{ endif }",
    "%%{two}",
    "$",
    "$$",
    "ends in $",
    "ends in %",
    "<<EOF\nEOF\n",
    "<<-EOT\nEOT",
    '"\n}\nresource "aws_s3_bucket" "injected" {\n',
    "# comment // comment /* comment",
    "größe 大きさ 📋 \u2028 \u00a0 \u200b",
    "\x00\x01\x07\x1b[31m\x7f\x85",
    "\\u0041 \\U00000041 \\x",
    "{{ jinja }} {% raw %}",
]
ALPHABET = '${}%"\\\n\r\t <>#/*ueéÅ大📋\u2028\x00\x1f\x7f~!:' + "abcEOF019"


def generated(count):
    chance = random.Random(20261123)
    return ["".join(chance.choices(ALPHABET, k=chance.randint(0, 30))) for _ in range(count)]


@needs_terraform
def test_terraform_reads_every_string_back_as_it_is(tmp_path, terraform):
    texts = HOSTILE + [unicodedata.normalize("NFC", text) for text in generated(10_000)]
    values = ",\n".join(quoted(text) for text in texts)
    (tmp_path / "main.tf").write_text(f'output "texts" {{\n  value = [\n{values}\n]\n}}\n')
    terraform(tmp_path, "apply", "-auto-approve")
    shown = subprocess.run(
        ["terraform", "output", "-json", "texts"], cwd=tmp_path, capture_output=True, check=True
    )
    assert json.loads(shown.stdout) == texts


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "e\u0301"])
def test_what_terraform_would_change_is_refused(text):
    with pytest.raises(ValueError, match=r"surrogate|normal form"):
        quoted(text)
