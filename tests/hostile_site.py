"""A project whose every text tries to run a script where its documentation shows it."""

from __future__ import annotations

from pathlib import Path

SCRIPT = "</script><script>window.ran = 1</script>"
IMAGE = "<img src=x onerror='window.ran = 2'>"
LINK = '"><a href="javascript:window.ran=3" onmouseover="window.ran=4">'

CONTRACTS = f"""
from typing import Annotated, Literal
from pydantic import BaseModel, Field
from alur import BronzeTable, GoldTable, SilverTable, Tag

SCRIPT, IMAGE, LINK = {SCRIPT!r}, {IMAGE!r}, {LINK!r}

class Raw(BronzeTable, owners=[IMAGE], tags={{SCRIPT: LINK, "domain": "numbers"}}):
    __doc__ = SCRIPT + IMAGE
    constructor: Annotated[int, Tag(SCRIPT), Tag("pii")] = Field(description=SCRIPT + IMAGE + LINK)
    toString: str = Field(pattern="^" + IMAGE + "$", description="a & b < c > d")

class Clean(SilverTable, key="constructor", keep="2 days"):
    constructor: int
    toString: Literal["a", "<b>", "'\\"&"]

class Wide(SilverTable):
    a: int
    b: int
    c: int
    d: int

class Opaque(GoldTable, on_violation="warn"):
    total: int = Field(ge=0)
    more: int | None
"""

PIPELINES = f'''
from pyspark.sql import functions as F
from alur import files, pipeline, schedule
from contracts import *

@schedule(cron="cron(0 8 15W * ? *)", description=SCRIPT + IMAGE, scope="downstream")
@pipeline(
    sources={{"rows": files("in/<img src=x onerror=window.ran=5>/*.csv", schema=Raw)}},
    target=Raw, mode="append")
def load(rows):
    """{SCRIPT} {IMAGE}"""
    return rows

@pipeline(sources={{"raw": Raw}}, target=Clean)
def clean(raw):
    return raw.select("constructor", "toString")

@pipeline(sources={{"raw": Raw}}, target=Wide)
def widen(raw):
    n = F.col("constructor")
    return raw.select(n.alias("a"), n.alias("b"), (n + 1).alias("c"), F.lit(1).alias("d"))

@pipeline(sources={{"wide": Wide, "clean": Clean}}, target=Opaque)
def look(wide, clean):
    raise ValueError("{IMAGE}")
'''
TOML = '[project]\nname = "hostile"\n\n[defaults]\nkeep = "7 days"\n\n[env.prod]\ngold_keep = "30 days"\n'


def write(root: Path) -> Path:
    """Write the project into a folder."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "alur.toml").write_text(TOML)
    (root / "contracts.py").write_text(CONTRACTS)
    (root / "pipelines.py").write_text(PIPELINES)
    return root
