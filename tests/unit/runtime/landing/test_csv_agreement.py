"""CSV texts of every kind against Python's csv module in strict mode: the same rows, or a refusal with a line."""

import csv
import io
import random
from datetime import datetime, timezone

import pytest
from pydantic import BaseModel

from alur.errors import PipelineError, SourceError
from alur.pipelines.sources import files
from alur.runtime.landing import csv_files
from alur.runtime.landing.csv_files import CsvFiles
from alur.runtime.landing.location import FileState


class Held:
    """A landing file in memory."""

    def __init__(self, content: bytes, name: str = "a.csv") -> None:
        self.name = self.shown = name
        self.content = content
        self.state = FileState(len(content), datetime.now(timezone.utc), "1")

    def open(self):
        return io.BytesIO(self.content)

    def has_changed(self) -> bool:
        return False


class Texts(BaseModel):
    a: str | None
    b: str | None


def read(content: bytes, options=None, schema=Texts):
    source = files("*.csv", schema=schema, options=options)
    reader = CsvFiles(source)
    tables = map(reader.typed, reader.raw(Held(content), lambda _: None))
    return [tuple(row.values()) for table in tables for row in table.to_pylist()]


DIALECTS = [
    {},
    {"sep": ";"},
    {"delimiter": "\t"},
    {"sep": "|", "quote": "'"},
    {"quote": "'"},
    {"ignoreLeadingWhiteSpace": True},
    {"nullValue": "a"},
    {"sep": "é"},
    {"sep": " "},
]
PIECES = [
    "a",
    "1",
    " ",
    '"',
    '""',
    "'",
    ",",
    ";",
    "|",
    "\t",
    "\\",
    "#",
    "é",
    "\n",
    "\r\n",
    "\n",
    "\r",
]


def generated(seed: int) -> tuple[dict, str]:
    """Draw a dialect, and a text below its header; about half are well formed."""
    draw = random.Random(seed)
    options = draw.choice(DIALECTS)
    separator = options.get("sep", options.get("delimiter", ","))
    quote = options.get("quote", '"')
    if seed % 2:
        body = "".join(draw.choice([*PIECES, separator]) for _ in range(draw.randint(0, 24)))
    else:
        written = io.StringIO()
        kind = draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
        ends = draw.choice(["\n", "\r\n"])
        writer = csv.writer(
            written, delimiter=separator, quotechar=quote, quoting=kind, lineterminator=ends
        )
        for _ in range(draw.randint(0, 5)):
            writer.writerow(["".join(draw.choices(PIECES, k=draw.randint(0, 4))) for _ in "ab"])
        body = written.getvalue()
    return options, f"a{separator}b\n{body}"


def expected(options: dict, text: str) -> list[tuple] | None:
    """Return the rows by the csv module; None if it refuses the text, or a record has another width."""
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=options.get("sep", options.get("delimiter", ",")),
        quotechar=options.get("quote", '"'),
        skipinitialspace=options.get("ignoreLeadingWhiteSpace", False),
        strict=True,
    )
    try:
        records = [record for record in reader if record][1:]
    except csv.Error:
        return None
    if any(len(record) != 2 for record in records):
        return None
    nulls = ("", options.get("nullValue", ""))
    return [tuple(None if value in nulls else value for value in record) for record in records]


SEEDS = range(1_500)


def test_generated_texts_are_read_as_the_csv_module_reads_them():
    accepted = 0
    for seed in SEEDS:
        options, text = generated(seed)
        rows = expected(options, text)
        if rows is None:
            with pytest.raises(SourceError) as caught:
                read(text.encode(), options)
            line = caught.value.where.line
            assert 2 <= line <= len(text.splitlines()) + 1, (options, text)
        else:
            assert read(text.encode(), options) == rows, (options, text)
            accepted += 1
    assert 500 <= accepted <= len(SEEDS) - 300


@pytest.mark.parametrize("chunk", [7, 16, 64])
def test_pieces_of_any_size_give_the_same_rows(monkeypatch, chunk):
    """Another program splits the text before the first quote, piece by piece."""
    monkeypatch.setattr(csv_files, "CHUNK", chunk)
    monkeypatch.setattr(csv_files, "SMALL", 0)
    for seed in SEEDS[:600]:
        options, text = generated(seed)
        rows = expected(options, text)
        if rows is not None:
            assert read(text.encode(), options) == rows, (options, text)


def test_plain_pieces_are_split_as_the_csv_module_splits_them(monkeypatch):
    """Only Arrow reads texts without a quote."""
    monkeypatch.setattr(csv_files, "SMALL", 0)
    plain = [piece for piece in PIECES if piece not in ('"', '""', "'", "\r", "é")]
    for seed in range(500):
        draw = random.Random(seed)
        lines = [
            ",".join(
                "".join(draw.choices([p for p in plain if p not in (",", "\n", "\r\n")], k=2))
                for _ in "ab"
            )
            for _ in range(draw.randint(0, 6))
        ]
        text = "a,b\n" + "".join(line + draw.choice(["\n", "\r\n", "\n\n"]) for line in lines)
        assert read(text.encode()) == expected({}, text), text


def escaped(value: str, *, doubled: bool) -> str:
    """Return a quoted value with escaped or doubled quotes, and with escaped backslashes."""
    value = value.replace("\\", "\\\\")
    return '"' + value.replace('"', '""' if doubled else '\\"') + '"'


def test_an_escape_character_escapes_quotes_and_itself_and_is_kept_elsewhere():
    draw = random.Random(1)
    rows, lines = [], []
    for _ in range(300):
        row = tuple(
            "".join(draw.choices(["a", "\\", '"', ",", "\n", " "], k=draw.randint(1, 5)))
            for _ in "ab"
        )
        rows.append(row)
        lines.append(",".join(escaped(value, doubled=draw.random() < 0.3) for value in row))
    text = "a,b\n" + "\n".join(lines) + "\n"
    assert read(text.encode(), {"escape": "\\"}) == rows
    lone = 'a,b\n"C:\\new\\table",C:\\temp\\\n'
    assert read(lone.encode(), {"escape": "\\"}) == [("C:\\new\\table", "C:\\temp\\")]


def test_comments_stand_before_the_header_and_between_records_but_not_within_quotes():
    text = '# by hand\n#again\na,b\n1,"x\n# kept"\n# note, with "quotes\n2,# kept\n'
    assert read(text.encode(), {"comment": "#"}) == [("1", "x\n# kept"), ("2", "# kept")]
    torn = "# note\n\na,b\n# note\n1,2\n# note\n3\n"
    with pytest.raises(SourceError) as caught:
        read(torn.encode(), {"comment": "#"})
    assert caught.value.where.line == 7


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('a,b\n1,a\n2,"b\n3,c\n4,d\n', 3, "never closed"),
        (
            'a,b\n1,a\n2,"b\n3,"c\n4,d\n',
            3,
            "text after a closing quote; a quote opened on line 3 reaches to line 4",
        ),
        (
            'a,b\n2,"b\n3,c",x\n',
            2,
            "3 fields where the header has 2; a quote opened on line 2 reaches to line 3",
        ),
        ('a,b\n1,"abc"def\n', 2, "text after a closing quote"),
        ('a,b\n1,"abc" \n', 2, "text after a closing quote"),
        ('a,b\n"x\ny",1\n2,"z\n', 4, "never closed"),
        ('"a,b\n1,2\n', 1, "never closed"),
        ("a,b\n1,2\n3,\xff\n", 3, "is not UTF-8 text"),
        ('a,b\n1,"2"\n3,\xff\n', 3, "is not UTF-8 text"),
    ],
)
def test_what_breaks_a_text_is_named_with_its_line(text, line, message):
    with pytest.raises(SourceError, match=message) as caught:
        read(text.encode("latin-1"))
    assert caught.value.where.line == line
    assert caught.value.remedy


def test_blanks_before_values_quotes_and_names():
    text = 'a,  b\n  1, "x, y"\n2,  z z \n'
    both = {"ignoreLeadingWhiteSpace": True, "ignoreTrailingWhiteSpace": True}
    assert read(text.encode(), both) == [("1", "x, y"), ("2", "z z")]
    assert read(text.encode(), {"ignoreLeadingWhiteSpace": True}) == [("1", "x, y"), ("2", "z z ")]

    class Needed(BaseModel):
        a: str
        b: str

    with pytest.raises(SourceError) as caught:
        read(text.encode(), schema=Needed)
    assert "ignoreLeadingWhiteSpace" in caught.value.remedy


@pytest.mark.parametrize("option", ["sep", "quote", "escape", "comment"])
@pytest.mark.parametrize("value", ["", "ab", "\n"])
def test_characters_of_a_dialect_are_single(option, value):
    with pytest.raises(PipelineError, match="must be one character"):
        files("a.csv", schema=Texts, options={option: value})


@pytest.mark.parametrize(
    "options",
    [
        {"sep": '"'},
        {"quote": ","},
        {"comment": ","},
        {"sep": ";", "escape": ";"},
        {"sep": ";", "delimiter": ","},
    ],
)
def test_characters_that_would_mean_two_things_are_refused(options):
    with pytest.raises(PipelineError):
        files("a.csv", schema=Texts, options=options)
