"""A project with many tables, some of them wide, read across several layers."""

from __future__ import annotations

from pathlib import Path

TABLES = 40


def write_wide(root: Path) -> Path:
    """Write a project of 120 tables: a source, a chain of steps and a report for each of 40 numbers."""
    columns = "\n".join(f"    value_{n}_of_a_long_name: int" for n in range(20))
    tag = "personal_data_of_customers_as_declared_by_the_office_for_privacy_in_its_third_version"
    contracts = [
        "from typing import Annotated",
        "from alur import BronzeTable, GoldTable, SilverTable, Tag",
    ]
    pipelines = ["from alur import files, pipeline", "from contracts import *"]
    names = ", ".join(f'"value_{n}_of_a_long_name"' for n in range(20))
    for n in range(TABLES):
        contracts += [
            f"class Source{n}(BronzeTable):\n    id: int\n{columns}",
            f"class Step{n}(SilverTable):\n    id: int\n{columns}",
            f"class Report{n}(GoldTable):\n    id: int\n    total: Annotated[int, Tag({tag!r})]",
        ]
        near = f'"other": Step{n - 1}, "far": Source{n // 2}' if n % 5 else f'"far": Source{n // 3}'
        joined = "step" + "".join(f'.join({each}.select("id"), "id")' for each in _names(near))
        parameters = ", ".join(["step", *_names(near)])
        pipelines += [
            f'@pipeline(sources={{"rows": files("in/{n}/*.csv", schema=Source{n})}}, target=Source{n})\n'
            f"def load{n}(rows):\n    return rows",
            f'@pipeline(sources={{"step": Source{n}, {near}}}, target=Step{n})\n'
            f'def make{n}({parameters}):\n    return {joined}.select("id", {names})',
            f'@pipeline(sources={{"step": Step{n}, "raw": Source{n}}}, target=Report{n})\n'
            f'def report{n}(step, raw):\n    both = step.join(raw.select("id"), "id")\n'
            f'    return both.groupBy("id").count().withColumnRenamed("count", "total")',
        ]
    root.mkdir(parents=True, exist_ok=True)
    (root / "alur.toml").write_text('[project]\nname = "wide"\n')
    (root / "contracts.py").write_text("\n\n".join(contracts) + "\n")
    (root / "pipelines.py").write_text("\n\n".join(pipelines) + "\n")
    return root


def _names(sources: str) -> list[str]:
    return [part.partition('"')[2].partition('"')[0] for part in sources.split(", ")]
