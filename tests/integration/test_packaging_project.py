"""The project's own wheel: everything imported to load it, and nothing hidden or foreign."""

import os
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur.errors import PackagingError
from alur.packaging.project_wheel import ProjectCode
from alur.packaging.source_tree import SourceTree


def refusal(packaged) -> PackagingError:
    with pytest.raises(PackagingError) as caught:
        packaged.build()
    return caught.value


def names(packaged) -> set[str]:
    return set(ProjectCode.of(packaged.project.load()).files)


def test_alur_toml_and_the_modules(packaged):
    assert packaged.names() == {
        "alur_project/alur.toml",
        "alur_project/contracts.py",
        "alur_project/pipelines.py",
    }


def test_packages_that_pipelines_import_with_their_data(packaged):
    packaged.project.write(
        {
            "lib_of_shop/queries.py": "",
            "lib_of_shop/sql/daily.sql": "select 1",
            "lib_of_shop/sql/rates.json": "{}",
            "lib_of_shop/__pycache__/queries.cpython-311.pyc": "",
            "lib_of_shop/.env": "PASSWORD=1",
            "lib_of_shop/.idea/workspace.xml": "",
            "lib_of_shop/tests/test_queries.py": "import pytest",
            "not_imported/code.py": "",
            "definitions.py": "",
            "landing/orders/1.csv": "id",
            ".alur/warehouse/table.parquet": "",
            ".env": "PASSWORD=1",
        }
    )
    packaged.use("from lib_of_shop import queries")
    assert names(packaged) == {
        "alur.toml",
        "contracts.py",
        "pipelines.py",
        "lib_of_shop/queries.py",
        "lib_of_shop/sql/daily.sql",
        "lib_of_shop/sql/rates.json",
    }


def test_modules_named_with_dots(packaged):
    root = packaged.project.root
    packaged.project.write(
        {
            "alur.toml": '[project]\nname = "shop"\nmodules = ["acme.tables", "acme.jobs"]\n',
            "acme/tables.py": (root / "contracts.py").read_text(),
            "acme/jobs.py": (root / "pipelines.py").read_text().replace("contracts", "acme.tables"),
            "acme/note.txt": "",
        }
    )
    assert names(packaged) == {"alur.toml", "acme/tables.py", "acme/jobs.py", "acme/note.txt"}


def test_an_environment_in_the_projects_folder_is_no_part_of_it(packaged):
    packaged.project.write({"env/lib/python3.11/site-packages/addons/__init__.py": ""})
    folder = packaged.project.root / "env" / "lib" / "python3.11" / "site-packages"
    sys.path.append(str(folder))
    try:
        packaged.use("try:\n    import addons\nexcept ImportError:\n    pass")
        assert names(packaged) == {"alur.toml", "contracts.py", "pipelines.py"}
    finally:
        sys.path.remove(str(folder))


def test_a_module_that_is_not_in_the_projects_folder(packaged, laptop):
    root = packaged.project.root
    (root / "contracts.py").rename(laptop / "contracts.py")
    error = refusal(packaged)
    assert "the module 'contracts' is not in the project's folder" in error.message
    assert error.where.path == str(root / "alur.toml")


def test_code_that_is_gone_since_it_was_loaded(packaged):
    project = packaged.project.load()
    (packaged.project.root / "contracts.py").unlink()
    with pytest.raises(PackagingError, match=r"contracts\.py"):
        ProjectCode.of(project)


def test_a_pipeline_among_the_tests_is_not_lost_in_silence(packaged):
    root = packaged.project.root
    packaged.project.write(
        {
            "alur.toml": '[project]\nname = "shop"\nmodules = ["contracts", "jobs"]\n',
            "jobs/__init__.py": "",
            "jobs/tests/__init__.py": "",
            "jobs/tests/load.py": (root / "pipelines.py").read_text(),
        }
    )
    assert "jobs/tests/load.py" in refusal(packaged).message


def test_a_package_of_code_may_be_called_landing(packaged):
    pipelines = (packaged.project.root / "pipelines.py").read_text()
    (packaged.project.root / "pipelines.py").unlink()
    packaged.project.write(
        {
            "alur.toml": '[project]\nname = "shop"\nmodules = ["contracts", "landing.jobs"]\n',
            "landing/jobs.py": pipelines,
        }
    )
    assert names(packaged) == {"alur.toml", "contracts.py", "landing/jobs.py"}


def test_a_link_out_of_the_project_is_refused(packaged, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.txt").write_text("")
    packaged.project.write({"lib_of_shop/__init__.py": ""})
    packaged.use("import lib_of_shop")
    link = packaged.project.root / "lib_of_shop" / "link"
    elsewhere = (tmp_path / "elsewhere", tmp_path / "elsewhere" / "secret.txt")
    for target in (*elsewhere, Path("nowhere"), Path("link")):
        link.symlink_to(target)
        assert str(link) in refusal(packaged).message
        link.unlink()


def test_a_link_within_the_project(packaged):
    packaged.project.write(
        {
            "lib_of_shop/__init__.py": "",
            "shared_sql/a.sql": "select 1",
            "shared_sql/.env": "PASSWORD=1",
            ".env": "PASSWORD=1",
        }
    )
    packaged.use("import lib_of_shop")
    folder = packaged.project.root / "lib_of_shop"
    (folder / "sql").symlink_to("../shared_sql")
    assert {name for name in names(packaged) if "sql" in name} == {"lib_of_shop/sql/a.sql"}
    (folder / "settings").symlink_to("../.env")
    assert "hidden" in refusal(packaged).message
    (folder / "settings").unlink()
    (folder / "again").symlink_to("..")
    assert "is a link to a folder above it" in refusal(packaged).message


def test_a_private_key_is_refused(packaged):
    key = "-----BEGIN {}PRIVATE KEY-----\nMIIE\n"
    packaged.project.write(
        {"lib_of_shop/__init__.py": "", "lib_of_shop/ca.pem": "-----BEGIN CERTIFICATE-----\n"}
    )
    packaged.use("import lib_of_shop")
    packaged.build()
    for kind in ("", "RSA ", "OPENSSH "):
        packaged.project.write({"lib_of_shop/server.pem": key.format(kind)})
        assert "contains a private key" in refusal(packaged).message


def test_what_is_no_file_is_refused(packaged):
    packaged.project.write({"lib_of_shop/__init__.py": ""})
    packaged.use("import lib_of_shop")
    os.mkfifo(packaged.project.root / "lib_of_shop" / "pipe")
    assert "neither a file nor a folder" in refusal(packaged).message


def test_a_name_that_is_no_text_is_refused(packaged):
    packaged.project.write({"lib_of_shop/__init__.py": ""})
    packaged.use("import lib_of_shop")
    folder = os.fsencode(packaged.project.root / "lib_of_shop") + b"/\xff"
    os.mkdir(folder)
    with open(folder + b"/data", "wb"):
        pass
    assert "is not valid Unicode" in refusal(packaged).message


def test_syntax_that_glues_python_cannot_read(packaged):
    """A laptop may have a later Python than jobs; here, the module stands for one with its syntax."""
    project = packaged.project.load()
    path = packaged.project.root / "pipelines.py"
    path.write_text("type Rows = list[int]\n" + path.read_text())
    from alur.packaging import build

    with pytest.raises(PackagingError, match=r"Python 3\.11, which cannot read this") as caught:
        build(project, packaged.project.root / "out")
    assert caught.value.where.line == 1


part = st.sampled_from([".env", ".git", "a", "b", "c.py", "__pycache__", "d.pyc", "e.pem", "é"])


@given(st.lists(st.lists(part, min_size=1, max_size=4).map("/".join), max_size=12))
def test_no_hidden_file_is_ever_packaged(paths):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        (root / "top").mkdir()
        for path in paths:
            file = root / "top" / path
            if not any(parent.is_file() for parent in file.parents) and not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(path)
        files = SourceTree(root).files("top")
        every = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
    unwanted = (".env", ".git", "__pycache__", "d.pyc")
    shown = {path.as_posix() for path in every if not set(unwanted) & set(path.parts)}
    assert set(files) == shown
