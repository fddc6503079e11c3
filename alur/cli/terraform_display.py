"""Shows Terraform's progress in a terminal: a line for each object, and a spinner."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from alur.cli.spinner import Spinner
from alur.cli.terminal import TICK

_DONE = {"create": "created", "update": "changed", "delete": "destroyed"}


class TerraformDisplay:
    """Prints the events of a run; output to a pipe or file has no spinner."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._spinner = Spinner(doing)
        self._waiting: dict[str, None] = {}
        self.done = dict.fromkeys(_DONE.values(), 0)

    def __enter__(self) -> TerraformDisplay:
        self._spinner.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._spinner.stop()

    def show(self, event: dict[str, Any]) -> None:
        """Print one event (https://developer.hashicorp.com/terraform/internals/machine-readable-ui)."""
        hook = event.get("hook", {})
        address = hook.get("resource", {}).get("addr", "")
        match event.get("type"):
            case "apply_start" if hook.get("action") in _DONE:
                self._waiting[address] = None
            case "apply_errored":
                self._waiting.pop(address, None)
            case "apply_complete" if hook.get("action") in _DONE:
                self._waiting.pop(address, None)
                word = _DONE[hook["action"]]
                self.done[word] += 1
                self._spinner.echo(f"  {TICK} {address} {word}")
        self._spinner.update(
            self._doing + "".join(f"\n    {name}" for name in [*self._waiting][:3])
        )

    def total(self) -> str:
        """Return the total of changes, in Terraform's own words.

        >>> TerraformDisplay("applying").total()
        'Resources: 0 added, 0 changed, 0 destroyed.'
        """
        return (
            f"Resources: {self.done['created']} added, {self.done['changed']} changed, "
            f"{self.done['destroyed']} destroyed."
        )
