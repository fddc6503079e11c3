"""Places in S3."""

from __future__ import annotations

import re
from dataclasses import dataclass

from alur.errors import SettingsError

_LOCATION = re.compile(r"s3://(?P<bucket>[^/]+)/?(?P<prefix>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class S3Location:
    """A prefix of a bucket.

    Attributes:
        prefix: empty, or ends with a slash.

    >>> str(S3Location.parse("s3://bucket/landing"))
    's3://bucket/landing/'
    """

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, text: str) -> S3Location:
        """Return the place of an address such as ``s3://bucket/prefix/``.

        Raises:
            SettingsError: the text has another form.
        """
        match = _LOCATION.fullmatch(text)
        if not match:
            raise SettingsError(
                f"{text!r} is not a location in S3", remedy="write it as s3://bucket/prefix/"
            )
        prefix = match["prefix"]
        return cls(match["bucket"], f"{prefix}/" if prefix and prefix[-1] != "/" else prefix)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    def of(self, name: str) -> str:
        """Return the address of an object below it.

        >>> S3Location("bucket", "landing/").of("orders/a.csv")
        's3://bucket/landing/orders/a.csv'
        """
        return f"{self}{name}"

    def below(self, *names: str) -> S3Location:
        """Return a prefix below it.

        >>> str(S3Location("bucket", "temp/").below("staging", "run"))
        's3://bucket/temp/staging/run/'
        """
        return S3Location(self.bucket, self.prefix + "".join(f"{name}/" for name in names))
