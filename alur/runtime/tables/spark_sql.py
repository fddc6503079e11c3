"""The SQL to create and change tables, with every name and text quoted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from alur.contracts.columns import (
    INGESTED_AT,
    SOURCE_FILE,
    ArrayType,
    Column,
    ColumnType,
    MapType,
    StructType,
)
from alur.contracts.contract import Contract
from alur.contracts.evolution import widens
from alur.contracts.partitioning import PartitionField
from alur.deployment.job_contents import CATALOG
from alur.runtime.tables.properties import table_properties

# https://docs.aws.amazon.com/glue/latest/webapi/API_Column.html: one line with a limited length.
_COMMENT_CHARACTERS = 255

# "$" begins a variable in Spark's SQL, even within quotes.
_SPECIAL = re.compile(r"[\\'\"$\x00-\x1f\x7f]")


def identifier(name: str) -> str:
    """Return a name in backticks.

    >>> identifier("a`b")
    '`a``b`'
    """
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    r"""Return a text in quotes, in a form that Spark and Sail read alike.

    >>> print(literal("it's 5$"))
    'it\u0027s 5\u0024'
    """
    escaped = _SPECIAL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return f"'{escaped}'"


def table_name(database: str, table: str) -> str:
    """Return a table's name in Spark."""
    return f"{CATALOG}.{identifier(database)}.{identifier(table)}"


def comment(column: Column) -> str:
    r"""Return a column's description in Glue's form: one line of at most 255 characters.

    Iceberg passes it to Glue unchanged, and Glue rejects tables with longer ones.

    >>> from alur.contracts.columns import PrimitiveType
    >>> comment(Column("n", PrimitiveType("int"), True, "How many\n  there are"))
    'How many there are'
    """
    line = "".join(c for c in " ".join(column.description.split()) if c >= " ")
    if _java_length(line) <= _COMMENT_CHARACTERS:
        return line
    kept = line.encode("utf-16-le")[: 2 * (_COMMENT_CHARACTERS - 1)]
    return kept.decode("utf-16-le", "ignore") + "…"


def _java_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def create_table(name: str, contract: Contract, location: str) -> str:
    """Return the statement that creates a contract's table unless it exists."""
    columns = ", ".join(_column(column) for column in contract.columns)
    return (
        f"CREATE TABLE IF NOT EXISTS {name} ({columns}) USING iceberg{_partitioned(contract)} "
        f"LOCATION {literal(location)}{_properties(contract)}"
    )


def replace_table(name: str, contract: Contract, view: str) -> str:
    """Return the statement that replaces a table's columns and rows by those of a view."""
    replace = f"REPLACE TABLE {name} USING iceberg{_partitioned(contract)}{_properties(contract)}"
    return f"{replace} AS SELECT * FROM {identifier(view)}"  # noqa: S608 - names are quoted


def merge_rows(name: str, contract: Contract, view: str, ranged: Sequence[str]) -> str:
    """Return the statement that replaces a table's rows by those of a view with the same key, and adds the others.

    Args:
        ranged: the key columns with parameters for the least and the greatest value of the view: ``least_0``,
            ``greatest_0`` and so on.
    """
    same = [f"old.{identifier(key)} = new.{identifier(key)}" for key in contract.key]
    # Iceberg skips files by conditions on the table alone.
    near = [
        f"old.{identifier(k)} BETWEEN :least_{n} AND :greatest_{n}" for n, k in enumerate(ranged)
    ]
    keys = " AND ".join([*same, *near])
    names = [identifier(column.name) for column in contract.columns]
    values = ", ".join(f"{n} = new.{n}" for n in names)
    inserted = f"({', '.join(names)}) VALUES ({', '.join(f'new.{n}' for n in names)})"
    return (
        f"MERGE INTO {name} old USING {identifier(view)} new ON {keys} "
        f"WHEN MATCHED THEN UPDATE SET {values} WHEN NOT MATCHED THEN INSERT {inserted}"
    )


def rows_of(name: str, snapshot: int) -> str:
    """Return the query for a table's rows in one of its snapshots."""
    return f"SELECT * FROM {name} VERSION AS OF {snapshot}"  # noqa: S608 - the name is quoted


def branch_of(name: str, branch: str) -> str:
    """Return the name of a table's branch, for writes and MERGE.

    >>> branch_of("glue_catalog.`db`.`orders`", "jr_1")
    'glue_catalog.`db`.`orders`.`branch_jr_1`'
    """
    return f"{name}.{identifier(f'branch_{branch}')}"


def create_branch(name: str, branch: str, snapshot: int) -> str:
    """Return the statement that lets a new or existing branch begin at a snapshot."""
    return (
        f"ALTER TABLE {name} CREATE OR REPLACE BRANCH {identifier(branch)} AS OF VERSION {snapshot}"
    )


def drop_branch(name: str, branch: str) -> str:
    """Return the statement that removes a branch if it exists."""
    return f"ALTER TABLE {name} DROP BRANCH IF EXISTS {identifier(branch)}"


def added_files(name: str, snapshot: int) -> str:
    """Return the query for the data files added by a snapshot."""
    entries = f"{name}.entries VERSION AS OF {snapshot}"
    added = f"status = 1 AND snapshot_id = {snapshot}"
    return f"SELECT data_file.file_path FROM {entries} WHERE {added}"  # noqa: S608 - the name is quoted


def removed_files(name: str, snapshot: int, columns: Iterable[str]) -> str:
    """Return the query for the data files removed by a snapshot, with the bounds of columns in each.

    >>> removed_files("t", 7, ["day"]).partition(" FROM ")[0]
    'SELECT data_file.file_path, readable_metrics.`day`.lower_bound, readable_metrics.`day`.upper_bound'
    """
    metrics = [f"readable_metrics.{identifier(column)}" for column in columns]
    bounds = "".join(f", {m}.lower_bound, {m}.upper_bound" for m in metrics)
    entries = f"{name}.entries VERSION AS OF {snapshot}"
    removed = f"status = 2 AND snapshot_id = {snapshot}"
    return f"SELECT data_file.file_path{bounds} FROM {entries} WHERE {removed}"  # noqa: S608 - the name is quoted


def changed_files_of(name: str, snapshot: int) -> str:
    """Return the query for the data files added (status 1) and removed (2) by a snapshot, with their numbers of rows."""
    entries = f"{name}.entries VERSION AS OF {snapshot}"
    changed = f"status IN (1, 2) AND snapshot_id = {snapshot} AND data_file.content = 0"
    columns = "status, data_file.file_path, data_file.record_count"
    return f"SELECT {columns} FROM {entries} WHERE {changed}"  # noqa: S608 - the name is quoted


def bounds_of_landing_files(name: str, snapshot: int) -> str:
    """Return the query for a table's files: their content, and the bounds of landing files' names and times."""
    names, times = (f"readable_metrics.{identifier(c)}" for c in (SOURCE_FILE, INGESTED_AT))
    bounds = f"{names}.lower_bound, {names}.upper_bound, unix_micros({times}.upper_bound)"
    return f"SELECT content, {bounds} FROM {name}.files VERSION AS OF {snapshot}"  # noqa: S608 - the name is quoted


def _partitioned(contract: Contract) -> str:
    parts = ", ".join(partition(part) for part in contract.partition_by)
    return f" PARTITIONED BY ({parts})" if parts else ""


def set_properties(name: str, properties: Mapping[str, str]) -> str:
    """Return the statement that sets properties of a table."""
    return f"ALTER TABLE {name} SET{_pairs(properties)}"


def _properties(contract: Contract) -> str:
    return _pairs(table_properties(contract))


def _pairs(properties: Mapping[str, str]) -> str:
    pairs = ", ".join(f"{literal(k)} = {literal(v)}" for k, v in properties.items())
    return f" TBLPROPERTIES ({pairs})"


def alterations(name: str, present: Sequence[Column], contract: Contract) -> Iterator[str]:
    """Yield the statements for compatible changes of a table's contract."""
    before = {column.name: column for column in present}
    added = [column for column in contract.columns if column.name not in before]
    if added:
        yield f"ALTER TABLE {name} ADD COLUMNS ({', '.join(map(_column, added))})"
    for column in contract.columns:
        if column.name not in before:
            continue
        old = before[column.name]
        yield from _widening(name, identifier(column.name), old.type, column.type)
        if column.nullable and not old.nullable:
            yield f"ALTER TABLE {name} ALTER COLUMN {identifier(column.name)} DROP NOT NULL"


def _widening(table: str, path: str, old: ColumnType, new: ColumnType) -> Iterator[str]:
    """Yield the clauses to widen the type at a path; Iceberg names the elements of lists and maps."""
    match old, new:
        case ArrayType(a), ArrayType(b):
            yield from _widening(table, f"{path}.element", a, b)
        case MapType(a), MapType(b):
            yield from _widening(table, f"{path}.value", a, b)
        case StructType(a), StructType(b):
            yield from _grown(table, path, a, b)
        case _ if widens(old, new):
            yield f"ALTER TABLE {table} ALTER COLUMN {path} TYPE {sql_type(new)}"


def _grown(table: str, path: str, old: Sequence[Column], new: Sequence[Column]) -> Iterator[str]:
    before = {field.name: field for field in old}
    place = "FIRST"
    for field in new:
        inner = f"{path}.{identifier(field.name)}"
        if field.name in before:
            yield from _widening(table, inner, before[field.name].type, field.type)
        else:
            # Columns follow the contract's order, since some writes go by position.
            described = f"{inner} {sql_type(field.type)}{_comment(field)}"
            yield f"ALTER TABLE {table} ADD COLUMN {described} {place}"
        place = f"AFTER {identifier(field.name)}"


def descriptions(name: str, present: Sequence[Column], contract: Contract) -> Iterator[str]:
    """Yield the clauses to update a table's descriptions to its contract."""
    before = {column.name: column.description for column in present}
    for column in contract.columns:
        text = comment(column)
        if column.name in before and before[column.name] != text:
            yield f"ALTER TABLE {name} ALTER COLUMN {identifier(column.name)} COMMENT {literal(text)}"


def partition(part: PartitionField) -> str:
    """Return a partition field as an expression.

    >>> from alur.contracts.partitioning import bucket
    >>> partition(bucket(16, "customer_id"))
    'bucket(16, `customer_id`)'
    """
    column = identifier(part.column)
    if part.transform == "identity":
        return column
    return f"{part.transform}({column if part.width is None else f'{part.width}, {column}'})"


def sql_type(type_: ColumnType) -> str:
    """Return a type with the names of its fields quoted.

    >>> from alur.contracts.columns import PrimitiveType
    >>> sql_type(StructType((Column("a b", PrimitiveType("date"), True),)))
    'struct<`a b`: date>'
    """
    match type_:
        case ArrayType(element):
            return f"array<{sql_type(element)}>"
        case MapType(value):
            return f"map<string, {sql_type(value)}>"
        case StructType(fields):
            return f"struct<{', '.join(_field(field) for field in fields)}>"
        case _:
            return str(type_)


def _field(field: Column) -> str:
    return f"{identifier(field.name)}: {sql_type(field.type)}{_comment(field)}"


def _column(column: Column) -> str:
    required = "" if column.nullable else " NOT NULL"
    return f"{identifier(column.name)} {sql_type(column.type)}{required}{_comment(column)}"


def _comment(column: Column) -> str:
    text = comment(column)
    return f" COMMENT {literal(text)}" if text else ""
