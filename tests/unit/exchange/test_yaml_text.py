"""YAML: read as version 1.2 says, and written so that readers of both versions read the same."""

import math

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from alur.exchange import yaml_text

NUMBERS = {
    "010": 10,
    "0o10": 8,
    "0x1F": 31,
    "-7": -7,
    "1e3": 1000.0,
    "1.5E-3": 0.0015,
    ".5": 0.5,
    "5.": 5.0,
    "-.inf": -math.inf,
    "true": True,
    "FALSE": False,
    "~": None,
    "null": None,
    "": None,
}
"""Plain words with their values, from the core schema of YAML 1.2: https://yaml.org/spec/1.2.2/#103-core-schema."""
TEXTS = ["1:30", "yes", "No", "on", "OFF", "y", "1_000", "2026-01-02", "0b11", "0o8", "1e", "+", "-.", "=", "e3", "nan"]  # fmt: skip


@pytest.mark.parametrize(("word", "value"), NUMBERS.items())
def test_plain_words_have_the_values_of_yaml_1_2(word, value):
    read = yaml_text.parsed(f"a: {word}\n", "x.yaml")["a"]
    assert (read, type(read)) == (value, type(value))


def test_other_plain_words_are_texts():
    assert yaml_text.parsed(f"[{', '.join(TEXTS)}]", "x.yaml") == TEXTS
    assert math.isnan(yaml_text.parsed("a: .NaN", "x.yaml")["a"])
    assert yaml_text.parsed("{<<: {a: 1}, b: 2}", "x.yaml") == {"a": 1, "b": 2}


SCALARS = st.one_of(
    st.text(max_size=20),
    st.sampled_from([*NUMBERS, *TEXTS, "N", "1e3", ".5e1", "190:20:30", "0777", "<<", "1,000"]),
    st.from_regex(r"\A[-+]?[0-9_.:]{1,4}([eE][-+]?[0-9]{1,2})?\Z"),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False),
    st.booleans(),
    st.none(),
)


@given(st.dictionaries(st.text(max_size=8), st.one_of(SCALARS, st.lists(SCALARS, max_size=4))))
@example({"a": ["1e3", 1e16, "1e16", 1e-7, "y"]})
def test_readers_of_both_versions_read_what_was_written(document):
    text = yaml_text.written(document)
    of_1_1 = yaml.safe_load(text)
    of_1_2 = yaml_text.parsed(text, "x.yaml")
    assert repr(of_1_1) == repr(of_1_2) == repr(document)


def test_aliases_within_aliases_are_refused_before_they_fill_the_memory():
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]")
    with pytest.raises(yaml_text.ExchangeError, match="stands for more than 1,000,000 values"):
        yaml_text.parsed("\n".join(lines), "x.yaml")
    with pytest.raises(yaml_text.ExchangeError, match="nested without end"):
        yaml_text.parsed("&a [*a]", "x.yaml")
    few = yaml_text.parsed("{a: &a [1, 2], b: [*a, *a]}", "x.yaml")
    assert few == {"a": [1, 2], "b": [[1, 2], [1, 2]]}
