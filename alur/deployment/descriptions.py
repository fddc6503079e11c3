"""What AWS shows beside jobs and schedules, within the characters that its services take."""

from __future__ import annotations

import re
import unicodedata

from alur.errors import DeploymentError, Location
from alur.pipelines.pipeline import Pipeline
from alur.scheduling.schedule import Schedule

# https://docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html
_JOB_CHARACTERS = 2_048
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
_RULE_CHARACTERS = 512

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What Glue's pattern for descriptions leaves out; lone surrogates are no text at all."""


def job_description(made: Pipeline) -> str:
    """The first paragraph of the pipeline's docstring, in one line.

    Raises:
        DeploymentError: it holds a character that Glue refuses.
    """
    paragraph = re.split(r"\n\s*\n", made.description.strip(), maxsplit=1)[0]
    text = _checked(" ".join(paragraph.split()), made.name, made.location)
    return _cut(text or f"Writes {made.target.identifier}", _JOB_CHARACTERS)


def schedule_description(made: Pipeline, schedule: Schedule) -> str:
    """The schedule's own description; where it has none, what it does.

    Raises:
        DeploymentError: it holds a character that AWS refuses.
    """
    given = _checked(schedule.description, made.name, schedule.location)
    return given or _cut(f"Starts {made.name} {schedule.expression.describe()}", _RULE_CHARACTERS)


def _checked(text: str, pipeline: str, where: Location) -> str:
    """The text in Unicode's normal form C, which Terraform makes of all strings."""
    found = _UNPRINTABLE.search(text)
    if found:
        raise DeploymentError(
            f"{pipeline}: the description holds the character U+{ord(found[0]):04X}, which AWS refuses",
            where=where,
            remedy="take it out",
        )
    return unicodedata.normalize("NFC", text)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
