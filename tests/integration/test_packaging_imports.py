"""Imports within a pipeline's function are packaged; modules missing from a job are reported before it runs."""

import pytest

from alur.errors import PackagingError
from alur.packaging.project_wheel import ProjectCode


def names(packaged) -> set[str]:
    """Return the project's files below its root, without those of every project."""
    files = ProjectCode.of(packaged.project.load()).files
    return set(files) - {"alur.toml", "contracts.py", "pipelines.py"}


@pytest.mark.parametrize(
    "statement",
    [
        "def clean(rows):\n    import cleaning",
        "def clean(rows):\n    import cleaning.rules as rules",
        "def clean(rows):\n    from cleaning import rules",
        "def clean(rows):\n    from cleaning.rules import strip",
        "async def clean(rows):\n    import cleaning",
        "class Cleaner:\n    def clean(self):\n        import cleaning",
        "clean = lambda: __import__('cleaning')",
        "import sys\nif sys.argv == []:\n    import cleaning",
        "try:\n    import gone_with_the_wind\nexcept ImportError:\n    def clean():\n        import cleaning",
        "import importlib\ndef clean(rows):\n    importlib.import_module('cleaning.rules')",
        "from importlib import import_module\ndef clean(rows):\n    return import_module('cleaning')",
        "from concurrent import futures\ndef clean(rows):\n    with open('f') as f:\n        import cleaning",
    ],
)
def test_modules_that_only_functions_import(packaged, statement):
    packaged.project.write(
        {
            "cleaning/__init__.py": "",
            "cleaning/rules.py": "def strip(text): return text.strip()\n",
            "cleaning/words.txt": "a",
            "unused/__init__.py": "",
        }
    )
    packaged.use(*statement.split("\n"))
    assert names(packaged) == {"cleaning/__init__.py", "cleaning/rules.py", "cleaning/words.txt"}
    assert packaged.build().notices == ()


def test_modules_that_those_import_in_turn(packaged):
    """This includes relative imports, and imports from one package to the next."""
    packaged.project.write(
        {
            "cleaning/__init__.py": "",
            "cleaning/rules/__init__.py": "def use():\n    from .. import words\n    from . import low\n",
            "cleaning/rules/low.py": "import importlib\nlater = lambda: importlib.import_module('..words', __package__)\n",
            "cleaning/words.py": "def use():\n    from second.part import third\n",
            "second/part.py": "third = 3\n",
        }
    )
    packaged.use("def clean():", "    from cleaning import rules")
    assert {name.split("/")[0] for name in names(packaged)} == {"cleaning", "second"}
    assert packaged.build().notices == ()


@pytest.mark.parametrize(
    "statement",
    [
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import cleaning",
        "import typing\nif typing.TYPE_CHECKING:\n    import cleaning",
        "if __name__ == '__main__':\n    import cleaning",
        "text = 'import cleaning'",
        "# import cleaning",
    ],
)
def test_what_no_job_imports_is_not_packaged(packaged, statement):
    packaged.project.write({"cleaning/__init__.py": "import gone_with_the_wind\n"})
    packaged.use(*statement.split("\n"))
    assert names(packaged) == set()
    assert packaged.build().notices == ()


@pytest.mark.parametrize(
    ("statement", "notice"),
    [
        (
            "def clean():\n    import gone.with_the_wind",
            "pipelines.py:2: this imports 'gone', which jobs do not have",
        ),
        (
            "import sys\nif not sys.argv:\n    from gone import wind",
            "pipelines.py:3: this imports 'gone', which jobs do not have",
        ),
        (
            "def clean():\n    from contracts.old import Raw",
            "pipelines.py:2: this imports 'contracts.old', which jobs do not have",
        ),
        (
            "def clean():\n    import tests.factory",
            "pipelines.py:2: this imports 'tests', which jobs do not have",
        ),
        (
            "import importlib\ndef clean(name):\n    importlib.import_module(name)",
            "pipelines.py:3: the job alone determines what this imports; "
            "if it is the project's own, name it among the modules in alur.toml",
        ),
    ],
)
def test_what_a_job_may_miss_is_said(packaged, statement, notice):
    packaged.project.write({"tests/factory.py": "import pytest\n"})
    packaged.use(*statement.split("\n"))
    assert packaged.build().notices == (notice,)
    assert "tests/factory.py" not in names(packaged)


@pytest.mark.parametrize(
    "statement",
    [
        "def clean():\n    try:\n        import gone\n    except ImportError:\n        gone = None",
        "def clean():\n    try:\n        import gone\n    except (OSError, ModuleNotFoundError):\n        gone = None",
        "def clean():\n    import pydantic, json, boto3, pyspark.sql, alur.testing",
    ],
)
def test_what_a_job_has_or_does_without_is_not_said(packaged, statement):
    packaged.use(*statement.split("\n"))
    assert packaged.build().notices == ()


def test_what_is_imported_with_the_project_is_an_error(packaged, laptop):
    (laptop / "gone.py").write_text("")
    packaged.use("import gone")
    with pytest.raises(PackagingError, match="jobs do not have the module 'gone'") as caught:
        packaged.build()
    assert caught.value.where.line == 1


def test_code_that_travels_for_a_function_must_be_glues_python(packaged):
    packaged.project.write({"cleaning.py": "type Rows = list[int]\n"})
    packaged.use("def clean():", "    import cleaning")
    with pytest.raises(PackagingError, match=r"Python 3\.11, which cannot read this") as caught:
        packaged.build()
    assert caught.value.where.path.endswith("cleaning.py")


def test_a_key_that_is_none_is_allowed_by_name(packaged):
    key = "-----BEGIN PRIVATE KEY-----\nMIIE\n"
    packaged.project.write({"lib_of_shop/__init__.py": "", "lib_of_shop/creds/test-key.pem": key})
    packaged.use("import lib_of_shop")
    with pytest.raises(PackagingError, match="contains a private key") as caught:
        packaged.build()
    allow = '[package] allow = ["lib_of_shop/creds/test-key.pem"]'
    assert allow in caught.value.remedy
    table, _, rest = allow.partition(" ")
    packaged.project.write({"alur.toml": f'[project]\nname = "shop"\n{table}\n{rest}\n'})
    assert "lib_of_shop/creds/test-key.pem" in names(packaged)
    packaged.project.write({"lib_of_shop/creds/other.pem": key})
    with pytest.raises(PackagingError, match=r"other\.pem"):
        packaged.build()
