"""The descriptions of jobs and schedules in AWS, within the characters its services accept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from alur.errors import DeploymentError, Location
from alur.pipelines.pipeline import Pipeline
from alur.scheduling.schedule import Schedule

# https://docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html
_JOB_CHARACTERS = 2_048
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
_RULE_CHARACTERS = 512

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""The characters excluded by Glue's pattern for descriptions, and lone surrogates."""


def job_description(pipeline: Pipeline) -> str:
    """Return the first paragraph of the pipeline's docstring, in one line.

    Raises:
        DeploymentError: Glue refuses one of its characters.
    """
    paragraph = re.split(r"\n\s*\n", pipeline.description.strip(), maxsplit=1)[0]
    text = _checked(" ".join(paragraph.split()), pipeline.name, pipeline.location)
    return _cut(text or f"Writes {pipeline.target.identifier}", _JOB_CHARACTERS)


def fused_description(pipelines: Sequence[str]) -> str:
    """Return the names of a job's pipelines.

    >>> fused_description(["load", "clean"])
    'Runs load, clean'
    """
    return _cut(f"Runs {', '.join(pipelines)}", _JOB_CHARACTERS)


def schedule_description(pipeline: Pipeline, schedule: Schedule) -> str:
    """Return the schedule's own description; where it has none, what it does.

    Raises:
        DeploymentError: AWS refuses one of its characters.
    """
    given = _checked(schedule.description, pipeline.name, schedule.location)
    return given or _cut(
        f"Starts {pipeline.name} {schedule.expression.describe()}", _RULE_CHARACTERS
    )


def _checked(text: str, pipeline: str, where: Location) -> str:
    """Return the text in Unicode's normal form C, to which Terraform converts all strings."""
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        raise DeploymentError(
            f"{pipeline}: the description contains the character U+{ord(unprintable[0]):04X}, which AWS refuses",
            where=where,
            remedy="remove it",
        )
    return unicodedata.normalize("NFC", text)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
