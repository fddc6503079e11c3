"""A contract goes out as ODCS and comes back as Python source that means the same."""

import inspect
import json
from dataclasses import replace
from importlib.resources import files
from types import ModuleType

import jsonschema
import pytest
from hypothesis import given

from alur.contracts.columns import ArrayType, MapType, StructType
from alur.contracts.table import contract_of
from alur.exchange import yaml_text
from alur.exchange.contract_source import module_source
from alur.exchange.odcs_export import odcs_document
from alur.exchange.odcs_import import odcs_contracts
from tests.unit.exchange.generated import contracts

pytestmark = pytest.mark.filterwarnings("ignore:Field name .* shadows an attribute:UserWarning")


@pytest.fixture(scope="module")
def standard():
    schema = json.loads((files("open_data_contract_standard") / "schema.json").read_text())
    return jsonschema.validators.validator_for(schema)(schema)


def said(contract):
    """Return what a contract says, whatever the order of rules and tags and the margin of its description."""
    return {
        "contract": replace(contract, rules=(), description=inspect.cleandoc(contract.description)),
        "rules": set(contract.rules),
        "tags": [tags_in(column) for column in contract.columns],
    }


def tags_in(column):
    return column.name, set(column.tags), [tags_in(field) for field in fields_in(column.type)]


def fields_in(type_):
    match type_:
        case ArrayType(element=inner) | MapType(value=inner):
            return fields_in(inner)
        case StructType(fields):
            return fields
    return ()


def declared(source, name):
    module = ModuleType("imported")
    exec(compile(source, "imported.py", "exec"), vars(module))
    return contract_of(vars(module)[name])


@given(contracts())
def test_a_contract_comes_back_as_it_went(contract):
    text = yaml_text.written(odcs_document(contract, "shop", mode="merge"))
    (found,) = odcs_contracts(yaml_text.parsed(text, "x.odcs.yaml"), "silver", "x.odcs.yaml")
    assert found.losses == ()
    assert said(found.contract) == said(contract)
    source = module_source([found.contract], "Imported.")
    assert said(declared(source, contract.name)) == said(contract)


@given(contracts())
def test_exported_documents_follow_the_standard_s_schema(standard, contract):
    standard.validate(odcs_document(contract, "shop"))
