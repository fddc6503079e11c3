"""Schedules of pipelines: EventBridge's expressions, and the decorator for them."""

from alur.scheduling.expression import AwsSchedule
from alur.scheduling.five_field import FiveField
from alur.scheduling.schedule import Schedule, schedule

__all__ = ["AwsSchedule", "FiveField", "Schedule", "schedule"]
