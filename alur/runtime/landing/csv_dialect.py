r"""Reads CSV texts with Python's csv module in its strict mode, whatever the engine.

(https://docs.python.org/3.11/library/csv.html) A quote within quotes is doubled, a quoted value may hold line breaks, and
text after a closing quote is an error. The option ``escape`` names a character that makes a following quote, or itself,
plain. Elsewhere it stands for itself, as in Spark; the csv module alone would drop it.

>>> dialect = CsvDialect.of({"escape": "\\"})
>>> next(csv.reader([dialect.prepared(r'"C:\new","say \"hi\""')], **dialect.arguments))
['C:\\new', 'say "hi"']
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class CsvDialect:
    """The characters and switches of a source's options.

    Attributes:
        escape, comment: None if the source has none.
        skip_blanks: whether to skip spaces before a value and before a quote.
        trim_blanks: whether to drop spaces after a value.
        null: the text for null, in addition to the empty one.
    """

    separator: str
    quote: str
    escape: str | None
    comment: str | None
    skip_blanks: bool
    trim_blanks: bool
    null: str | None

    @classmethod
    def of(cls, options: Mapping[str, str]) -> CsvDialect:
        """Return the dialect of a source's options."""
        quote = options.get("quote", '"')
        escape = options.get("escape", quote)
        return cls(
            options.get("sep", options.get("delimiter", ",")),
            quote,
            None if escape == quote else escape,
            options.get("comment"),
            options.get("ignoreLeadingWhiteSpace") == "true",
            options.get("ignoreTrailingWhiteSpace") == "true",
            options.get("nullValue"),
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments for :func:`csv.reader`."""
        return {
            "delimiter": self.separator,
            "quotechar": self.quote,
            "escapechar": self.escape,
            "doublequote": True,
            "skipinitialspace": self.skip_blanks,
            "strict": True,
            "quoting": csv.QUOTE_MINIMAL,
        }

    def prepared(self, line: str) -> str:
        """Return a line with escapes that escape nothing doubled, so the csv module keeps them."""
        if self._escapes is None:
            return line
        return self._escapes.sub(lambda match: match[0] if match[1] else match[0] * 2, line)

    @cached_property
    def _escapes(self) -> re.Pattern[str] | None:
        """An escape with the character after it."""
        if self.escape is None:
            return None
        escape, quote = re.escape(self.escape), re.escape(self.quote)
        return re.compile(f"{escape}({escape}|{quote})?")

    def is_plain(self, text: bytes) -> bool:
        """Return whether lines can simply be split at separators and line breaks."""
        special = (self.quote, self.escape, "\0")
        if len(self.separator.encode()) > 1 or (self.skip_blanks and self.separator == " "):
            return False
        if any(character and character.encode() in text for character in special):
            return False
        if self.comment and (b"\n" + text).find(b"\n" + self.comment.encode()) >= 0:
            return False
        return text.count(b"\r") == text.count(b"\r\n")
