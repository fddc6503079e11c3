"""Documents of others: what becomes a contract, and what is listed as left out."""

import ast
import subprocess
import sys

import pytest

from alur.errors import ExchangeError
from alur.exchange import yaml_text
from alur.exchange.contract_source import module_source
from alur.exchange.odcs_import import odcs_contracts

HEAD = (
    "apiVersion: v3.1.0\nkind: DataContract\nid: i\nname: sales\nversion: 1.0.0\nstatus: active\n"
)
PAYMENTS = """\
domain: seller
servers: [{server: prod, type: snowflake}]
team:
  name: payments
  members: [{username: ann@example.com, role: Owner}, {username: bob, role: Engineer}]
schema:
- name: payments
  physicalName: PAY.Payments
  dataGranularityDescription: One row per payment
  tags: [finance, "level:high"]
  quality: [{metric: rowCount, mustBeGreaterThan: 10}]
  properties:
  - {name: b, logicalType: integer, primaryKey: true, primaryKeyPosition: 2}
  - {name: a, logicalType: string, physicalType: VARCHAR(36), primaryKey: true, primaryKeyPosition: 1,
     logicalTypeOptions: {minLength: 3, format: uuid}}
  - name: amount
    logicalType: number
    physicalType: NUMBER(12,2)
    logicalTypeOptions: {minimum: 0.5, exclusiveMaximum: 100, multipleOf: 0.01}
    quality:
    - {type: sql, name: sane, query: select 1, mustBe: 0}
    - {metric: nullValues, mustBe: 0}
  - name: country
    logicalType: string
    classification: restricted
    partitioned: true
    tags: [pii]
    quality:
    - {metric: invalidValues, mustBe: 0, arguments: {validValues: [DE, NO]}}
    - {metric: invalidValues, mustBeLessThan: 5, arguments: {validValues: [DE]}}
  - {name: txn-date, logicalType: date}
  - {name: class, logicalType: string}
  - {name: Country, logicalType: string}
  - {name: clock, logicalType: time}
  - {name: rate, logicalType: number, logicalTypeOptions: {format: f32}, unique: true}
  - name: lines
    logicalType: array
    logicalTypeOptions: {minItems: 1, uniqueItems: true}
    items:
      logicalType: object
      required: true
      properties:
      - {name: sku, logicalType: string, required: true, logicalTypeOptions: {pattern: "^[A-Z]+$"}}
      - {name: n, logicalType: integer, logicalTypeOptions: {format: i32, minimum: 1}}
  - {name: attributes, logicalType: object, physicalType: "map<string,int>"}
  - {name: the scores, physicalName: scores, logicalType: map, map: {key: {logicalType: string},
     value: {logicalType: number, logicalTypeOptions: {minimum: 0}}}, relationships: [{to: a.b}]}
- name: nothing else
  properties: [{name: day, logicalType: date, logicalTypeOptions: {minimum: "2020-01-01"}}]
"""
# Written by hand from the document above.
SOURCE = '''\
"""Tables imported from payments.yaml."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from alur import BronzeTable, Float32, Int32, Tag


class PaymentsLinesElement(BaseModel):
    sku: str = Field(pattern="^[A-Z]+$")
    n: Int32 | None = Field(None, ge=1)


class Payments(
    BronzeTable,
    key=["a", "b"],
    partition_by="country",
    owners="ann@example.com",
    tags={"finance": "", "level": "high"},
):
    b: int
    a: str = Field(min_length=3)
    amount: Decimal = Field(
        max_digits=12, decimal_places=2, ge=Decimal("0.5"), lt=100
    )
    country: Annotated[Literal["DE", "NO"] | None, Tag("pii")] = None
    rate: Float32 | None = None
    lines: list[PaymentsLinesElement] | None = Field(None, min_length=1)
    attributes: dict[str, Int32 | None] | None = None
    scores: dict[str, Annotated[float, Field(ge=0)] | None] | None = None


class NothingElse(BronzeTable, name="nothing_else", owners="ann@example.com"):
    day: date | None = Field(None, ge=date(2020, 1, 1))
'''
LOSSES = {
    "sales: id: i",
    "sales: domain: seller",
    "sales: servers",
    "sales: the team's name",
    "sales: the team member 'bob', who is no owner",
    "payments: the name 'PAY.Payments', which no table can have",
    "payments: dataGranularityDescription: One row per payment",
    "payments: the quality rule 'rowCount'",
    "payments.a: the length of VARCHAR(36)",
    "payments.a: the option format: 'uuid'",
    "payments.amount: the option multipleOf: 0.01",
    "payments.amount: the quality rule 'sane'",
    "payments.country: classification: 'restricted'",
    "payments.country: the quality rule 'invalidValues'",
    "payments.txn-date: the column: 'txn-date' is not a valid column name",
    "payments.class: the column: 'class' is a word of Python",
    "payments.Country: the column: 'Country' is there twice",
    "payments.clock: the column: no column type for 'time'",
    "payments.rate: unique: True",
    "payments.lines: the option uniqueItems: True",
    "payments.scores: relationships",
    "payments.scores: the name 'the scores', beside its name in the table",
    "nothing_else: the name 'nothing else', which no table can have",
}


def imported(text, path="payments.yaml", layer="bronze"):
    return odcs_contracts(yaml_text.parsed(text, path), layer, path)


def test_a_document_becomes_the_contracts_that_a_person_would_write():
    contracts = [one.contract for one in imported(HEAD + PAYMENTS)]
    source = module_source(contracts, "Tables imported from payments.yaml.")
    assert ast.dump(ast.parse(source)) == ast.dump(ast.parse(SOURCE))


def test_everything_that_a_contract_cannot_say_is_listed_once():
    losses = [str(loss) for one in imported(HEAD + PAYMENTS) for loss in one.losses]
    assert sorted(losses) == sorted(LOSSES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "it is not a mapping"),
        ("kind: DataContract\napiVersion: v2.2.2", "apiVersion is 'v2.2.2'"),
        ("kind: Other\napiVersion: v3.1.0", "kind is not DataContract"),
        (HEAD, "describes no table"),
        (
            HEAD + "schema: [{name: t, properties: [{name: a-b, logicalType: date}]}]",
            "can be a column",
        ),
        ("a: [", "not valid YAML"),
        ("!!python/object/apply:os.system ['true']", "could not determine a constructor"),
        # A few lines that would become a billion fields.
        (
            HEAD
            + "schema: [{name: t, properties: &a [{name: x, properties: *a}, {name: y, properties: *a}]}]",
            "nested without end",
        ),
        (
            "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
            + "".join(
                f"{n}: &{n} [{', '.join([f'*{m}'] * 10)}]\n"
                for m, n in zip("abcdefgh", "bcdefghi", strict=True)
            )
            + HEAD
            + "customProperties: [{property: p, value: *i}]",
            "stands for more than 1,000,000 values",
        ),
    ],
)
def test_other_documents_are_refused(text, message):
    with pytest.raises(ExchangeError, match=message):
        imported(text)


HOSTILE = [
    '"); import os; os.abort() #',
    "x\n    import os",
    "a'b\"c\\",
    '"""',
    "\u202e",
    "{os.abort()}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_names_and_texts_never_become_code(text):
    document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "name": text,
        "team": {"members": [{"username": text, "role": "owner"}]},
        "schema": [
            {
                "name": text,
                "description": text,
                "tags": [text],
                "customProperties": [
                    {"property": name, "value": text}
                    for name in (
                        "alurClass",
                        "alurLayer",
                        "alurPartitionBy",
                        "alurKeep",
                        "alurRules",
                    )
                ],
                "properties": [
                    {"name": text, "logicalType": "string"},
                    {
                        "name": "note",
                        "logicalType": "string",
                        "description": text,
                        "tags": [text],
                        "quality": [
                            {
                                "metric": "invalidValues",
                                "mustBe": 0,
                                "arguments": {"validValues": [text]},
                            }
                        ],
                    },
                ],
            }
        ],
    }
    (found,) = odcs_contracts(document, "silver", "x.yaml")
    tree = ast.parse(module_source([found.contract], text))
    allowed = {"SilverTable", "Annotated", "Literal", "Field", "Tag"}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert names == {*allowed, "note"}
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {node.module for node in imports} == {"typing", "pydantic", "alur"}
    kinds = {type(node) for node in tree.body}
    assert kinds == {ast.Expr, ast.ImportFrom, ast.ClassDef}
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert text in texts


def test_the_source_is_as_a_formatter_leaves_it():
    contracts = [one.contract for one in imported(HEAD + PAYMENTS)]
    source = module_source(contracts, "Tables imported from payments.yaml.")
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]
    done = subprocess.run(ruff, input=source, capture_output=True, text=True, check=True)
    assert done.stdout == source


def one_column(column):
    """Return the rules and the losses of a document with this column."""
    text = (
        HEAD + "schema: [{name: t, properties: [{name: id, logicalType: integer}, " + column + "]}]"
    )
    (found,) = odcs_contracts(yaml_text.parsed(text, "x.yaml"), "silver", "x.yaml")
    rules = [rule.describe() for rule in found.contract.rules]
    return rules, [str(loss) for loss in found.losses[1:]]


VALUES = "metric: invalidValues, mustBe: 0, arguments: {validValues: "


@pytest.mark.parametrize(
    ("column", "rules", "losses"),
    [
        # Among integers, 99.5 is no bound; 99 means the same.
        (
            "logicalType: integer, logicalTypeOptions: {maximum: 99.5, exclusiveMinimum: -0.5}",
            ["a must be at most 99", "a must be above -1"],
            [],
        ),
        (
            "logicalType: string, logicalTypeOptions: {minLength: 99999999999}",
            [],
            ["t.a: the option minLength: 99999999999"],
        ),
        (
            f"logicalType: string, quality: [{{{VALUES}[a, a]}}}}]",
            ["a must be one of 'a'"],
            [],
        ),
        (
            f"logicalType: string, quality: [{{{VALUES}[a, b]}}}}, {{{VALUES}[c]}}}}]",
            ["a must be one of 'a', 'b'"],
            ["t.a: the rule: a must be one of 'c'"],
        ),
        (
            "logicalType: number, logicalTypeOptions: {minimum: .nan, format: [f32]}",
            [],
            ["t.a: the option minimum: nan", "t.a: the option format: ['f32']"],
        ),
        (
            "logicalType: number, physicalType: 'decimal(9,2)', customProperties: "
            "[{property: alurRules, value: [[ge, decimal, '1E+99999999']]}]",
            [],
            ["t.a: the rule ['ge', 'decimal', '1E+99999999']"],
        ),
        # Rules that do not stop a write, or are about some rows.
        (
            f"logicalType: string, quality: [{{severity: warning, {VALUES}[a]}}}}]",
            [],
            ["t.a: the quality rule 'invalidValues' of severity 'warning'"],
        ),
        (
            "logicalType: string, quality: [{metric: nullValues, mustBe: 0, severity: info}]",
            [],
            ["t.a: the quality rule 'nullValues' of severity 'info'"],
        ),
        (
            "logicalType: string, quality: [{metric: nullValues, mustBe: 0, filter: b > 1}]",
            [],
            ["t.a: the quality rule 'nullValues'"],
        ),
        (
            "logicalType: string, quality: [{metric: nullValues, mustBe: 0, severity: error}]",
            ["a must not be null"],
            [],
        ),
    ],
)
def test_rules_come_as_they_are_or_are_listed(column, rules, losses):
    assert one_column(f"{{name: a, {column}}}") == (rules, losses)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (
            "{name: 5}",
            r"schema\[0\].properties\[1\].name must be a text, not 5: put it into quotes",
        ),
        ("{name: a, tags: x}", r"schema\[0\].properties\[1\].tags must be a list, not 'x'"),
        ("{name: a, required: 'no'}", r"properties\[1\].required must be true or false, not 'no'"),
        ("{name: a, items: [1]}", r"properties\[1\].items must be a mapping, not \[1\]"),
        ("{name: a, 1: b}", r"properties\[1\] has the key 1, which is not a text"),
    ],
)
def test_values_of_another_type_are_refused_with_their_place(column, message):
    with pytest.raises(ExchangeError, match=message):
        one_column(column)


def test_no_class_has_a_name_that_python_reads_in_another_way():
    for name in ("__debug__", "o\ufb03ce", "class"):
        text = (
            HEAD
            + "schema: [{name: t, customProperties: [{property: alurClass, value: "
            + name
            + "}], properties: [{name: id, logicalType: integer}]}]"
        )
        (found,) = odcs_contracts(yaml_text.parsed(text, "x.yaml"), "silver", "x.yaml")
        assert found.contract.name == "T"
