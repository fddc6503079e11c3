"""Every name Alur gives to something outside, checked against the limits of the service it goes to."""

from __future__ import annotations

import re

from alur.errors import NameTooLong
from alur.project.settings import BucketKind, Settings

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


def bucket_name(settings: Settings, environment: str, kind: BucketKind) -> str:
    """The S3 bucket of a kind in an environment: the one set, or a name of project, kind and environment.

    Bucket names are unique in all of AWS, so the account's number is part of the name where it is known.

    Raises:
        NameTooLong: S3 would refuse the name.

    >>> settings = Settings.model_validate({"project": {"name": "shop"}, "env": {"dev": {}}})
    >>> bucket_name(settings, "dev", "bronze")
    'alur-shop-bronze-dev'
    """
    values = settings.environment(environment)
    chosen = getattr(values, f"{kind}_bucket")
    parts = ["alur", settings.project.name, kind, environment, values.account_id]
    name: str = chosen or "-".join(part for part in parts if part)
    if not _BUCKET.fullmatch(name):
        raise NameTooLong(
            f"{name!r} is no name for an S3 bucket",
            remedy="use 3 to 63 lower-case letters, digits and hyphens: "
            f"set {kind}_bucket in alur.toml, or shorten the project's name",
        )
    return name
