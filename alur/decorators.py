"""The decorators that users write, under the path they know."""

from alur.pipelines.pipeline import Pipeline, pipeline
from alur.scheduling.schedule import schedule

__all__ = ["Pipeline", "pipeline", "schedule"]
