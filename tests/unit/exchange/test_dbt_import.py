"""Contracts of dbt's models, from a manifest as dbt writes it, or from a file of properties as people do."""

import ast

import pytest

from alur.errors import ExchangeError
from alur.exchange import yaml_text
from alur.exchange.contract_source import module_source
from alur.exchange.dbt_import import dbt_contracts

PROPERTIES = """\
version: 2
models:
- name: orders
  description: One row per order.
  config: {tags: [daily], contract: {enforced: true}}
  data_tests: [{dbt_utils.expression_is_true: {expression: "1 = 1"}}]
  columns:
  - {name: order_id, data_type: integer, description: The key, data_tests: [unique, not_null]}
  - name: status
    data_type: varchar(10)
    tags: [public]
    data_tests:
    - accepted_values: {arguments: {values: [new, paid]}}
    - relationships: {to: ref('states'), field: id}
  - {name: amount, data_type: "numeric(12,2)", constraints: [{type: not_null}, {type: check, expression: x}]}
  - {name: at, data_type: timestamptz, tests: [unique]}
  - {name: shape, data_type: geography}
  - {name: unknown}
- name: lines
  constraints: [{type: primary_key, columns: [order_id, line]}, {type: foreign_key}]
  columns:
  - {name: order_id, data_type: bigint}
  - {name: line, data_type: smallint}
"""
# Written by hand from the file above.
SOURCE = '''\
"""Tables."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from alur import GoldTable, Int32, Tag


class Orders(GoldTable, key="order_id", tags="daily"):
    """One row per order."""

    order_id: Int32 = Field(description="The key")
    status: Annotated[Literal["new", "paid"] | None, Tag("public")] = None
    amount: Decimal = Field(max_digits=12, decimal_places=2)
    at: datetime | None = None


class Lines(GoldTable, key=["order_id", "line"]):
    order_id: int
    line: Int32
'''
LOSSES = [
    "orders.status: the length of varchar(10)",
    "orders.status: the test 'relationships'",
    "orders.amount: the constraint 'check'",
    "orders.at: the test 'unique'",
    "orders.shape: the column: no column type for 'geography'",
    "orders.unknown: the column: dbt does not know its type",
    "orders: the test 'dbt_utils.expression_is_true'",
    "lines: the constraint 'foreign_key'",
]


def imported(document, catalog=None, names=()):
    return dbt_contracts(document, catalog, names, "gold", "schema.yml")


def test_models_of_a_properties_file():
    found = imported(yaml_text.parsed(PROPERTIES, "schema.yml"))
    source = module_source([one.contract for one in found], "Tables.")
    assert ast.dump(ast.parse(source)) == ast.dump(ast.parse(SOURCE))
    assert [str(loss) for one in found for loss in one.losses] == LOSSES


def node(kind, name, **more):
    return {"resource_type": kind, "name": name, **more}


MANIFEST = {
    "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"},
    "nodes": {
        "model.shop.stg": node(
            "model",
            "stg",
            alias="ORDERS",
            description="",
            columns={"ID": {"name": "ID", "data_type": None, "description": "The key"}},
            config={"unique_key": "ID", "materialized": "incremental"},
        ),
        "test.shop.not_null": node(
            "test",
            "not_null_x",
            column_name="name",
            attached_node="model.shop.stg",
            test_metadata={"name": "not_null", "kwargs": {"column_name": "name"}},
        ),
        "test.shop.values": node(
            "test",
            "accepted",
            depends_on={"nodes": ["model.shop.stg"]},
            test_metadata={
                "name": "accepted_values",
                "kwargs": {"column_name": "name", "values": ["a", "b"]},
            },
        ),
        "test.shop.own": node("test", "no_refunds", depends_on={"nodes": ["model.shop.stg"]}),
        "model.shop.bare": node("model", "bare", columns={}),
    },
}
CATALOG = {
    "nodes": {
        "model.shop.stg": {
            "columns": {
                "ID": {"name": "ID", "type": "NUMBER(38,0)"},
                "name": {"name": "name", "type": "TEXT"},
            }
        }
    }
}


def test_models_of_a_manifest_take_their_types_from_the_catalog():
    (found,) = imported(MANIFEST, CATALOG, ["ORDERS"])
    contract = found.contract
    columns = [(c.name, str(c.type), c.nullable, c.description) for c in contract.columns]
    assert columns == [
        ("ID", "decimal(38,0)", False, "The key"),
        ("name", "string", False, ""),
    ]
    assert (contract.table, contract.key) == ("orders", ("ID",))
    assert {rule.describe() for rule in contract.rules} == {
        "ID must not be null",
        "ID must be unique",
        "name must not be null",
        "name must be one of 'a', 'b'",
    }
    assert [str(loss) for loss in found.losses] == ["orders: the test 'no_refunds'"]


def test_a_model_without_types_is_listed_unless_it_is_named():
    (found,) = imported(MANIFEST, CATALOG)
    assert [str(loss) for loss in found.losses] == [
        "schema.yml: bare: no column of the model has a known type",
        "orders: the test 'no_refunds'",
    ]


@pytest.mark.parametrize(
    ("document", "names", "message"),
    [
        ([], (), "the document must be a mapping"),
        ({"models": []}, (), "describes no model of dbt"),
        ({"nodes": {}}, (), "describes no model of dbt"),
        (MANIFEST, ["nothing"], "describes no model 'nothing'"),
        (MANIFEST, ["bare"], "bare: no column of the model has a known type"),
    ],
)
def test_what_holds_no_model_is_refused(document, names, message):
    with pytest.raises(ExchangeError, match=message):
        imported(document, CATALOG, names)


def test_tests_that_let_rows_through_are_listed_and_are_no_rules():
    text = """
models:
- name: orders
  columns:
  - name: a
    data_type: text
    data_tests:
    - not_null: {config: {where: "b > 1"}}
    - unique: {severity: warn}
    - accepted_values: {arguments: {values: [x, y]}, config: {severity: WARN}}
  - name: b
    data_type: int
    data_tests:
    - not_null: {config: {severity: error, error_if: "!= 0"}}
    - {name: own_name, test_name: unique, config: {error_if: ">10"}}
  - {name: c, data_type: int, tests: [not_null: {enabled: false}, dbt_utils.not_null: {}]}
"""
    (found,) = imported(yaml_text.parsed(text, "schema.yml"))
    assert [rule.describe() for rule in found.contract.rules] == ["b must not be null"]
    assert found.contract.key == ()
    assert [str(loss) for loss in found.losses] == [
        "orders.a: the test 'not_null' where b > 1",
        "orders.a: the test 'unique', which only warns",
        "orders.a: the test 'accepted_values', which only warns",
        "orders.b: the test 'unique', which fails if >10",
        "orders.c: the test 'not_null', which is switched off",
        "orders.c: the test 'dbt_utils.not_null'",
    ]


def test_settings_of_tests_in_a_manifest_count_too():
    strict = {
        "severity": "ERROR",
        "where": None,
        "warn_if": "!= 0",
        "error_if": "!= 0",
        "limit": None,
    }
    manifest = {
        "nodes": {
            "model.s.m": node("model", "m", columns={"a": {"name": "a", "data_type": "text"}}),
            "gone": None,
        }
    }
    for number, config in enumerate([strict, {**strict, "severity": "warn"}, {"where": "a > 'b'"}]):
        manifest["nodes"][f"test.s.{number}"] = node(
            "test",
            f"t{number}",
            attached_node="model.s.m",
            column_name="a",
            config={**config, "fail_calc": "count(*)"},
            test_metadata={"name": "accepted_values", "kwargs": {"values": [f"v{number}"]}},
        )
    (found,) = imported(manifest)
    assert [rule.describe() for rule in found.contract.rules] == ["a must be one of 'v0'"]
    assert [str(loss) for loss in found.losses] == [
        "m.a: the test 'accepted_values', which only warns",
        "m.a: the test 'accepted_values' where a > 'b'",
    ]


def test_models_that_would_be_one_table_are_refused():
    column = {"columns": [{"name": "a", "data_type": "int"}]}
    models = {"models": [{"name": "m", **column}, {"name": "M", **column}]}
    with pytest.raises(ExchangeError, match="the models 'm' and 'M' would both be the table 'm'"):
        imported(models)
    (found,) = imported(models, names=["M"])
    assert found.contract.table == "m"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"models": {"name": "m"}}, "models must be a list"),
        (
            {"models": [{"name": "m", "columns": [{"name": 1}]}]},
            r"columns\[0\].name must be a text",
        ),
        ({"nodes": {"a": [1]}}, r"nodes.a must be a mapping, not \[1\]"),
        ({"nodes": {"a": node("model", "m", columns={"a": "int"})}}, "nodes.a.columns.a must be"),
    ],
)
def test_values_of_another_type_are_refused_with_their_place(document, message):
    with pytest.raises(ExchangeError, match=message):
        imported(document)
