"""One environment of a project: its settings, and its names in AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from alur.errors import DeploymentError, SettingsError
from alur.naming import BUCKETS, BucketKind, Names
from alur.project.clones import Clone
from alur.project.settings import FILE_NAME, LOCAL, SANDBOX, EnvironmentTable, Settings, reason
from alur.project.suggestions import did_you_mean


class EnvironmentSettings(EnvironmentTable, BaseSettings):
    """An ``ALUR_`` variable, else ``[env.NAME]``, else ``[defaults]``, else Alur's own default.

    >>> EnvironmentSettings(landing="arrivals").landing
    'arrivals'
    """

    model_config = SettingsConfigDict(env_prefix="ALUR_", extra="forbid", frozen=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let variables override the file; read no other source."""
        return env_settings, init_settings


@dataclass(frozen=True)
class Environment:
    """One environment of a project.

    Attributes:
        project: the project's name.
        clone: how it was made, if ``alur new-env`` made it; None if it belongs to alur.toml.
    """

    project: str
    name: str
    settings: EnvironmentSettings
    clone: Clone | None = None

    @classmethod
    def of(
        cls, settings: Settings, name: str, clones: Mapping[str, Clone] | None = None
    ) -> Environment:
        """Bind a project's settings to one of its environments, and to the variables of this process.

        Args:
            clones: the environments made by ``alur new-env``; each has the settings of the one it comes from.

        Raises:
            SettingsError: there is no such environment, or a variable holds an invalid value.

        >>> settings = Settings.model_validate({"project": {"name": "shop"}, "env": {"dev": {}}})
        >>> Environment.of(settings, "dev").names.job("load")
        'alur-shop-load-dev'
        """
        clone = (clones or {}).get(name)
        _check(settings, name, clones or {})
        table = settings.env.get(clone.base if clone else name, {})
        try:
            values = EnvironmentSettings(**(settings.defaults | table))
        except ValidationError as error:
            first = error.errors()[0]
            key = str(first["loc"][0])
            raise SettingsError(
                f"{key} in environment {name!r}: {reason(first)}",
                remedy=f"correct it in {FILE_NAME} or in ALUR_{key.upper()}",
            ) from None
        return cls(settings.project.name, name, values, clone)

    @cached_property
    def names(self) -> Names:
        """The names of all resources of the environment."""
        chosen: dict[BucketKind, str | None] = {
            kind: getattr(self.settings, f"{kind}_bucket") for kind in BUCKETS
        }
        buckets = {kind: name for kind, name in chosen.items() if name}
        account = self.settings.account_id
        clone = self.name if self.clone else None
        return Names(self.project, self.base, account, buckets, clone)

    @property
    def base(self) -> str:
        """The environment whose settings, jobs and buckets it uses: itself, unless it is a clone."""
        return self.clone.base if self.clone else self.name

    @property
    def is_local(self) -> bool:
        """Whether its tables and runs are on this machine: ``local``, or a clone that comes from it."""
        return self.base == LOCAL

    def warehouse(self, root: Path) -> Path:
        """Return the folder of the tables of an environment on this machine.

        Args:
            root: the project's folder.
        """
        return self.clone.warehouse if self.clone else root / ".alur" / "warehouse"

    @property
    def is_sandbox(self) -> bool:
        """Whether this is the emulated AWS on this machine: ``sandbox``, or a clone that comes from it."""
        return self.base == SANDBOX

    def require_aws(self) -> None:
        """Raise an error unless this is an environment of AWS, or the sandbox.

        Raises:
            DeploymentError: it is on this machine.
        """
        if self.is_local:
            raise DeploymentError(
                f"{self.name!r} is not an AWS environment", remedy="name one that is, such as dev"
            )


def _check(settings: Settings, name: str, clones: Mapping[str, Clone]) -> None:
    """Raise an error unless exactly one environment has a name."""
    in_file = settings.environment_names
    if name in clones and name in in_file:
        raise SettingsError(
            f"two environments have the name {name!r}: one in {FILE_NAME}, and one made by alur new-env",
            remedy=f"rename the one in {FILE_NAME}, or remove the folder {clones[name].folder}",
        )
    if name not in clones and name not in in_file:
        known = [*in_file, *clones]
        raise SettingsError(
            f"no environment {name!r} in {FILE_NAME}",
            remedy=f"{did_you_mean(name, known, 'environments')} (or add [env.{name}])",
        )
