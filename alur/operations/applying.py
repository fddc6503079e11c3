"""Applies Terraform's plans, and reports the objects as they change."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from alur.operations.events import Activity, Applied, Observer, ResourceBegun, ResourceEnded
from alur.terraform.binary import Terraform

_CHANGES: dict[str, Literal["created", "changed", "destroyed"]] = {
    "create": "created",
    "update": "changed",
    "delete": "destroyed",
}


def apply(folder: Path, doing: str, observe: Observer) -> Applied:
    """Apply the last plan of a folder, and return what changed.

    Args:
        doing: the activity, in a word.

    Raises:
        TerraformError: a change failed; those before it stay.
    """
    observe(Activity(doing))
    resources = _Resources(observe)
    Terraform(folder, resources.receive).apply()
    observe(Activity())
    return Applied(**resources.counts)


class _Resources:
    """Reads Terraform's own events (https://developer.hashicorp.com/terraform/internals/machine-readable-ui)."""

    def __init__(self, observe: Observer) -> None:
        self._observe = observe
        self.counts = dict.fromkeys(_CHANGES.values(), 0)

    def receive(self, event: dict[str, Any]) -> None:
        """Report the begin or the end of work on an object; ignore all other events."""
        hook = event.get("hook", {})
        change = _CHANGES.get(hook.get("action"))
        address = hook.get("resource", {}).get("addr", "")
        match event.get("type"):
            case "apply_start" if change:
                self._observe(ResourceBegun(address))
            case "apply_errored":
                self._observe(ResourceEnded(address, None))
            case "apply_complete" if change:
                self.counts[change] += 1
                self._observe(ResourceEnded(address, change))
