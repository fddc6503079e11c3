"""Recordings hold no personal data, whatever column it is in, and values that the rules of the contracts allow."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.command import alur
from tests.conftest import isolated_imports
from tests.tiny_project import TinyProject

CONTRACTS = r"""
    from alur import Tag

    class RawVisits(BronzeTable, name="raw_visits"):
        visitor: str
        page: str

    class Visits(SilverTable):
        visitor: str
        page: str

    class People(SilverTable, key="email"):
        email: Annotated[str, Tag("pii")] = Field(pattern=r"^[a-z0-9.]+@corp\.example$", max_length=30)
        code: Annotated[str, Tag("pii")]
        grade: Annotated[int, Tag("pii")]
        born: Annotated[date, Tag("pii")]
        income: Annotated[Decimal, Tag("pii")] = Field(max_digits=8, decimal_places=2)

    class Seen(GoldTable):
        page: str
        code: str = Field(pattern=r"^(DE|FR)-[0-9]+$", min_length=4, max_length=9)
        grade: int = Field(ge=1, le=5)
        born: date = Field(ge=date(2031, 1, 1), lt=date(2031, 3, 1))
        income: Decimal = Field(max_digits=8, decimal_places=2, le=Decimal("99.95"))

    class Elsewhere(GoldTable):
        page: str

    class Guests(SilverTable):
        guest: str
        page: str

    class Everybody(GoldTable):
        who: str

    class Chosen(GoldTable):
        email: Annotated[str, Tag("pii")]
"""
PIPELINES = """
    @pipeline(sources={"rows": files("visits/*.csv", schema=RawVisits)}, target=RawVisits, mode="append")
    def load_visits(rows):
        return rows

    @pipeline(sources={"raw": RawVisits}, target=Visits)
    def visits(raw):
        return raw.select("visitor", "page")

    @pipeline(sources={"rows": files("people/*.csv", schema=People)}, target=People)
    def people(rows):
        return rows

    @pipeline(sources={"visits": Visits, "people": People}, target=Seen)
    def seen(visits, people):
        joined = visits.join(people, visits.visitor == people.email)
        return joined.select("page", "code", "grade", "born", "income")

    @pipeline(sources={"visits": Visits}, target=Elsewhere)
    def elsewhere(visits):
        return visits.where("visitor is not null").select("page")

    @pipeline(sources={"rows": files("guests/*.csv", schema=Guests)}, target=Guests)
    def guests(rows):
        return rows

    @pipeline(sources={"people": People, "guests": Guests}, target=Everybody)
    def everybody(people, guests):
        return people.selectExpr("email as who").union(guests.select("guest"))

    @pipeline(sources={"people": People}, target=Chosen)
    def chosen(people):
        return people.where("email = 'user003@corp.example'").select("email")
"""
PEOPLE = [
    (
        f"user{n:03}@corp.example",
        f"{'DE' if n % 2 else 'FR'}-{7000 + n}",
        1 + n % 5,
        date(2031, 1 + n % 2, 1 + n % 28),
        Decimal(n) + Decimal("0.95"),
    )
    for n in range(60)
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, engines) -> Iterator[TinyProject]:
    with isolated_imports():
        project = TinyProject(tmp_path_factory.mktemp("masks") / "shop", engines)
        project.declare(CONTRACTS, PIPELINES)
        visits = [f"{PEOPLE[n % 60][0]},page{n}" for n in range(200)]
        project.land("visits/a.csv", "\n".join(["visitor,page", *visits, ""]))
        people = [",".join(map(str, person)) for person in PEOPLE]
        project.land("people/a.csv", "\n".join(["email,code,grade,born,income", *people, ""]))
        project.land("guests/a.csv", "guest,page\nuser900@corp.example,start\n")
        project.run().all_succeeded()
        yield project


@pytest.fixture
def fresh(shop: TinyProject) -> Iterator[TinyProject]:
    """Yield the project without recorded tests."""
    yield shop
    shutil.rmtree(shop.root / "tests", ignore_errors=True)


def recorded(shop: TinyProject, name: str) -> list[dict[str, str]]:
    with (shop.root / "tests" / "fixtures" / name).open(newline="") as file:
        return list(csv.DictReader(file))


def everything(shop: TinyProject) -> str:
    return "".join(path.read_text() for path in (shop.root / "tests").rglob("*.csv"))


def test_columns_joined_with_tagged_ones_are_replaced_alike(fresh: TinyProject) -> None:
    done = alur(fresh.root, "test", "--record", "seen")
    assert done.returncode == 0, done.stderr
    assert (
        "values replaced in silver.visits.visitor: joined with silver.people.email" in done.stdout
    )
    visitors = [row["visitor"] for row in recorded(fresh, "seen/sources/visits.csv")]
    emails = {row["email"] for row in recorded(fresh, "seen/sources/people.csv")}
    joined = sum(visitor in emails for visitor in visitors)
    assert len(recorded(fresh, "seen/expected.csv")) == joined >= 16
    assert not re.search(r"user\d", everything(fresh))


def test_replacements_satisfy_the_rules_of_both_tables(fresh: TinyProject) -> None:
    assert alur(fresh.root, "test", "--record", "seen").returncode == 0
    rows = recorded(fresh, "seen/sources/people.csv")
    real = {str(value) for person in PEOPLE for value in (person[0], person[1], person[3])}
    assert len(rows) == 20
    for row in rows:
        assert re.fullmatch(r"[a-z0-9.]+@corp\.example", row["email"])
        assert re.fullmatch(r"(DE|FR)-[0-9]{4}", row["code"])
        assert 1 <= int(row["grade"]) <= 5
        assert date(2031, 1, 1) <= date.fromisoformat(row["born"]) < date(2031, 3, 1)
        assert Decimal(row["income"]) <= Decimal("99.95")
        assert row["email"] not in real
    # A replacement may be the real value of another person, so that few are among them.
    assert sum(row["code"] in real for row in rows) <= 2
    done = alur(fresh.root, "test")
    assert "[OK] 1 test passed" in done.stdout, done.stdout


def test_columns_from_which_sensitive_ones_come_are_replaced_in_other_recordings(
    fresh: TinyProject,
) -> None:
    done = alur(fresh.root, "test", "--record", "load_visits", "visits", "elsewhere")
    assert done.returncode == 0, done.stderr
    assert "silver.visits.visitor comes from it" in done.stdout
    assert len(recorded(fresh, "load_visits/expected.csv")) == 20
    # Nothing depends on these, and each run has others.
    raw = recorded(fresh, "visits/sources/raw.csv")
    assert {(row["_ingested_at"], row["_run_id"]) for row in raw} == {
        ("2000-01-01T00:00:00Z", "recorded")
    }
    assert not re.search(r"user\d", everything(fresh))


def test_columns_that_a_union_puts_into_one_with_tagged_ones_are_replaced(
    fresh: TinyProject,
) -> None:
    done = alur(fresh.root, "test", "--record", "guests", "everybody")
    assert done.returncode == 0, done.stderr
    assert "values replaced in silver.guests.guest: gold.everybody.who comes from it" in done.stdout
    (row,) = recorded(fresh, "guests/expected.csv")
    assert row["page"] == "start"
    assert len(recorded(fresh, "everybody/expected.csv")) == 21
    assert not re.search(r"user\d", everything(fresh))


def test_a_pipeline_that_selects_by_real_values_is_refused(fresh: TinyProject) -> None:
    done = alur(fresh.root, "test", "--record", "chosen", "--rows", "60")
    assert done.returncode == 1
    assert (
        "chosen: the sample gives 1 row, but none once the values of sensitive columns are replaced"
    ) in " ".join(done.stderr.split())
    assert not (fresh.root / "tests").exists()


def test_an_empty_result_is_shown(fresh: TinyProject) -> None:
    source = fresh.root / "pipelines.py"
    text = source.read_text()
    source.write_text(text.replace("visitor is not null", "visitor is null"))
    try:
        done = alur(fresh.root, "test", "--record", "elsewhere")
    finally:
        source.write_text(text)
    assert done.returncode == 0
    assert "the expected result is empty: the sampled rows give none" in " ".join(
        done.stdout.split()
    )


def test_values_that_nothing_else_can_replace_are_refused(project: TinyProject) -> None:
    project.declare(
        """
        from alur import Tag

        class Lands(SilverTable):
            land: Annotated[str, Tag("pii")] = Field(pattern="^(DE|FR)$")
        """,
        """
        @pipeline(sources={"rows": files("lands/*.csv", schema=Lands)}, target=Lands)
        def lands(rows):
            return rows
        """,
    )
    project.land("lands/a.csv", "land\nDE\nFR\n")
    done = alur(project.root, "test", "--record", "lands")
    assert done.returncode == 1
    assert (
        "a value of silver.lands.land cannot be replaced by another one: silver.lands.land must match ^(DE|FR)$"
    ) in " ".join(done.stderr.split())
    assert "with a Literal" in done.stderr


KILLED = """
import os, sys
from pathlib import Path
from alur.contracts.columns import Column, PrimitiveType
from alur.runtime.fixtures import recorded

steps = 0
def killed(event, arguments):
    global steps
    if event in ("os.rename", "shutil.rmtree", "os.mkdir"):
        steps += 1
        if steps == int(sys.argv[2]):
            os._exit(9)

folder = Path(sys.argv[1])
sys.addaudithook(killed)
with recorded._replaced(folder) as new:
    (new / "expected.csv").write_text("new")
"""


@pytest.mark.parametrize("left", [[], ["new", "old"]])
def test_a_recording_killed_at_any_step_leaves_the_old_or_the_new_one(
    tmp_path: Path, left: list[str]
) -> None:
    outcomes = []
    for step in range(1, 20):
        folder = tmp_path / str(step) / "tests" / "fixtures" / "sales"
        for name in ("sales", *(f".sales.{kind}" for kind in left)):
            (folder.parent / name).mkdir(parents=True)
            (folder.parent / name / "expected.csv").write_text("old")
        command = [sys.executable, "-c", KILLED, str(folder), str(step)]
        code = subprocess.run(command, check=False).returncode
        tests = run_pytest_collecting(tmp_path / str(step))
        assert tests == ["tests/fixtures/sales/expected.csv::sales"], step
        outcomes.append((folder / "expected.csv").read_text())
        if code == 0:
            break
        assert code == 9
    assert set(outcomes) == {"old", "new"}
    assert outcomes == sorted(outcomes, reverse=True)
    assert len(outcomes) >= 4


def run_pytest_collecting(root: Path) -> list[str]:
    (root / "alur.toml").write_text('[project]\nname = "shop"\n')
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider"]
    # pytest passes over hidden folders; a project can change that.
    done = subprocess.run(
        [*command, "-o", "norecursedirs=none"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return [line for line in done.stdout.splitlines() if "::" in line]
