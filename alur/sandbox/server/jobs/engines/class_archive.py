"""Archives classes for JVMs to map into memory, because reading them from jars takes half of a short job's time.

(https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html)
"""

from __future__ import annotations

import shutil
import subprocess
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from threading import Lock, Thread

from alur.runtime.engines.process_folder import process_folder
from alur.sandbox.spark_installation import SparkInstallation

_MOST_ARCHIVES = 2
_NICENESS = 19
_FEWEST_CLASSES = 15_000
"""A job with tables loads some 19,000 classes, and a job that fails at once a third of them."""


@dataclass
class ClassArchive:
    """The archive for one Java and its jars, made from the classes of the first run to load enough of them.

    A process of low priority makes it beside other runs. Until it exists, and wherever it cannot be used, JVMs read
    classes from the jars.

    Attributes:
        folder: of this user's archives.
    """

    installation: SparkInstallation
    folder: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _requested: bool = field(default=False, init=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    @cached_property
    def path(self) -> Path:
        """The archive's path, with a name derived from Java and its jars."""
        java = self.installation.java
        states = [(path, path.stat()) for path in (java, *self.installation.jars)]
        described = [f"{path}:{state.st_size}:{state.st_mtime_ns}" for path, state in states]
        return self.folder / f"{sha256('|'.join(described).encode()).hexdigest()[:16]}.jsa"

    def recording(self, folder: Path) -> Path | None:
        """Return the path for a run's list of classes; None if no list is needed."""
        with self._lock:
            return None if self._requested or self.path.exists() else folder / "classes.lst"

    def options(self, recorded: Path | None) -> list[str]:
        """Return the JVM's options for a run."""
        if recorded:
            return [f"-XX:DumpLoadedClassList={recorded}"]
        # Warnings about the archive would not help the author of a job.
        return [f"-XX:SharedArchiveFile={self.path}", "-Xshare:auto", "-Xlog:disable"]

    def make_from(self, classes: Path) -> None:
        """Make the archive of the listed classes in the background; only the first list of sufficient length counts."""
        # If this process is killed, nothing is left of an archive half made.
        partial = process_folder() / f"{uuid.uuid4().hex}.jsa"
        listed = partial.with_suffix(".lst")
        try:
            text = classes.read_bytes()
            with self._lock:
                if self._requested or text.count(b"\n") < _FEWEST_CLASSES:
                    return
                self._requested = True
            self.folder.mkdir(parents=True, exist_ok=True)
            listed.write_bytes(text)
        except OSError:
            # Without a writable folder there is no archive.
            return
        Thread(target=self._dump, args=(listed, partial), daemon=True).start()

    def abandon(self) -> None:
        """Kill the process for the archive, and start no other."""
        with self._lock:
            self._requested = True
            if self._process:
                self._process.kill()

    def _dump(self, listed: Path, partial: Path) -> None:
        command = [
            *("nice", "-n", f"{_NICENESS}", str(self.installation.java), "-Xshare:dump"),
            *("-XX:+UseSerialGC", "-Xlog:disable", f"-XX:SharedClassListFile={listed}"),
            *(f"-XX:SharedArchiveFile={partial}", "-cp", self.installation.class_path),
        ]
        try:
            with self._lock:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            if self._process.wait() == 0 and partial.exists():
                self._keep(partial)
        except OSError:
            return
        finally:
            for path in (listed, partial):
                path.unlink(missing_ok=True)

    def _keep(self, made: Path) -> None:
        # It may come from another file system.
        copied = self.folder / f".{made.name}"
        shutil.copyfile(made, copied)
        copied.replace(self.path)
        self._sweep()

    def _sweep(self) -> None:
        with suppress(OSError):
            archives = sorted(self.folder.glob("*.jsa"), key=lambda path: path.stat().st_mtime)
            for path in archives[:-_MOST_ARCHIVES]:
                path.unlink()
