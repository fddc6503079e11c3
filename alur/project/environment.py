"""What one environment runs with, the variables of this process among it."""

from __future__ import annotations

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from alur.project.settings import EnvironmentTable


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
        """Variables win over the file; nothing else is read."""
        return env_settings, init_settings
