"""Plans the delivery of events: rules for unsuccessful runs, and queues for undeliverable events."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from alur.deployment.resources import AlertRule, DeadLetterQueue
from alur.naming import Names

# EventBridge's default quota for an event pattern is 2,048 characters
# (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html).
_PATTERN_CHARACTERS = 2_048
_PATTERN_WITHOUT_JOBS = 150
"""The characters of the pattern in monitoring.tf without the jobs' names, and some to spare."""

# SQS takes a policy of 8,192 bytes, and the ARN of a rule can have 120
# (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html).
_RULES_PER_QUEUE = 50


def alert_rules(name: str, jobs: Sequence[str]) -> Iterator[AlertRule]:
    """Yield as few rules as the length of an event pattern allows.

    The names of the jobs are listed, so no other project's jobs match.

    Args:
        name: the first rule's, and the beginning of the others'.
        jobs: their names.
    """
    room = _PATTERN_CHARACTERS - _PATTERN_WITHOUT_JOBS
    parts: list[list[str]] = []
    used = room
    for job in jobs:
        needed = len(json.dumps(job)) + 1
        if used + needed > room:
            parts.append([])
            used = 0
        parts[-1].append(job)
        used += needed
    for number, part in enumerate(parts, 1):
        ending = f"-{number}" if number > 1 else ""
        yield AlertRule(f"failed-jobs{ending}", name + ending, tuple(part))


def dead_letter_queues(names: Names, rules: Sequence[str]) -> Iterator[DeadLetterQueue]:
    """Yield as few queues as the length of a queue's policy allows, which names each rule.

    A pattern would also admit rules of other projects and environments whose names begin or end alike.

    Args:
        rules: the rules' names in Terraform.
    """
    for position, first in enumerate(range(0, len(rules), _RULES_PER_QUEUE)):
        yield DeadLetterQueue(
            label=f"undelivered-{position + 1}" if position else "undelivered",
            name=names.dead_letter_queue(position),
            rules=tuple(rules[first : first + _RULES_PER_QUEUE]),
        )
