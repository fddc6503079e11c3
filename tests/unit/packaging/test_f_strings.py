"""F-strings that Glue's Python 3.11 cannot read are refused, by whichever Python packages the project."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from alur.packaging.import_statements import import_statements

READABLE = [
    """f"{d['a']}" """,
    """f'{d["a"]}' """,
    """f'''{d['a']}{f"{f'{n}'}"}''' """,
    """f'''{f'{"a"}'}''' """,
    """f'''{
        n
    }''' """,
    r"""f"{n}\n\"#" """,
    r"""rf"\d{n}" """,
    """f"a \\
    {n}" """,
    """f"{{{n!r:>{n}}}} {n:#x} {'#'} {n !s}" """,
    """f"{n:{n}\\n}" """,
    """f'' f"{n}" 'f"{' """,
    """f"{n != n} {n=} {n=!r:5}" """,
    """f"{(lambda: 1)()} {'é'}é{n}" """,
]

UNREADABLE = [
    """f"{d["a"]}" """,
    """f'{d['a']}' """,
    """f"{f"{n}"}" """,
    """f'{f"{'a'}"}' """,
    """f'''{f"{"a"}"}''' """,
    """f"{n:{d["a"]}}" """,
    r"""f"{'\n'.join(d)}" """,
    r"""f"{f'\n'}" """,
    r"""rf"{r'\d'}" """,
    '''f"""{n + \\
        n}""" ''',
    """f"{
        n
    }" """,
    """f'''{
        n  # a number
    }''' """,
    """f"{n!r }" """,
    """f"{n!r :>5}" """,
]


@pytest.mark.parametrize("expression", READABLE)
def test_what_python_3_11_can_read_is_accepted(expression):
    assert import_statements(f"import os\nx = {expression}\n".encode(), PurePath("m.py"))


@pytest.mark.parametrize("expression", UNREADABLE)
def test_what_python_3_11_cannot_read_is_refused(expression):
    content = f"import os\nx = [\n    {expression}\n]\n".encode()
    with pytest.raises(SyntaxError, match=r"f-string|string literal|invalid syntax") as caught:
        import_statements(content, PurePath("m.py"))
    assert caught.value.lineno >= 3


def test_other_encodings():
    content = "# coding: latin-1\r\nimport os\r\nx = f'é{\"é\"}'\r\n".encode("latin-1")
    assert import_statements(content, PurePath("m.py"))
