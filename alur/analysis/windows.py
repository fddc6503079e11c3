"""The frames of window functions, as certificates name them."""

from __future__ import annotations

from typing import Any


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
