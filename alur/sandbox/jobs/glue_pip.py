"""Glue's pip, and what it finds installed in a job: what it refuses there, it refuses here, in the same words.

(https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html)
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from alur.errors import PackagingError
from alur.packaging import glue_libraries
from alur.packaging.cache import WheelCache
from alur.packaging.requirements import read_pins

_PINNED = Path(__file__).with_name("glue_pip.txt")
_CAUSES = re.compile(r"^The conflict is caused by:\n(?: +.*\n)+", re.MULTILINE)
_NOTICES = re.compile(r"^(WARNING: .*|\[notice\].*)\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class GluePip:
    """The wheel of pip in Glue's version, which runs as it is."""

    wheel: Path

    @classmethod
    def of(cls, cache: Path) -> GluePip:
        """Return the one in a cache of wheels; the package index is asked for it once.

        Raises:
            PackagingError: it is not there, and pip could not get it.
        """
        pins = read_pins(_PINNED)
        try:
            (wheel,) = WheelCache(cache).wheels(pins)
        except PackagingError as error:
            raise PackagingError(
                f"jobs in the sandbox get their modules by {pins['pip']}, as in Glue, which is not in "
                f"{cache}: {error.message}",
                remedy="let this machine reach a package index that has it, once: it is kept from then on",
            ) from None
        assert isinstance(wheel.content, Path)
        return cls(wheel.content)

    def check(self, wheels: Path, installed: Path) -> None:
        """Have pip resolve a folder's requirements from its wheels, beside what Glue has.

        Args:
            wheels: holds ``requirements.txt`` and the wheels.
            installed: a new folder, for what tells pip of Glue's packages.

        Raises:
            PackagingError: pip finds a conflict, or something that is missing.
        """
        _describe_glue_packages(installed)
        command = ["--dry-run", "--find-links=.", "--requirement=requirements.txt"]
        command += ["--only-binary=:all:", "--implementation=cp"]
        command += [f"--python-version={glue_libraries.PYTHON}", f"--abi={glue_libraries.ABI}"]
        command += [f"--platform={platform}" for platform in glue_libraries.PLATFORMS]
        self._install(command, wheels, installed)

    def install(self, wheels: Iterable[Path], folder: Path) -> None:
        """Install wheels into a folder, without what they need.

        Raises:
            PackagingError: pip refuses one.
        """
        command = ["--no-deps", f"--target={folder}", *map(str, wheels)]
        self._install(command, self.wheel.parent, None)

    def _install(self, arguments: list[str], folder: Path, installed: Path | None) -> None:
        # Without this machine's packages, and without the user's settings for pip.
        command = [sys.executable, "-S", str(self.wheel / "pip"), "install", "--no-index"]
        command += ["--no-input", "--no-color", "--no-cache-dir", "--disable-pip-version-check"]
        settings = {"PATH": os.defpath, "LANG": "C.UTF-8", "PIP_CONFIG_FILE": os.devnull}
        if installed:
            settings["PYTHONPATH"] = str(installed)
        done = subprocess.run(
            [*command, *arguments],
            cwd=folder,
            env=settings,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            errors = _NOTICES.sub("", done.stderr).strip()
            causes = "".join(_CAUSES.findall(done.stdout)).rstrip()
            said = "\n".join(filter(None, (errors, causes)))
            raise PackagingError(f"pip cannot install the job's modules: {said}")


def _describe_glue_packages(folder: Path) -> None:
    """Fill a folder with what tells pip that Glue's packages are installed; it holds nothing of their code."""
    known = {name: v for name, v in glue_libraries.DISTRIBUTIONS.items() if v is not None}
    for name, version in {**glue_libraries.distributions(), **known}.items():
        described = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        described.mkdir(parents=True)
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (described / "METADATA").write_text(text, encoding="utf-8")
