"""Functions of arrays, maps, structs and JSON, higher-order functions among them."""

from __future__ import annotations

from collections.abc import Iterator

from tests.certification.cases import Free, Template
from tests.certification.kinds import (
    ANY,
    ARRAY,
    ATOM,
    FLAT_ARRAY,
    MAP,
    NESTED,
    STR,
    STRUCT,
    TEXT,
    exact,
    free,
    kinds,
)
from tests.certification.literals import LITERALS

_ELEMENTS = (("abool", "bool"), ("ai32", "i32"), ("ai64", "i64"), ("af64", "f64"), ("astr", "str"), ("ad12", "d12"), ("adate", "date"), ("ats", "ts"), ("ai64", "i32"), ("ai32", "i64"), ("aastr", "astr"))  # fmt: skip
_KEYS = free("str", "a", "b", "", "zz", "colour", "c", "é")


def items() -> Iterator[Template]:
    """Yield parts of nested values."""
    for fields, struct in ((("x", "y"), "pair"), (("t", "d", "m"), "event"), (("n", "i"), "nest")):
        yield _f("{a}.getField({f})", sql=None, a=kinds(struct), f=free("str", *fields))
        for field in fields:
            yield _f("{a}[{f}]", sql=f"{{a}}.{field}", a=kinds(struct), f=free("str", field))
    for array in (("aline", "id"), ("aline", "qty"), ("aline", "price")):
        yield _f("{a}[{f}]", sql=None, a=kinds(array[0]), f=free("str", array[1]))
    # Not negative ones: the guard lets none pass.
    places = free("i32", 0, 1, 2, 7, 10, 3)
    yield _f("{a}[{i}]", sql="{a}[{i}]", a=ARRAY, i=places)
    yield _f("{a}[{k}]", sql="{a}[{k}]", a=MAP, k=_KEYS)
    yield _f("F.get({a}, {i})", sql="get({a}, {i})", a=ARRAY, i=places)
    yield _f("F.element_at({a}, {i})", a=ARRAY, i=free("i32", 1, 2, 3, -1, -2, 10))
    yield _f("F.try_element_at({a}, F.lit({i}))", a=ARRAY, sql="try_element_at({a}, {i})", i=free("i32", 1, 2, 3, -1, -2, 10))  # fmt: skip
    yield _f("F.element_at({a}, {k})", a=MAP, k=_KEYS)


def arrays() -> Iterator[Template]:
    """Yield functions of arrays."""
    for name in ("size", "cardinality", "array_size"):
        yield _f(f"F.{name}({{a}})", a=ARRAY + MAP)
    for name in ("array_distinct", "array_min", "array_max", "array_sort", "sort_array", "reverse", "array_compact", "flatten"):  # fmt: skip
        yield _f(f"F.{name}({{a}})", a=ARRAY)
    yield _f("F.sort_array({a}, {d})", a=ARRAY, d=exact(True, False))
    for name in ("array_contains", "array_position", "array_remove"):
        yield from _with_literals(name)
        for array, element in (("ai32", "i32"), ("ai64", "i32"), ("ai64", "i64"), ("af64", "f64"), ("astr", "str")):  # fmt: skip
            some = Free(element, tuple(v for v in LITERALS[element] if v not in ("nan", "inf")))
            yield _f(f"F.{name}({{a}}, {{v}})", sql=None, a=kinds(array), v=some)
    for name in ("array_append", "array_prepend"):
        yield from _with_literals(name)
    for name in ("array_union", "array_except", "array_intersect", "arrays_overlap", "concat"):
        yield _f(f"F.{name}({{a}}, {{b}})", same=True, a=ARRAY, b=ARRAY)
    yield _f("F.arrays_zip({a}, {b})", same=True, a=ARRAY, b=ARRAY)
    separators = free("str", ",", "", "-", ", ", "|", " ")
    yield _f("F.array_join({a}, {s})", a=FLAT_ARRAY, s=separators)
    yield _f("F.array_join({a}, {s}, {n})", a=FLAT_ARRAY, s=separators, n=free("str", "", "null", "?", "NULL", "-", "n/a"))  # fmt: skip
    yield _f("F.slice({a}, {i}, {n})", a=ARRAY, i=free("i32", 1, 2, 3, -1, -2, 10), n=free("i32", 0, 1, 2, 3, 10, 100))  # fmt: skip
    yield _f("F.array_repeat({a}, {n})", a=ATOM.only_columns, n=free("i32", 0, 1, 2, 3, -1, 5))
    yield _f("F.array_insert({a}, {i}, {b})", a=kinds("astr"), i=exact(1, 2, -1), b=STR, sql=None)
    yield _f("F.array({a})", a=ANY, all_literals=True)
    yield _f("F.array({a}, {b})", same=True, a=ANY, b=ANY, all_literals=True)
    yield _f("F.array({a}, {b}, {c})", same=True, a=ATOM, b=ATOM, c=ATOM, all_literals=True)
    bounds = {"a": kinds("i8"), "b": kinds("i8")}
    yield _f("F.sequence({a}, {b})", **bounds)
    yield _f("F.sequence({a}, {b}, F.lit({n}))", a=kinds("i32").only_columns, b=kinds("i32").only_columns, n=exact(1, -1), sql=None)  # fmt: skip


def _with_literals(name: str) -> Iterator[Template]:
    """Yield templates with a value or a column as the second argument."""
    for array, element in _ELEMENTS:
        yield Template(f"F.{name}({{a}}, {{b}})", {"a": kinds(array).only_columns, "b": kinds(element)}, pairs=((array, element),))  # fmt: skip


def maps() -> Iterator[Template]:
    """Yield functions that create maps and structs, and take them apart."""
    for name in ("map_keys", "map_values", "map_entries"):
        yield _f(f"F.{name}({{a}})", a=MAP)
    yield _f("F.map_from_entries({a})", a=kinds("aline"))
    yield _f("F.map_concat({a}, {b})", same=True, a=MAP, b=MAP)
    yield _f("F.map_from_arrays({a}, {b})", a=kinds("astr"), b=kinds("astr ai32 ai64 af64"))
    yield _f("F.create_map(F.lit({k}), {a})", all_literals=True, a=ATOM + kinds("astr pair"), k=_KEYS, sql="map({k}, {a})")  # fmt: skip
    yield _f("F.create_map(F.lit({k}), {a}, F.lit({m}), {b})", same=True, a=ATOM, b=ATOM, k=free("str", "a", "x", "é"), m=free("str", "b", "y", "z"), sql="map({k}, {a}, {m}, {b})")  # fmt: skip
    yield _f("F.struct({a})", a=ANY.only_columns)
    some = kinds("i32 i64 str f64 d12 date ts bool pair astr")
    yield _f("F.struct({a}, {b})", sql=None, a=some, b=some)
    yield _f("F.struct({a}, {b}, {c})", same=True, a=ATOM.only_columns, b=ATOM.only_columns, c=ATOM.only_columns)  # fmt: skip
    yield _f("F.named_struct(F.lit({k}), {a})", a=ANY, k=_KEYS, sql="named_struct({k}, {a})")
    yield _f("F.named_struct(F.lit({k}), {a}, F.lit({m}), {b})", a=kinds("i32 str ts"), b=kinds("i32 str ts f64"), k=free("str", "a", "x", "é"), m=free("str", "b", "y", "z"), sql="named_struct({k}, {a}, {m}, {b})")  # fmt: skip
    yield _f("F.str_to_map({a}, F.lit({s}), F.lit({t}))", a=TEXT, s=exact(",", ";", "&"), t=exact(":", "="), sql="str_to_map({a}, {s}, {t})")  # fmt: skip


_BODIES = {
    "transform": ("lambda x: x", "lambda x: x.isNull()", "lambda x, i: i", "lambda x: F.struct(x.alias(\"x\"), F.lit(1))", "lambda x: F.coalesce(x, x)", "lambda x: F.when(x.isNotNull(), x)"),
    "filter": ("lambda x: x.isNotNull()", "lambda x, i: i > 0", "lambda x: F.lit(True)", "lambda x: x == x", "lambda x: F.lit(None).cast('boolean')"),
    "exists": ("lambda x: x.isNull()", "lambda x: F.lit(True)", "lambda x: x == x", "lambda x: F.lit(False)"),
    "forall": ("lambda x: x.isNotNull()", "lambda x: F.lit(True)", "lambda x: x == x"),
}  # fmt: skip


def higher_order() -> Iterator[Template]:
    """Yield functions of functions."""
    for name, bodies in _BODIES.items():
        for body in bodies:
            yield _f(f"F.{name}({{a}}, {body})", sql=None, a=ARRAY)
    for body in ("lambda x: x > 1", "lambda x: x % 2 == 0"):
        for name in ("filter", "exists", "forall"):
            yield _f(f"F.{name}({{a}}, {body})", sql=None, a=kinds("ai32 ai64"))
    for body in ("lambda x: x * 2", "lambda x: x.cast('string')", "lambda x: x + F.col('k')"):
        yield _f(f"F.transform({{a}}, {body})", sql=None, a=kinds("ai32 ai64"))
    for body in ("lambda x: F.upper(x)", "lambda x: F.concat(x, F.lit('-'))"):
        yield _f(f"F.transform({{a}}, {body})", sql=None, a=kinds("astr"))
    yield _f("F.aggregate({a}, {b}, lambda s, x: F.coalesce(x, s))", sql=None, a=kinds("ai32"), b=kinds("i32").only_columns)  # fmt: skip
    for array, start in (("ai32", "0"), ("ai64", "0"), ("ai64", "3000000000"), ("af64", "0.0"), ("astr", "''")):  # fmt: skip
        kind = {"0": "i32", "3000000000": "i64", "0.0": "f64", "''": "str"}[start]
        for step in ("lambda s, x: x", "lambda s, x: s", "lambda s, x: F.coalesce(x, s)"):
            for end in ("", ", lambda s: s", ", lambda s: s.isNull()"):
                yield _f(f"F.aggregate({{a}}, F.lit({{z}}), {step}{end})", sql=None, a=kinds(array), z=free(kind, eval(start)))  # fmt: skip
    yield from _of_pairs_and_maps()


def _of_pairs_and_maps() -> Iterator[Template]:
    for body in ("lambda x, y: F.coalesce(x, y)", "lambda x, y: F.struct(x.alias(\"x\"), y.alias(\"y\"))", "lambda x, y: x == y", "lambda x, y: x"):  # fmt: skip
        yield _f(f"F.zip_with({{a}}, {{b}}, {body})", sql=None, same=True, a=ARRAY, b=ARRAY)
    for body in ("lambda k, v: k", "lambda k, v: F.upper(k)", "lambda k, v: F.concat(k, F.lit('x'))"):  # fmt: skip
        yield _f(f"F.transform_keys({{a}}, {body})", sql=None, a=MAP)
    for body in ("lambda k, v: v", "lambda k, v: k", "lambda k, v: v.isNull()"):
        yield _f(f"F.transform_values({{a}}, {body})", sql=None, a=MAP)
    for body in ("lambda k, v: v.isNotNull()", "lambda k, v: k == 'a'", "lambda k, v: F.lit(True)"):
        yield _f(f"F.map_filter({{a}}, {body})", sql=None, a=MAP)
    for body in ("lambda k, v, w: F.coalesce(v, w)", "lambda k, v, w: k"):
        yield _f(f"F.map_zip_with({{a}}, {{b}}, {body})", sql=None, same=True, a=MAP, b=MAP)


_PATHS = ("$.a", "$.b", "$.a.b", "$.a[0]", "$.b.c", "$.b[0].c", "$", "$.lang", "$.utm.source", "$[0]", "$.a[*]", "$.A", "$['a']", "$.b[*].c", "a", "$.page", "$.ms")  # fmt: skip
_SCHEMAS = ("a int", "a string", "a double", "a bigint", "a boolean", "a array<int>", "a struct<b:string>", "a string, b struct<c:double>", "page string, ms int, utm struct<source:string,campaign:string>", "a date", "a timestamp", "a decimal(12,2)", "a map<string,string>", "array<int>", "map<string,string>")  # fmt: skip


def json() -> Iterator[Template]:
    """Yield functions of JSON, of URLs and of lines of CSV."""
    yield _f("F.get_json_object({a}, {p})", a=TEXT, p=exact(*_PATHS))
    for schema in _SCHEMAS:
        yield _f("F.from_json({a}, {s})", sql=None, a=TEXT, s=exact(schema))
    yield _f("F.to_json({a})", a=NESTED)
    yield _f("F.json_array_length({a})", a=TEXT)
    yield _f("F.json_object_keys({a})", a=TEXT)
    parts = exact("HOST", "PATH", "QUERY", "PROTOCOL", "REF", "FILE", "AUTHORITY", "USERINFO")
    yield _f("F.parse_url({a}, F.lit({p}))", a=kinds("url str"), p=parts, sql="parse_url({a}, {p})")
    keys = exact("x", "y", "utm_source", "a")
    yield _f("F.parse_url({a}, F.lit('QUERY'), F.lit({k}))", a=kinds("url str"), k=keys, sql=None)
    yield _f("F.to_csv({a})", a=STRUCT)
    yield _f("F.typeof({a})", a=ANY)


def _f(
    code: str,
    sql: str | None = "",
    same: bool = False,
    all_literals: bool = False,
    **domains: object,
) -> Template:
    return Template(code, domains, sql=sql, same=same, all_literals=all_literals, by_row=True)  # type: ignore[arg-type]
