"""One environment of a project: its settings, and its names in AWS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from alur.errors import DeploymentError, SettingsError
from alur.naming import BUCKETS, BucketKind, Names
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
    """

    project: str
    name: str
    settings: EnvironmentSettings

    @classmethod
    def of(cls, settings: Settings, name: str) -> Environment:
        """Bind a project's settings to one of its environments, and to the variables of this process.

        Raises:
            SettingsError: there is no such environment, or a variable holds an invalid value.

        >>> settings = Settings.model_validate({"project": {"name": "shop"}, "env": {"dev": {}}})
        >>> Environment.of(settings, "dev").names.job("load")
        'alur-shop-load-dev'
        """
        if name not in settings.environment_names:
            raise SettingsError(
                f"no environment {name!r} in {FILE_NAME}",
                remedy=f"{did_you_mean(name, settings.environment_names, 'environments')} "
                f"(or add [env.{name}])",
            )
        try:
            values = EnvironmentSettings(**(settings.defaults | settings.env.get(name, {})))
        except ValidationError as error:
            first = error.errors()[0]
            key = str(first["loc"][0])
            raise SettingsError(
                f"{key} in environment {name!r}: {reason(first)}",
                remedy=f"correct it in {FILE_NAME} or in ALUR_{key.upper()}",
            ) from None
        return cls(settings.project.name, name, values)

    @cached_property
    def names(self) -> Names:
        """The names of all resources of the environment."""
        chosen: dict[BucketKind, str | None] = {
            kind: getattr(self.settings, f"{kind}_bucket") for kind in BUCKETS
        }
        buckets = {kind: name for kind, name in chosen.items() if name}
        return Names(self.project, self.name, self.settings.account_id, buckets)

    @property
    def is_sandbox(self) -> bool:
        """Whether this is the emulated AWS on this machine."""
        return self.name == SANDBOX

    def require_aws(self) -> None:
        """Raise an error unless this is an environment of AWS, or the sandbox.

        Raises:
            DeploymentError: it is ``local``.
        """
        if self.name == LOCAL:
            raise DeploymentError(
                f"{LOCAL!r} is not an AWS environment", remedy="name one that is, such as dev"
            )
