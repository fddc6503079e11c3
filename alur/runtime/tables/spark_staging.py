"""The staging area of a run's rows before their commit: a separate prefix, emptied when the run ends."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Any, Protocol

from alur.aws_clients import Clients, job_aws_errors
from alur.errors import EngineError
from alur.runtime.s3_location import S3Location
from alur.text import counted


class StagingArea(Protocol):
    """A place for files outside any table."""

    def folder(self, name: str) -> str:
        """Return the address of a folder in the area, for the engine."""

    def new_file(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """Open a new Parquet file in a folder; it appears once the block has ended without an error."""

    def holds_files(self, name: str) -> bool:
        """Return whether the engine has written data files into a folder; without rows it may write none."""

    def clear(self) -> None:
        """Delete everything in the area.

        Raises:
            EngineError: a file could not be deleted.
        """


@dataclass(frozen=True, slots=True)
class StagingFolder:
    """One folder of a staging area."""

    area: StagingArea
    name: str

    @property
    def address(self) -> str:
        """The address for the engine."""
        return self.area.folder(self.name)

    def new_file(self) -> AbstractContextManager[IO[bytes]]:
        """Open a new Parquet file in the folder; it appears once the block has ended without an error."""
        return self.area.new_file(self.name)

    def apart(self) -> StagingFolder:
        """Return a new folder of the area."""
        return StagingFolder(self.area, f"{self.name}-{uuid.uuid4().hex}")


@dataclass(frozen=True)
class S3Staging:
    """A prefix below the job's temporary location."""

    clients: Clients
    location: S3Location

    @property
    def client(self) -> Any:
        """boto3's client for S3; its methods may be called from several threads."""
        return self.clients("s3")

    def folder(self, name: str) -> str:
        """Return the address of a prefix below this one."""
        return str(self.location.below(name))

    @contextmanager
    def new_file(self, name: str) -> Iterator[IO[bytes]]:
        """Open a local file, and upload it at the end."""
        with TemporaryFile() as file:
            yield file
            file.seek(0)
            key = f"{self.location.below(name).prefix}{uuid.uuid4().hex}.parquet"
            with job_aws_errors(f"rows cannot be staged in {self.location}"):
                self.client.upload_fileobj(file, self.location.bucket, key)

    def holds_files(self, name: str) -> bool:
        """Return whether there is a Parquet file below a prefix."""
        with job_aws_errors(f"staged files in {self.location} cannot be listed"):
            return any(key.endswith(".parquet") for key in self._keys(self.location.below(name)))

    def clear(self) -> None:
        """Delete every object below the prefix."""
        with job_aws_errors(f"staged files in {self.location} cannot be removed"):
            keys = list(self._keys(self.location))
            # S3 limits the number of objects per request (https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html).
            for start in range(0, len(keys), 1_000):
                objects = [{"Key": key} for key in keys[start : start + 1_000]]
                answer = self.client.delete_objects(
                    Bucket=self.location.bucket, Delete={"Objects": objects, "Quiet": True}
                )
                _refuse_rest(answer.get("Errors", []), self.location)

    def _keys(self, location: S3Location) -> Iterator[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=location.bucket, Prefix=location.prefix
        )
        for page in pages:
            for entry in page.get("Contents", ()):
                yield entry["Key"]


def _refuse_rest(errors: list[dict[str, str]], location: S3Location) -> None:
    """Raise an error for objects not deleted by S3: a successful response may still list failures."""
    if errors:
        first = errors[0]
        raise EngineError(
            f"{counted(len(errors), 'staged file')} in {location} cannot be removed: {first.get('Code')}: {first.get('Message')}",
            remedy="remove them, or leave them to the bucket's lifecycle rule",
        )
