"""Pattern rules have the meaning of Python's re with ASCII classes, on both engines."""

import re

import pytest

from alur.errors import AlurError, ContractError
from tests.engines import each_engine

PATTERNS = [
    r"^P\d+$",
    r"\A\w+\Z",
    r"^\s*$",
    r"\D",
    r"^\W\S*$",
    r"^[^\W_]+$",
    r"^[\d.,-]+$",
    r"^.$",
    r"^..$",
    r"(?s)^.$",
    r"a.c",
    r"(?s:a.)c",
    r"(?i)^straße$",
    r"(?i)k",
    r"(?i:a)B",
    r"(?i)^[x-z]+$",
    r"(?i)^[^x]$",
    r"^(?P<code>[A-Z]{2})-(?:\d{1,3}|x)$",
    r"^(a|ab)(c|bcd)$",
    r"^a{2}b{0,1}c*?d+?$",
    r"^$",
    r"",
    r"a$b",
    r"(^a|b$)",
    r"^[[a]&&b]$",
    r"^[]a-]+$",
    r"^\$\^\.\|\\$",
    r"[\x00-\x1f]",
    r"^\u00fc\U0001f44d$",
    r"(?x) ^ a \  b $ # a space",
    r"^[а-я]+$",
    r"^#{2}~\"'$",
    r"\t|\n",
]
VALUES = [
    *(
        "",
        "P1",
        "P12",
        "P٣",
        "P1\n",
        "P1\r\n",
        "P1\u2028",
        "P1\u0085",
        "xP1",
        "p1",
        "P",
        "1",
        "٣",
        "1.5,-2",
    ),
    *(" ", "\t", "\n", "\r\n", "\x0b", "\x0c", "\u00a0", "\u2003", "\x1c", "\x85", "\x00", "\x1f"),
    *("Müller", "Muller", "_", "a_1", "é", "e\u0301", "日本", "👍", "ü👍", "-", "!x", "! "),
    *(
        "abc",
        "a\nc",
        "a\rc",
        "a\u2028c",
        "a👍c",
        "aXc",
        "ABC",
        "aB",
        "AB",
        "ab",
        "aab",
        "aabcd",
        "aad",
        "abcd",
    ),
    *("straße", "STRAßE", "STRASSE", "Straße", "k", "K", "\u212a", "ſ", "x", "X", "xYz", "y"),
    *(
        "DE-12",
        "DE-x",
        "DE-1234",
        "De-1",
        "DE-1\n",
        "abbcd",
        "[&&b]",
        "a&&b]",
        "]a-",
        "a]",
        "$^.|\\",
    ),
    *("a b", "ab ", "привет", "Привет", "##~\"'", "a$b"),
]


def expected(pattern, value):
    # At the end of a pattern, "$" is the end of the value; in Python, a line break may follow it.
    strict = (
        pattern.replace("$", r"\Z")
        if r"\$" not in pattern
        else pattern.replace("$", r"\Z").replace(r"\\Z", r"\$")
    )
    return re.search(strict, value, re.ASCII) is not None


@pytest.mark.filterwarnings("ignore:Possible nested set")
@each_engine
def test_every_pattern_takes_the_values_that_pythons_takes(project):
    columns = "\n".join(f"    p{n}: bool" for n in range(len(PATTERNS)))
    project.declare(
        f"""
class Raw(BronzeTable):
    n: int

class Found(GoldTable, key="n"):
    n: int
{columns}
""",
        f"""
from alur.contracts.patterns import portable

PATTERNS = {PATTERNS!r}
VALUES = {VALUES!r}

@pipeline(sources={{"raw": files("raw.csv", schema=Raw)}}, target=Raw)
def load(raw):
    return raw

@pipeline(sources={{"raw": Raw}}, target=Found)
def find(raw):
    values = raw.sparkSession.createDataFrame(list(enumerate(VALUES)), "n bigint, v string")
    matches = [F.col("v").rlike(portable(p)).alias(f"p{{n}}") for n, p in enumerate(PATTERNS)]
    return values.select("n", *matches)
""",
    )
    project.land("raw.csv", "n\n1\n")
    project.run().all_succeeded()
    for row in project.arrow("found").to_pylist():
        value = VALUES[row["n"]]
        for n, pattern in enumerate(PATTERNS):
            assert row[f"p{n}"] == expected(pattern, value), (pattern, value)


@each_engine
def test_a_rule_is_checked_so(project):
    project.declare(
        r"""
import re

class Raw(BronzeTable):
    n: int

class T(GoldTable, on_violation="warn"):
    digits: str = Field(pattern=r"^P\d+$")
    words: list[Annotated[str, Field(pattern=r"^\w+$")]]
    cased: str = Field(pattern=re.compile("^ab$", re.IGNORECASE))
""",
        """
@pipeline(sources={"raw": files("raw.csv", schema=Raw)}, target=Raw)
def load(raw):
    return raw

@pipeline(sources={"raw": Raw}, target=T)
def write(raw):
    rows = [("P1", ["a"], "AB"), ("P٣", ["Müller"], "aB"), ("P1\\\\n", ["a", "b c"], "Ab\\\\n")]
    return raw.sparkSession.createDataFrame(rows, "digits string, words array<string>, cased string")
""",
    )
    project.land("raw.csv", "n\n1\n")
    checks = project.run().succeeded("write").checks
    counts = {r.rule.columns[0]: r.violations for r in checks if r.rule.kind == "pattern"}
    assert counts == {"digits": 2, "words.element": 2, "cased": 1}


REFUSED = {
    r"\bfoo": r"a word boundary (\b, \B) is not supported",
    r"a++b": "a possessive repetition is not supported",
    r"(?>a)b": "an atomic group is not supported",
    r"(a)\1": "a reference to a group is not supported",
    r"a(?=b)": "looking ahead or behind is not supported",
    r"(?<!a)b": "looking ahead or behind is not supported",
    r"(?m)^a$": "the flag m is not supported",
    r"a{2000}": "more than 1,000 repetitions are not supported",
    r"[^\s\S]": "a class without any character is not supported",
}


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_cannot_be_checked_alike_is_refused_at_its_line(project, pattern):
    project.declare(f"class T(GoldTable):\n    code: str = Field(pattern={pattern!r})\n", "")
    with pytest.raises(ContractError) as raised:
        project.load()
    assert f"T.code: the pattern {pattern!r} cannot be checked alike" in raised.value.message
    assert REFUSED[pattern] in raised.value.message
    where = raised.value.where
    assert (where.path, where.line) == project.line_of("contracts.py", "code: str")


@pytest.mark.parametrize("pattern", [r"\p{L}", r"\h", "[a", "("])
def test_what_is_not_pythons_is_an_error_of_the_class(project, pattern):
    project.declare(f"class T(GoldTable):\n    code: str = Field(pattern={pattern!r})\n", "")
    with pytest.raises(AlurError, match="position") as raised:
        project.load()
    path, line = project.line_of("contracts.py", "class T")
    assert str(raised.value).startswith(f"{path}:{line}: ")
