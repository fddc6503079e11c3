"""Patterns of dates and times in landing files, against Spark's own parser."""

from datetime import timezone

import pytest

from alur.pipelines.datetime_patterns import DateTimePattern, InvalidPattern

PATTERNS = {
    "dd/MM/yyyy": ["05/01/2024", "29/02/2024"],
    "d/M/yyyy": ["5/1/2024", "05/01/2024"],
    "yyyyMMdd": ["20240229"],
    "d MMM yyyy": ["5 Jan 2024"],
    "MMMM d, yyyy": ["January 5, 2024"],
    "yy-MM-dd": ["24-01-05", "99-12-31"],
    "yyyy-MM-dd HH:mm:ss": ["2024-01-05 10:11:12"],
    "yyyy-MM-dd'T'HH:mm:ss.SSS": ["2024-01-05T10:11:12.345"],
    "yyyy-MM-dd HH:mm[:ss]": ["2024-01-05 10:11", "2024-01-05 10:11:12"],
    "dd.MM.yyyy hh:mm a": ["05.01.2024 12:05 AM", "05.01.2024 12:05 PM", "05.01.2024 01:05 PM"],
    "yyyy-MM-dd HH:mm:ssXXX": ["2024-01-05 10:11:12+02:00", "2024-01-05 10:11:12Z"],
    "yyyy-MM-dd HH:mm:ssxx": ["2024-01-05 10:11:12-0530"],
    "yyyy-MM-dd HH:mm:ss Z": ["2024-01-05 10:11:12 +0100"],
}
OTHERS = [
    "",
    "x",
    "31/02/2024",
    "30/02/2023",
    "5/1/24",
    "2024-13-01 00:00:00",
    "2024-01-05 24:00:00",
    "00000000",
]


def test_spark_reads_what_fits_as_the_pattern_does(project):
    """Spark's JVM is the reference for matching texts; Alur may refuse more texts than Spark."""
    project.engine = "spark"
    texts = sorted({text for good in PATTERNS.values() for text in good} | set(OTHERS) - {""})
    names = {f"c{number}": pattern for number, pattern in enumerate(PATTERNS)}
    fields = "".join(f"    {name}: datetime | None\n" for name in names)
    project.declare(
        f"class Texts(BronzeTable):\n    t: str\n\nclass Read(SilverTable):\n    t: str\n{fields}",
        f"""
NAMES = {names!r}

@pipeline(sources={{"texts": files("t.csv", schema=Texts)}}, target=Texts)
def load(texts):
    return texts

@pipeline(sources={{"texts": Texts}}, target=Read)
def read(texts):
    return texts.select("t", *(F.to_timestamp("t", p).alias(n) for n, p in NAMES.items()))
""",
    )
    project.land("t.csv", "t\n" + "\n".join(f'"{text}"' for text in texts) + "\n")
    project.run().all_succeeded()
    found = {row[0]: row[1:] for row in project.rows("read", "t", *names)}
    assert sorted(found) == texts
    for text, values in found.items():
        for pattern, value in zip(PATTERNS, values, strict=True):
            mine = DateTimePattern(pattern).moment(text)
            assert mine in (None, value and value.astimezone(timezone.utc)), (pattern, text, value)
            assert mine or text not in PATTERNS[pattern], (pattern, text)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("yyyy", "it lacks the month and the day"),
        ("dd/MM/yyyy QQ", "'QQ' in it is not supported"),
        ("dd/MM/yyyy hh:mm", "h and a need each other"),
        ("dd/MM/yyyy HH hh a", "it names the hour twice"),
        ("dd/MM/yyyy dd", "it names the day twice"),
        ("yyyy-MM-dd'T", "a single quote in it is not closed"),
        ("[yyyy-MM-dd", "its brackets do not match"),
        ("yyyy-MM-dd]", "its brackets do not match"),
        ("yyyy-MM-dd #", "'#' is reserved"),
    ],
)
def test_patterns_that_cannot_be_used(pattern, reason):
    with pytest.raises(InvalidPattern, match=reason):
        DateTimePattern(pattern).has_time  # noqa: B018 - it is read for what it raises
