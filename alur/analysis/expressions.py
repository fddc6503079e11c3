"""Reads the expressions of a plan: their types, and whether they are certified."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isnan
from typing import Any

from pyspark.sql import types as T

from alur.analysis.aggregates import call_name, function_subject
from alur.analysis.alternatives import AMONG_ZEROS, chooses_among_zeros
from alur.analysis.certificate import Certificate, Certified
from alur.analysis.columns import column_by_name, column_of_plan, name_parts
from alur.analysis.findings import Findings
from alur.analysis.higher_order import lambda_result, lambda_types
from alur.analysis.limits import limits_of
from alur.analysis.literals import literal_argument, literal_difference
from alur.analysis.nested_values import holds_floats
from alur.analysis.python_functions import function_kind, objections
from alur.analysis.rewriting import Rewrites
from alur.analysis.scope import Scope
from alur.analysis.signatures import type_token
from alur.analysis.sql_expressions import Unreadable, parsed_copy
from alur.analysis.type_texts import cast_type
from alur.analysis.values import UNKNOWN, Value, arguments
from alur.analysis.windows import ends_before_start, frame_kind

_REWRITTEN: dict[str, tuple[str, Callable[[Rewrites, Any], None]]] = {
    "isnan": ("isnan (rewritten)", Rewrites.never_null),
    "datediff": ("datediff (cast)", Rewrites.as_int),
    "date_diff": ("datediff (cast)", Rewrites.as_int),
}
"""Functions that Sail receives in another form, and the certified subject of each form."""
_MAKING_NANS = ("+", "-", "*", "/", "%", "negative", "sqrt")
"""Functions that may make NaNs with a sign, such as infinity minus infinity."""
_SIGNED_NAN = "Sail puts a NaN with a sign below all numbers, Spark any NaN above them"
_ONE_COLUMN = ("explode", "explode_outer")


class ExpressionReader:
    """Reads expressions, and reports uncertified parts."""

    def __init__(self, certificate: Certificate, findings: Findings, rewrites: Rewrites) -> None:
        self._certificate = certificate
        self._findings = findings
        self.rewrites = rewrites
        self._readers: dict[str, Callable[[Any, Scope], Value]] = {
            "literal": self._literal,
            "unresolved_attribute": self._attribute,
            "unresolved_function": self._function,
            "call_function": self._function,
            "expression_string": self._text,
            "alias": self._alias,
            "cast": self._cast,
            "window": self._window,
            "unresolved_extract_value": self._extract,
            "unresolved_named_lambda_variable": self._variable,
            "common_inline_user_defined_function": self._python_function,
            "sort_order": lambda node, scope: self.read(node.sort_order.child, scope),
        }

    def read(self, node: Any, scope: Scope) -> Value:
        """Return the value of an expression."""
        kind = node.WhichOneof("expr_type")
        reader = self._readers.get(kind)
        if reader is None:
            self._findings.add(f"an expression ({kind})", "Alur cannot read it", node)
            return UNKNOWN
        return reader(node, scope)

    def read_all(self, nodes: Sequence[Any], scope: Scope) -> list[Value]:
        """Return the values of expressions; a star stands for all columns."""
        values: list[Value] = []
        for node in nodes:
            if node.WhichOneof("expr_type") == "unresolved_star":
                values += self._star(node, scope)
            else:
                values.append(self.read(node, scope))
        return values

    def check(self, subject: str, values: Sequence[Value], node: Any) -> T.DataType | None:
        """Return the type of a result; add a finding and return None if it is not certified."""
        verdict = self.verdict(subject, values, node)
        if verdict is not None and verdict.type is None:
            self._findings.add(subject, "its type in Spark is unknown", node)
        return verdict.type if verdict else None

    def verdict(self, subject: str, values: Sequence[Value], node: Any) -> Certified | None:
        """Return the verdict for these arguments; add a finding and return None if they are not certified."""
        given = arguments(values)
        if given is None:
            return None
        verdict = self._certificate.verdict(subject, given)
        if isinstance(verdict, Certified):
            return verdict
        self._findings.add(f"{subject} ({verdict.signature})", verdict.reason, node)
        return None

    def plain(self, node: Any) -> Any:
        """Return an expression with SQL text parsed; return unreadable text unchanged."""
        if node.WhichOneof("expr_type") != "expression_string":
            return node
        try:
            return parsed_copy(node.expression_string.expression)
        except Unreadable:
            return node

    def check_key(self, subject: str, values: Sequence[Value], node: Any) -> None:
        """Report each value whose type is not certified for a subject."""
        for value in values:
            if value.type is not None:
                # A certificate for a column also covers a constant.
                given = arguments([Value(value.type)])
                assert given is not None
                verdict = self._certificate.verdict(subject, given)
                if not isinstance(verdict, Certified):
                    self._findings.add(f"{subject} {verdict.signature}", verdict.reason, node)

    def _literal(self, node: Any, _: Scope) -> Value:
        argument = literal_argument(node.literal)
        if argument is None:
            kind = node.literal.WhichOneof("literal_type")
            self._findings.add(f"a literal ({kind})", "Alur cannot read it", node)
            return UNKNOWN
        if difference := literal_difference(argument):
            self._findings.add(*difference, node)
        if isinstance(argument.type, T.DecimalType):
            self.rewrites.exact_decimal(node, argument.type)
        if isinstance(argument.value, float) and isnan(argument.value):
            self.rewrites.literal_nan(node)
        return Value.of(argument)

    def _attribute(self, node: Any, scope: Scope) -> Value:
        attribute = node.unresolved_attribute
        identifier = attribute.unparsed_identifier
        parts = name_parts(identifier)
        if attribute.HasField("plan_id"):
            match = column_of_plan(attribute.plan_id, parts, scope.schema)
        else:
            match = column_by_name(parts, scope.schema)
        if match is None:
            reason, remedy = scope.schema.why_unresolved(parts)
            subject = f"column {'.'.join(parts)!r}"
            self._findings.add_unresolved(subject, reason, node, remedy)
            return UNKNOWN
        visible, fields = match
        value = Value(visible.column.type, name=visible.name, column=visible.column)
        for field in fields:
            key = Value(T.StringType(), is_literal=True, value=field)
            value = Value(self.check("getitem", [value, key], node), name=field)
        return value

    def _star(self, node: Any, scope: Scope) -> list[Value]:
        target = node.unresolved_star.unparsed_target
        qualifier = target.removesuffix(".*") if target else None
        chosen = [c for c in scope.schema.columns if not qualifier or qualifier in c.qualifiers]
        if not chosen:
            self._findings.add(f"{target or '*'}", "its columns are unknown", node)
        return [Value(c.column.type, name=c.name, column=c.column) for c in chosen]

    def _function(self, node: Any, scope: Scope) -> Value:
        call = getattr(node, node.WhichOneof("expr_type"))
        name = call.function_name.lower()
        if any(a.WhichOneof("expr_type") == "lambda_function" for a in call.arguments):
            return self._higher_order(name, call, node, scope)
        values = self._arguments(name, call.arguments, scope)
        values = self.rewrites.exact_integers(name, call.arguments, values)
        if name in _REWRITTEN:
            return self._rewritten(name, node, values)
        is_distinct = node.WhichOneof("expr_type") == "unresolved_function" and call.is_distinct
        subject = function_subject(name, is_distinct)
        if name == "or" and chooses_among_zeros(node):
            self._findings.add(*AMONG_ZEROS, node)
        if name in _ONE_COLUMN and any(isinstance(v.type, T.MapType) for v in values):
            self._findings.add(f"{name} of a map", "Alur cannot read its two columns", node)
            return UNKNOWN
        type_ = self.check(subject, values, node)
        self._limit(subject, values, call.arguments)
        if name in _MAKING_NANS and any(v.type and holds_floats(v.type) for v in values):
            return Value(self._with_one_nan(name, type_, node))
        return Value(type_, name=call_name(name, values, is_distinct))

    def _limit(self, subject: str, values: Sequence[Value], nodes: Sequence[Any]) -> None:
        """Keep arguments within Sail's limits."""
        for place, limit in limits_of(subject, arguments(values) or []):
            self.rewrites.limit(nodes[place], limit)

    def _with_one_nan(self, name: str, type_: T.DataType | None, node: Any) -> T.DataType | None:
        """Rewrite an expression so that it makes Spark's only NaN; return its type, None after a finding."""
        if type_ is None or not holds_floats(type_):
            return type_
        if not self.can_replace_nans(name, type_, node):
            return None
        self.rewrites.one_nan(node)
        return type_

    def can_replace_nans(self, name: str, type_: T.DataType, node: Any) -> bool:
        """Return whether a rewrite can replace the NaNs of a type; add a finding if it cannot."""
        if not isinstance(type_, T.DoubleType):
            self._findings.add(f"{name} ({type_token(type_)})", _SIGNED_NAN, node)
            return False
        nan = Value(type_, is_literal=True, value=float("nan"))
        return self.verdict("nanvl", [Value(type_), nan], node) is not None

    def _rewritten(self, name: str, node: Any, values: Sequence[Value]) -> Value:
        subject, rewrite = _REWRITTEN[name]
        type_ = self.check(subject, values, node)
        if type_ is not None:
            rewrite(self.rewrites, node)
        return Value(type_)

    def _arguments(self, name: str, nodes: Sequence[Any], scope: Scope) -> list[Value]:
        if name != "count":
            return self.read_all(nodes, scope)
        if [n.WhichOneof("expr_type") for n in nodes] == ["unresolved_star"]:
            return [Value(T.IntegerType())]
        # count treats a constant like a column.
        return [replace(value, is_literal=False) for value in self.read_all(nodes, scope)]

    def _higher_order(self, name: str, call: Any, node: Any, scope: Scope) -> Value:
        is_lambda = [a.WhichOneof("expr_type") == "lambda_function" for a in call.arguments]
        values = [
            self.read(argument, scope)
            for argument, function in zip(call.arguments, is_lambda, strict=True)
            if not function
        ]
        if any(value.type is None for value in values):
            return UNKNOWN
        bodies: list[Value] = []
        for argument, function in zip(call.arguments, is_lambda, strict=True):
            if function:
                types = lambda_types(name, values, bodies)
                bodies.append(self._body(argument.lambda_function, types, scope))
        if any(body.type is None for body in bodies):
            return UNKNOWN
        tokens = iter(values)
        signature = ", ".join(
            "lambda" if function else type_token(next(tokens).type)  # type: ignore[arg-type]
            for function in is_lambda
        )
        if reason := self._certificate.objection(name, signature):
            self._findings.add(f"{name} ({signature})", reason, node)
            return UNKNOWN
        return Value(lambda_result(name, values, bodies))

    def _body(self, function: Any, types: Sequence[T.DataType], scope: Scope) -> Value:
        names = [".".join(variable.name_parts) for variable in function.arguments]
        variables = {name: Value(type_) for name, type_ in zip(names, types, strict=False)}
        return self.read(function.function, scope.within(variables))

    def _variable(self, node: Any, scope: Scope) -> Value:
        name = ".".join(node.unresolved_named_lambda_variable.name_parts)
        return scope.variables.get(name, UNKNOWN)

    def _text(self, node: Any, scope: Scope) -> Value:
        text = node.expression_string.expression
        try:
            parsed = parsed_copy(text)
        except Unreadable as error:
            self._findings.add(f"SQL text {text!r}", str(error), node)
            return UNKNOWN
        with self._findings.of_text(node):
            value = self.read(parsed, scope)
        # Sail might read the text differently, so it receives the parsed form.
        self.rewrites.replace(node, parsed)
        return value

    def _alias(self, node: Any, scope: Scope) -> Value:
        value = self.read(node.alias.expr, scope)
        names = list(node.alias.name)
        return value.called(names[0] if len(names) == 1 else None)

    def _cast(self, node: Any, scope: Scope) -> Value:
        value = self.read(node.cast.expr, scope)
        target = cast_type(node.cast)
        if target is None:
            self._findings.add("a cast", "its type is unknown", node)
            return UNKNOWN
        values = [value, Value(target)]
        is_certified = value.type == target or self.verdict("cast", values, node)
        self._limit("cast", values, [node.cast.expr])
        return Value(target) if is_certified else UNKNOWN

    def _window(self, node: Any, scope: Scope) -> Value:
        window = node.window
        partitions = self.read_all(window.partition_spec, scope)
        orders = [self.read(order.child, scope) for order in window.order_spec]
        self.check_key("partition by", partitions, node)
        self.check_key("order in window", orders, node)
        if ends_before_start(window):
            self._findings.add("a window frame", "it ends before it starts", node)
        call = window.window_function.unresolved_function
        if window.window_function.WhichOneof("expr_type") != "unresolved_function":
            self._findings.add("a window function", "Alur cannot read it", node)
            return UNKNOWN
        name = call.function_name.lower()
        values = self._arguments(name, call.arguments, scope)
        distinct = " distinct" if call.is_distinct else ""
        return Value(self.check(f"over {name}{distinct} {frame_kind(window)}", values, node))

    def _extract(self, node: Any, scope: Scope) -> Value:
        extract = node.unresolved_extract_value
        values = [self.read(extract.child, scope), self.read(extract.extraction, scope)]
        return Value(self.check("getitem", values, node))

    def _python_function(self, node: Any, scope: Scope) -> Value:
        function = node.common_inline_user_defined_function
        values = self.read_all(function.arguments, scope)
        kind, returned = function_kind(function)
        subject = f"the Python function {function.function_name}"
        if returned is None or kind is None:
            self._findings.add(subject, "its kind or type is unknown", node)
            return UNKNOWN
        if not function.deterministic:
            self._findings.add(subject, "it is not deterministic", node)
        given = arguments(values)
        if given is None:
            return UNKNOWN
        types = [*(argument.type for argument in given), returned]
        for type_, reason in objections(self._certificate, kind, types):
            self._findings.add(f"{subject} ({type_token(type_)})", reason, node)
            return UNKNOWN
        return Value(self._with_one_nan(subject, returned, node))
