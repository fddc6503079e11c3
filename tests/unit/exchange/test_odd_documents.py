"""Documents with odd values: they become contracts with losses, or an error that names the place."""

import copy
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alur.errors import AlurError
from alur.exchange import yaml_text
from alur.exchange.contract_source import module_source
from alur.exchange.dbt_import import dbt_contracts
from alur.exchange.odcs_import import odcs_contracts
from alur.exchange.verifying import problem_of
from tests.unit.exchange import test_dbt_import, test_odcs_import

pytestmark = pytest.mark.filterwarnings("ignore:Field name .* shadows an attribute:UserWarning")

ODCS = yaml_text.parsed(test_odcs_import.HEAD + test_odcs_import.PAYMENTS, "x.yaml")
OWN = yaml_text.parsed(
    test_odcs_import.HEAD
    + """\
schema:
- name: own
  customProperties:
  - {property: alurClass, value: Own}
  - {property: alurLayer, value: gold}
  - {property: alurPartitionBy, value: ["days(at)", "bucket(4, id)"]}
  - {property: alurTags, value: [[a, b]]}
  - {property: alurKeep, value: 7 days}
  - {property: alurKeepSnapshots, value: 3}
  properties:
  - {name: id, logicalType: integer, primaryKey: true, logicalTypeOptions: {minimum: 1, maximum: 9}}
  - {name: at, logicalType: timestamp, logicalTypeOptions: {minimum: "2026-01-02"}}
  - {name: code, logicalType: string, logicalTypeOptions: {minLength: 1, pattern: "^a"}}
  - name: amount
    logicalType: number
    physicalType: decimal(12,2)
    customProperties: [{property: alurRules, value: [[ge, decimal, "0.10"], [one_of, texts, [a, b]]]}]
  - name: kind
    logicalType: string
    tags: [pii]
    quality: [{metric: invalidValues, mustBe: 0, arguments: {validValues: [a, b]}}]
""",
    "x.yaml",
)
PROPERTIES = yaml_text.parsed(test_dbt_import.PROPERTIES, "schema.yml")
MOST = 1500
ODD = st.one_of(
    st.sampled_from([None, "", 0, -1, True, False, 99.5, 10**30, -(10**400), math.nan, math.inf]),
    st.sampled_from(
        [[], {}, [None], {"a": None}, {1: 2}, [1, "a", None], ["a", "a"], [["a", "a"]]]
    ),
    st.sampled_from(
        ["x" * 5000, "__debug__", "class", "o\ufb03ce", "\u202e", "a\nb", "a-b", "1e3"]
    ),
    st.sampled_from(["A", "Id", "Decimal", "(", "a{9999}", "decimal(99,1)", "map<string,", "NaN"]),
    st.sampled_from(["struct<>", "1E+999999999", "2026-13-40", "0001-01-01", [{}], {"name": {}}]),
)
CHANGES = st.lists(st.tuples(st.randoms(use_true_random=False), ODD), min_size=1, max_size=3)


def changed(document, changes):
    """Return a document in which some nodes, at random, are replaced."""
    document = copy.deepcopy(document)
    for random, odd in changes:
        places = [*_places(document)]
        holder, key = random.choice(places)
        holder[key] = copy.deepcopy(odd)
    return document


def _places(node):
    if isinstance(node, dict | list):
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            yield node, key
            yield from _places(node[key])


def is_declared_or_refused(read, document):
    """Return whether a document becomes contracts that can be declared, or an error for people."""
    try:
        found = read(document)
    except AlurError as error:
        return len(error.message) < MOST
    for one in found:
        source = module_source([one.contract], "Tables.")
        if problem_of(source, [one.contract], "tried") or any(
            len(str(s)) > MOST for s in one.losses
        ):
            return False
    return True


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([ODCS, OWN]), CHANGES)
def test_data_contracts(document, changes):
    document = changed(document, changes)
    assert is_declared_or_refused(lambda d: odcs_contracts(d, "silver", "x.yaml"), document)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([PROPERTIES, test_dbt_import.MANIFEST]), CHANGES, CHANGES)
def test_models_of_dbt(document, changes, of_catalog):
    document = changed(document, changes)
    catalog = changed(test_dbt_import.CATALOG, of_catalog)
    assert is_declared_or_refused(
        lambda d: dbt_contracts(d, catalog, (), "silver", "x.yaml"), document
    )
