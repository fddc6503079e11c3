"""The frames of window functions: as certificates name them, and those without a row."""

from __future__ import annotations

from typing import Any

from alur.analysis.literals import literal_argument

_FAR = 1 << 63


def frame_kind(window: Any) -> str:
    """Return the kind of a window's frame.

    ``partition``: all rows of the partition; ``ordered``: those up to the current one and its peers; ``rows`` and
    ``range``: an explicit frame; ``range of values``: one with a distance from the current row's value.
    """
    if not window.HasField("frame_spec"):
        return "ordered" if window.order_spec else "partition"
    frame = window.frame_spec
    if frame.frame_type != frame.FRAME_TYPE_RANGE:
        return "rows"
    bounds = (frame.lower.WhichOneof("boundary"), frame.upper.WhichOneof("boundary"))
    return "range of values" if "value" in bounds else "range"


def ends_before_start(window: Any) -> bool:
    """Return whether a frame has its bounds in the wrong order, which Spark refuses and Sail takes for no row."""
    frame = window.frame_spec
    bounds = [_distance(frame.lower, -_FAR), _distance(frame.upper, _FAR)]
    return None not in bounds and bounds[0] > bounds[1]


def _distance(bound: Any, unbounded: int) -> Any:
    match bound.WhichOneof("boundary"):
        case "current_row":
            return 0
        case "unbounded":
            return unbounded
        case "value":
            argument = literal_argument(bound.value.literal)
            return argument.value if argument else None
        case _:
            return None
