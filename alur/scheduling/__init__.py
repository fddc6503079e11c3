"""When pipelines run: EventBridge's expressions, and the decorator that takes them."""

from alur.scheduling.expression import AwsSchedule
from alur.scheduling.five_field import FiveField
from alur.scheduling.schedule import Schedule, schedule

__all__ = ["AwsSchedule", "FiveField", "Schedule", "schedule"]
