"""Tags of columns follow the lineage, and alur.toml refuses them in a layer."""

from __future__ import annotations

from pathlib import Path

from alur.contracts.tags import Tag
from tests.command import alur
from tests.tiny_project import TinyProject

CONTRACTS = """
    from alur import Tag

    class Address(BaseModel):
        city: str
        street: Annotated[str, Tag("pii")]

    class Raw(BronzeTable):
        id: int
        email: Annotated[str | None, Tag("pii")]
        phone: str = Field(json_schema_extra={"tags": ["pii", "contact"]})
        city: str

    class Clean(SilverTable):
        id: int
        domain: str
        hashed: Annotated[str, Tag("pii", holds=False)]
        city: str
        phone: str

    class Report(GoldTable):
        domain: str
        hashes: int
        city: str
        longest: str
"""
PIPELINES = """
    @pipeline(sources={"raw": files("raw/*.csv", schema=Raw)}, target=Raw, mode="append")
    def load(raw):
        return raw

    @pipeline(sources={"raw": Raw}, target=Clean)
    def clean(raw):
        domain = F.split("email", "@")[1].alias("domain")
        hashed = F.sha2("email", 256).alias("hashed")
        city = F.when(F.col("email").isNotNull(), F.col("city")).alias("city")
        return raw.where("email <> ''").select("id", domain, hashed, city, "phone")

    @pipeline(sources={"clean": Clean}, target=Report)
    def report(clean):
        return clean.groupBy("domain", "city").agg(
            F.countDistinct("hashed").alias("hashes"), F.max("phone").alias("longest"))
"""
TOML = '[project]\nname = "shop"\ndefault_env = "local"\n'
REFUSED = """\
gold.report.domain holds pii, which comes from silver.clean.domain, which comes from bronze.raw.email; \
alur.toml refuses pii in gold"""


def test_a_tagged_column_is_refused_with_its_path(project: TinyProject) -> None:
    rule = '[tags.pii]\nrefuse_in = ["gold"]\n'
    project.declare(CONTRACTS, PIPELINES).write({"alur.toml": TOML + rule})
    result = alur(project.root, "validate")
    assert result.returncode == 1
    assert REFUSED in result.stdout
    path, line = project.line_of("contracts.py", "class Report(")
    assert f"{Path(path).name}:{line}: gold.report" in result.stdout
    assert result.stdout.count("refuses pii") == 2
    assert "gold.report.longest holds pii" in result.stdout
    assert "2 problems found" in result.stdout
    assert alur(project.root, "validate", "--no-engine").returncode == 0


def test_without_a_rule_tags_refuse_nothing(project: TinyProject) -> None:
    project.declare(CONTRACTS, PIPELINES).write({"alur.toml": TOML})
    assert alur(project.root, "validate").returncode == 0
    raw = project.contract("raw")
    assert [column.tags for column in raw.declared_columns] == [
        (),
        (Tag("pii"),),
        (Tag("pii"), Tag("contact")),
        (),
    ]


def test_a_struct_has_the_tags_of_its_fields(project: TinyProject) -> None:
    project.declare(
        CONTRACTS.replace("city: str\n        phone", "home: Address\n        phone"), ""
    )
    (home,) = (c for c in project.contract("clean").columns if c.name == "home")
    assert home.tags == (Tag("pii"),)


def test_an_unknown_layer_in_a_rule_is_refused(project: TinyProject) -> None:
    project.declare(CONTRACTS, PIPELINES)
    project.write({"alur.toml": TOML + '[tags.pii]\nrefuse_in = ["golden"]\n'})
    result = alur(project.root, "validate")
    assert "tags.pii.refuse_in.0" in result.stdout


def test_a_rule_about_a_tag_that_no_column_has_is_refused(project: TinyProject) -> None:
    project.declare(CONTRACTS, PIPELINES)
    project.write({"alur.toml": TOML + '[tags.pi]\nrefuse_in = ["gold"]\n'})
    result = alur(project.root, "validate")
    assert result.returncode == 1
    assert "alur.toml:4: no column has the tag 'pi'" in result.stdout
    assert "did you mean 'pii'?" in result.stdout
    project.declare(CONTRACTS.replace('Tag("pii")', 'Tag("private")'), PIPELINES)
    project.write({"alur.toml": TOML + '[tags.xyz]\nrefuse_in = ["gold"]\n'})
    assert "no column has the tag 'xyz'" in alur(project.root, "validate").stdout
