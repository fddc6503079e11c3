"""Generated projects of any size."""

from __future__ import annotations

from pathlib import Path

_PER_MODULE = 50


def write_project(folder: Path, pipelines: int, returned: str = "rows") -> Path:
    """Write a project with a number of pipelines, each with a schedule, in chains of five from files to gold.

    Args:
        returned: the frame that each pipeline makes of its ``rows``.
    """
    for package in ("contracts", "pipelines"):
        (folder / package).mkdir(parents=True)
        (folder / package / "__init__.py").touch()
    (folder / "alur.toml").write_text('[project]\nname = "generated"\n[env.dev]\n')
    for start in range(0, pipelines, _PER_MODULE):
        numbers = range(start, min(start + _PER_MODULE, pipelines))
        name = f"part{start // _PER_MODULE}"
        (folder / "contracts" / f"{name}.py").write_text(_contracts(numbers))
        (folder / "pipelines" / f"{name}.py").write_text(_pipelines(name, numbers, returned))
    return folder


def _contracts(numbers: range) -> str:
    lines = ["from pydantic import Field", "from alur import BronzeTable, SilverTable, GoldTable"]
    for n in numbers:
        base = ("BronzeTable", "SilverTable", "SilverTable", "GoldTable", "GoldTable")[n % 5]
        lines += [
            f'class Table{n}({base}, key="id"):',
            f'    """Table {n}."""',
            '    id: str = Field(description="What it is")',
            "    quantity: int = Field(ge=0)",
            "    price: float",
            "    note: str | None = None",
        ]
    return "\n".join(lines) + "\n"


def _pipelines(module: str, numbers: range, returned: str) -> str:
    lines = [
        *(["from pyspark.sql import functions as F"] if "F." in returned else []),
        "from alur import files",
        "from alur.decorators import pipeline",
        "from alur.scheduling import schedule",
        f"from contracts.{module} import *",
    ]
    for n in numbers:
        source = f'files("t{n}/*.csv", schema=Table{n})' if n % 5 == 0 else f"Table{n - 1}"
        lines += [
            f'@schedule(cron="cron({n % 60} {n % 24} * * ? *)", description="Schedule {n}")',
            f'@pipeline(sources={{"rows": {source}}}, target=Table{n})',
            f"def make_table{n}(rows):",
            f'    """Makes table {n}."""',
            f"    return {returned}",
        ]
    return "\n".join(lines) + "\n"
