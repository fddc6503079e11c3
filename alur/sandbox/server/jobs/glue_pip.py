"""Runs Glue's version of pip beside Glue's packages, so that it refuses the same requirements with the same messages.

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
    """The wheel of pip in Glue's version, which runs without being installed."""

    wheel: Path

    @classmethod
    def of(cls, cache: Path) -> GluePip:
        """Return the pip in a cache of wheels, and download it on first use.

        Raises:
            PackagingError: the cache lacks it, and it cannot be downloaded.
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
        """Resolve a folder's requirements from its wheels, beside Glue's packages.

        Args:
            wheels: holds ``requirements.txt`` and the wheels.
            installed: a new folder, for the metadata of Glue's packages.

        Raises:
            PackagingError: pip finds a conflict or a missing package.
        """
        _describe_glue_packages(installed)
        command = ["--dry-run", "--find-links=.", "--requirement=requirements.txt"]
        command += ["--only-binary=:all:", "--implementation=cp"]
        command += [f"--python-version={glue_libraries.PYTHON}", f"--abi={glue_libraries.ABI}"]
        command += [f"--platform={platform}" for platform in glue_libraries.PLATFORMS]
        self._install(command, wheels, installed)

    def install(self, wheels: Iterable[Path], folder: Path) -> None:
        """Install wheels into a folder, without their dependencies.

        Raises:
            PackagingError: pip refuses a wheel.
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
            reason = "\n".join(filter(None, (errors, causes)))
            raise PackagingError(f"pip cannot install the job's modules: {reason}")


def _describe_glue_packages(folder: Path) -> None:
    """Write the metadata of Glue's packages into a folder, so that pip takes them as installed; it holds no code."""
    known = {name: v for name, v in glue_libraries.DISTRIBUTIONS.items() if v is not None}
    for name, version in {**glue_libraries.distributions(), **known}.items():
        described = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        described.mkdir(parents=True)
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (described / "METADATA").write_text(text, encoding="utf-8")
