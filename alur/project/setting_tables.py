"""The small tables of alur.toml."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from alur.contracts.contract import Layer
from alur.project.setting_forms import WEB_ADDRESS


class StrictTable(BaseModel):
    """A table that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PackageTable(StrictTable):
    """``[package]``: the files of the project for its jobs.

    Attributes:
        allow: files to package although they look like secrets, as paths from alur.toml.
    """

    allow: tuple[str, ...] = ()


class TagTable(StrictTable):
    """``[tags.NAME]``: what holds for columns with a tag.

    Attributes:
        refuse_in: the layers whose tables must not have such columns.
    """

    refuse_in: tuple[Layer, ...] = ()


class DocsTable(StrictTable):
    """``[docs]``: the site that ``alur docs`` writes.

    Attributes:
        url: the address at which the team reads it; each asset in Dagster leads to its page there.
    """

    url: str | None = Field(None, pattern=WEB_ADDRESS)
