"""Reads SQL expressions, as in ``filter("amount > 0 and status = 'paid'")``, into the nodes of a Spark Connect plan.

A subset of Spark's grammar with the same precedence of operators. Everything else is refused, never misread.
https://github.com/apache/spark/blob/v3.5.6/sql/api/src/main/antlr4/org/apache/spark/sql/catalyst/parser/SqlBaseParser.g4
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from alur.analysis.sql_numbers import sql_number
from alur.analysis.sql_tokens import Token, Unreadable, tokens

__all__ = ["Unreadable", "parsed_copy", "parsed_expression"]

_COMPARISONS = {"=": "==", "==": "==", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "<=>": "<=>"}
_UNEQUAL = ("!=", "<>")
_FACTORS = ("*", "/", "%")
_WORDS = """
and as between by case cast distinct div else end escape except exists extract false filter from group having
in ignore interval is join like ilike rlike regexp lateral limit not null nulls or order over respect select
then true union using when where window within date timestamp trim position substring overlay any all some at
"""
_RESERVED = frozenset(_WORDS.split())
"""Keywords that begin or continue an expression, and so cannot be names here."""


@lru_cache(maxsize=1024)
def parsed_expression(text: str) -> Any:
    """Return the expression of an SQL text.

    >>> parsed_expression("amount > 1").unresolved_function.function_name
    '>'

    Raises:
        Unreadable: the text is outside the supported subset.
    """
    parser = _Parser(tokens(text))
    expression = parser.named()
    parser.expect_end()
    return expression


def parsed_copy(text: str) -> Any:
    """Return the expression of an SQL text, as a copy because rewrites change it later.

    Raises:
        Unreadable: the text is outside the supported subset.
    """
    expression = parsed_expression(text)
    copied = type(expression)()
    copied.CopyFrom(expression)
    return copied


class _Parser:
    """A recursive-descent parser; each method reads operators that bind at least as strongly as its name."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0

    def named(self) -> Any:
        expression = self._or()
        if not self._takes_word("as"):
            if self._token.kind in ("word", "quoted"):
                raise Unreadable("Alur reads a name for a column only behind AS")
            return expression
        named = _expression()
        named.alias.expr.CopyFrom(expression)
        named.alias.name.append(self._name())
        return named

    def expect_end(self) -> None:
        if self._token.kind != "end":
            raise Unreadable(f"Alur cannot read it from {self._token.text!r} on")

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _advance(self) -> Token:
        token = self._token
        self._next += 1
        return token

    def _takes_word(self, *words: str) -> bool:
        return self._take(self._token.is_word(*words))

    def _takes_symbol(self, *symbols: str) -> bool:
        return self._take(self._token.is_symbol(*symbols))

    def _take(self, is_there: bool) -> bool:
        self._next += is_there
        return is_there

    def _expect(self, symbol: str) -> None:
        if not self._takes_symbol(symbol):
            raise Unreadable(f"Alur expects {symbol} before {self._token.text!r}")

    def _expect_word(self, word: str) -> None:
        if not self._takes_word(word):
            raise Unreadable(f"Alur expects {word.upper()} before {self._token.text!r}")

    def _name(self) -> str:
        token = self._advance()
        if token.kind == "quoted":
            return token.text.replace("``", "`")
        if token.kind != "word" or token.text.lower() in _RESERVED:
            raise Unreadable(f"Alur cannot read a name from {token.text!r}")
        return token.text

    def _or(self) -> Any:
        left = self._and()
        while self._takes_word("or"):
            left = _call("or", left, self._and())
        return left

    def _and(self) -> Any:
        left = self._not()
        while self._takes_word("and"):
            left = _call("and", left, self._not())
        return left

    def _not(self) -> Any:
        if self._takes_word("not") or self._takes_symbol("!"):
            return _call("not", self._not())
        return self._predicate()

    def _predicate(self) -> Any:
        left = self._comparison()
        if self._takes_word("is"):
            negated = self._takes_word("not")
            if self._takes_word("null"):
                return _call("isnotnull" if negated else "isnull", left)
            raise Unreadable("Alur reads IS only before NULL and NOT NULL")
        negated = self._takes_word("not")
        membership = self._membership(left)
        if membership is None:
            if negated:
                raise Unreadable(f"Alur cannot read NOT before {self._token.text!r}")
            return left
        return _call("not", membership) if negated else membership

    def _membership(self, left: Any) -> Any:
        if self._takes_word("in"):
            self._expect("(")
            return _call("in", left, *self._list(")"))
        if self._takes_word("between"):
            low = self._sum()
            self._expect_word("and")
            return _call("and", _call(">=", left, low), _call("<=", left, self._sum()))
        for words, name in (
            (("like",), "like"),
            (("ilike",), "ilike"),
            (("rlike", "regexp"), "rlike"),
        ):
            if self._takes_word(*words):
                return _call(name, left, self._sum())
        return None

    def _comparison(self) -> Any:
        left = self._sum()
        while True:
            token = self._token
            if token.is_symbol(*_COMPARISONS):
                self._advance()
                left = _call(_COMPARISONS[token.text], left, self._sum())
            elif token.is_symbol(*_UNEQUAL):
                self._advance()
                left = _call("not", _call("==", left, self._sum()))
            else:
                return left

    def _sum(self) -> Any:
        left = self._product()
        while self._token.is_symbol("+", "-", "||"):
            operator = self._advance().text
            left = _call("concat" if operator == "||" else operator, left, self._product())
        return left

    def _product(self) -> Any:
        left = self._signed()
        while self._token.is_symbol(*_FACTORS) or self._token.is_word("div"):
            operator = self._advance().text.lower()
            left = _call(operator, left, self._signed())
        return left

    def _signed(self) -> Any:
        if not self._takes_symbol("-"):
            return self._postfix()
        if self._token.kind == "number":
            return sql_number(f"-{self._advance().text}")
        return _call("negative", self._signed())

    def _postfix(self) -> Any:
        base = self._primary()
        while True:
            extraction = _expression()
            if self._takes_symbol("["):
                extraction.unresolved_extract_value.child.CopyFrom(base)
                extraction.unresolved_extract_value.extraction.CopyFrom(self._sum())
                self._expect("]")
            elif self._token.is_symbol("."):
                raise Unreadable("Alur reads a dot only within a name")
            else:
                return base
            base = extraction

    def _primary(self) -> Any:
        token = self._token
        if token.kind == "number":
            return sql_number(self._advance().text)
        if token.kind == "string":
            text = _expression()
            text.literal.string = self._advance().text[1:-1]
            return text
        if self._takes_symbol("("):
            inner = self._or()
            self._expect(")")
            return inner
        if token.is_word("case", "cast", "true", "false", "null"):
            return self._keyword()
        return self._reference()

    def _keyword(self) -> Any:
        word = self._advance().text.lower()
        if word == "case":
            return self._case()
        if word == "cast":
            return self._cast()
        literal = _expression()
        if word == "null":
            literal.literal.null.null.SetInParent()
        else:
            literal.literal.boolean = word == "true"
        return literal

    def _case(self) -> Any:
        subject = None if self._token.is_word("when") else self._or()
        branches: list[Any] = []
        while self._takes_word("when"):
            condition = self._or()
            self._expect_word("then")
            branches.append(condition if subject is None else _call("==", subject, condition))
            branches.append(self._or())
        if self._takes_word("else"):
            branches.append(self._or())
        self._expect_word("end")
        return _call("when", *branches)

    def _cast(self) -> Any:
        self._expect("(")
        cast = _expression()
        cast.cast.expr.CopyFrom(self._or())
        self._expect_word("as")
        words: list[str] = []
        depth = 0
        while depth or not self._token.is_symbol(")"):
            token = self._advance()
            if token.kind == "end":
                raise Unreadable("a CAST has no closing parenthesis")
            depth += token.is_symbol("(") - token.is_symbol(")")
            words.append(token.text)
        self._advance()
        cast.cast.type_str = "".join(words)
        return cast

    def _reference(self) -> Any:
        if self._takes_symbol("*"):
            star = _expression()
            star.unresolved_star.SetInParent()
            return star
        parts = [self._name()]
        while self._takes_symbol("."):
            parts.append(self._name())
        if len(parts) == 1 and self._takes_symbol("("):
            return self._function(parts[0])
        column = _expression()
        quoted = (f"`{part.replace('`', '``')}`" for part in parts)
        column.unresolved_attribute.unparsed_identifier = ".".join(quoted)
        return column

    def _function(self, name: str) -> Any:
        is_distinct = self._takes_word("distinct")
        call = _call(name.lower(), *self._list(")"))
        call.unresolved_function.is_distinct = is_distinct
        if self._token.is_word("over", "filter", "within", "ignore", "respect"):
            raise Unreadable(f"Alur does not read {self._token.text.upper()} behind a function")
        return call

    def _list(self, end: str) -> list[Any]:
        items: list[Any] = []
        if self._takes_symbol(end):
            return items
        while True:
            items.append(self._or())
            if self._takes_symbol(end):
                return items
            self._expect(",")


def _expression() -> Any:
    from pyspark.sql.connect.proto import expressions_pb2

    return expressions_pb2.Expression()


def _call(name: str, *arguments: Any) -> Any:
    call = _expression()
    call.unresolved_function.function_name = name
    call.unresolved_function.arguments.extend(arguments)
    return call
